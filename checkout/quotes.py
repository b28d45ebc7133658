"""What a session costs and how it can be delivered, as of now: the catalogue is asked, the session is told.

Everything the agent reads back (totals, options, messages, readiness) is decided here, after every change.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.conf import settings

from catalog.editions import one_edition
from catalog.models import Product
from catalog.promotions import fees, order_discount
from catalog.shipping import Destination, Parcel, shipping_source
from catalog.taxes import Taxable, tax_source
from checkout import fulfillment, messages, pricing
from checkout.models import CheckoutSession, LineItem
from payments.money import allocate

NEEDED_TO_DELIVER = ("name", "line_one", "city", "country")  # a state or a postal code is not known everywhere


def set_quantities(session: CheckoutSession, lines: list[LineItem], wanted: dict[Product, int]) -> list[LineItem]:
    """Return the session's lines for `wanted`, at today's prices; a product that stays keeps its line's id."""
    known = {line.product_id: line for line in lines}
    kept = []
    for position, (product, quantity) in enumerate(wanted.items()):
        line = known.get(product.id) or LineItem(session=session)
        line.product = product
        line.position = position
        line.title = product.title
        line.quantity = quantity
        line.unit_amount = product.unit_amount
        line.base_amount = product.unit_amount * quantity
        line.discount_amount = product.discount_amount * quantity
        kept.append(line)
    return kept


@one_edition()
def quote(session: CheckoutSession, lines: Sequence[LineItem], *, now: datetime, short: Collection[str] = ()) -> None:
    """Bring the session's options, totals, messages and status up to date (nothing is saved here).

    `short` names products that could not be had a moment ago, whatever the catalogue says now.
    """
    destination = _destination(session)
    discount, discount_name = order_discount(
        subtotal=sum(line.subtotal_amount for line in lines), currency=session.currency
    )
    options = _options_and_taxes(session, lines, destination, discount, now)
    choice = fulfillment.choose(options, session.requested_options)
    charged_fees = fees(currency=session.currency)
    amounts = pricing.SessionAmounts(
        lines=[amounts_of(line) for line in lines],
        discount=discount,
        discount_name=discount_name,
        fulfillment=choice.amount,
        fulfillment_tax=choice.tax,
        fee=sum(amount for _, amount in charged_fees),
        fee_name=", ".join(name for name, _ in charged_fees),
    )
    session.totals = amounts.totals()
    session.total_amount = amounts.total
    session.fulfillment_options = [option.as_wire() for option in options]
    session.selected_fulfillment_options = [
        fulfillment.selection(option, [line.id for line in lines if _kind(line) == option.type])
        for option in choice.options
    ]
    session.messages = [
        *_stock_messages(lines, short),
        *_delivery_messages(session, lines, options),
        *choice.problems,
        *_intervention_messages(session),
        *(messages.discount_code_unknown(index, code) for index, code in enumerate(session.discount_codes)),
        *([messages.one_address_only()] if session.fulfillment_groups else []),
    ]
    session.follow_messages()


def amounts_of(line: LineItem) -> pricing.LineAmounts:
    return pricing.LineAmounts(base=line.base_amount, discount=line.discount_amount, tax=line.tax_amount)


def _options_and_taxes(
    session: CheckoutSession, lines: Sequence[LineItem], destination: Destination | None, discount: int, now: datetime
) -> list[fulfillment.Option]:
    """Tax every line (after its share of the order's discount) and every way to ship, in one question."""
    physical = [line for line in lines if not line.product.is_digital]
    quotes = []
    if physical and destination:
        parcels = [
            Parcel(line.product_id, line.quantity, line.subtotal_amount, free_shipping=line.product.free_shipping)
            for line in physical
        ]
        quotes = shipping_source().quotes(destination=destination, parcels=parcels, currency=session.currency, now=now)
    shares = allocate(discount, [line.subtotal_amount for line in lines])
    goods = [
        Taxable("goods", line.subtotal_amount - share, exempt=line.product.tax_exempt)
        for line, share in zip(lines, shares, strict=True)
    ]
    shipping = [Taxable("shipping", quote.amount) for quote in quotes]
    taxes = tax_source().taxes(destination=destination, taxables=[*goods, *shipping])
    for line, tax in zip(lines, taxes, strict=False):
        line.tax_amount = tax
    options = [
        fulfillment.shipping_option(quote, tax=tax) for quote, tax in zip(quotes, taxes[len(lines) :], strict=True)
    ]
    return options + ([fulfillment.digital_option()] if len(physical) < len(lines) else [])


def _destination(session: CheckoutSession) -> Destination | None:
    address = (session.fulfillment_details or {}).get("address")
    if not address:
        return None
    return Destination(
        country=address["country"],
        state=address["state"],
        postal_code=address["postal_code"],
        city=address["city"],
    )


def _kind(line: LineItem) -> str:
    return "digital" if line.product.is_digital else "shipping"


def _stock_messages(lines: Sequence[LineItem], short: Collection[str]) -> list[messages.Message]:
    found = []
    for index, line in enumerate(lines):
        product = line.product
        if product.stock and product.stock < line.quantity:
            found.append(messages.low_stock(index, line.title, product.stock))
        elif product.stock == 0 or product.id in short or not product.is_active:
            found.append(messages.out_of_stock(index, line.title))
        if product.max_quantity_per_order is not None and product.max_quantity_per_order < line.quantity:
            found.append(messages.quantity_exceeded(index, line.title, product.max_quantity_per_order))
    return found


def _delivery_messages(
    session: CheckoutSession, lines: Sequence[LineItem], options: Sequence[fulfillment.Option]
) -> list[messages.Message]:
    if not any(_kind(line) == "shipping" for line in lines):
        return []
    address = (session.fulfillment_details or {}).get("address")
    if not address:
        return [messages.address_missing()]
    if blank := [member for member in NEEDED_TO_DELIVER if not address[member].strip()]:
        return [messages.address_incomplete(member) for member in blank]
    is_delivered_there = any(option.type == "shipping" for option in options)
    return [] if is_delivered_there else [messages.not_delivered_there(address["country"])]


def _intervention_messages(session: CheckoutSession) -> list[messages.Message]:
    """What every buyer must go through here, if the agent cannot take them there (acp.md §6, statements 56–57)."""
    missing = set(settings.REQUIRED_INTERVENTIONS) - set(session.interventions)
    if not missing or settings.INTERVENTION_ENFORCEMENT == "optional":
        return []
    return [messages.intervention_unsupported(is_blocking=settings.INTERVENTION_ENFORCEMENT == "always")]
