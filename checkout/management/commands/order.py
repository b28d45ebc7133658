"""`manage.py order ORDER ship|deliver|cancel|refund|return|…`: what staff do in the admin, for scripts."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from agents.commands import Command as TillCommand
from agents.errors import ApiError
from agents.versioning import LATEST, SUPPORTED
from checkout import documents, operations
from checkout.models import Order
from checkout.operations import Ask, Tracking
from payments.money import Money, NotAnAmount

DEEDS = ("show", "ship", "deliver", "grant", "cancel", "refund", "return", "release")
TRACKING = ("carrier", "tracking_number", "tracking_url", "access_url", "license_key")


class Command(TillCommand):
    """Prints the order as its agent would see it after what was done."""

    help = "Ship an order, mark it delivered, grant digital goods, cancel, refund, take back."
    example = "manage.py order 7KQ2M9XA ship --line li_…=2 --carrier UPS --tracking-number 1Z…"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("order", help="its number or its id")
        parser.add_argument("deed", choices=DEEDS, help="grant: deliver digitally")
        parser.add_argument("--line", action="append", metavar="ID=QUANTITY", help="default: all that is left")
        parser.add_argument("--amount", help="refund or return: how much goes back, such as 12.50")
        parser.add_argument("--reason", default="", help="a code, such as defective")
        parser.add_argument("--description", default="", help="a sentence for the buyer")
        parser.add_argument("--attempt", default="", help="names the request: sent twice, it is done once")
        parser.add_argument("--api-version", choices=SUPPORTED, default=LATEST, help="of what is printed")
        for name in TRACKING:
            parser.add_argument(f"--{name.replace('_', '-')}", default="")

    def handle(self, *, order: str, deed: str, line: list[str] | None, **options: Any) -> None:
        found = Order.objects.filter(id=order).first() or Order.objects.filter(number=order.upper()).first()
        if found is None:
            raise CommandError(f"There is no order {order}")
        try:
            do(found, deed, quantities(line), options)
        except ApiError as refused:
            raise CommandError(refused.message) from refused
        history = operations.history_of(Order.objects.select_related("session").get(pk=found.pk))
        self.stdout.write(json.dumps(documents.event_data(history, options["api_version"]), indent=2))


def quantities(line: list[str] | None) -> dict[str, int] | None:
    """`["li_1=2"]` as a mapping.

    :raises CommandError: if that is not what was given.
    """
    if line is None:
        return None
    try:
        return {name: int(number) for name, number in (each.split("=") for each in line)}
    except ValueError:
        raise CommandError("--line is ID=QUANTITY, such as li_…=2") from None


def do(order: Order, deed: str, contents: dict[str, int] | None, options: dict[str, Any]) -> None:
    ask = Ask("manage.py", *(options[name] for name in ("reason", "description", "attempt")))
    tracking = Tracking(description=options["description"], **{name: options[name] for name in TRACKING})
    match deed:
        case "ship":
            operations.ship_order(order_id=order.id, quantities=contents, tracking=tracking)
        case "deliver":
            operations.mark_delivered(order_id=order.id)
        case "grant":
            operations.deliver_digitally(order_id=order.id, quantities=contents, tracking=tracking)
        case "cancel":
            operations.cancel_order(order_id=order.id, quantities=contents, ask=ask)
        case "refund":
            amount = _amount(order, options["amount"])
            operations.refund_order(order_id=order.id, quantities=contents, ask=ask, amount=amount)
        case "return":
            if contents is None:
                raise CommandError("Say what came back: --line ID=QUANTITY")
            amount = _amount(order, options["amount"])
            operations.return_items(order_id=order.id, quantities=contents, ask=ask, amount=amount)
        case "release":
            operations.release_order(order_id=order.id)


def _amount(order: Order, text: str | None) -> Money | None:
    try:
        return Money.parse(text, order.currency) if text else None
    except NotAnAmount as mistake:
        raise CommandError(str(mistake)) from None
