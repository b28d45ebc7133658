"""A shop with a past: a few purchases made in earnest, and copied by the database as often as wanted.

A copy is a row of its own, with its own keys; what belongs together keeps belonging together. Copies lie in the past,
the more of them the later, as if the shop were growing.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from django.core.management import call_command
from django.db import connection, models

from agents.models import OutgoingEvent
from catalog.models import Product
from checkout.models import CheckoutSession, LineItem, Order
from payments.models import Payment
from tests.caller import BUYER, Caller
from vault.models import VaultToken

# Of a thousand sessions: how many end in this way, and the card that was tried.
PAID, DECLINED, EXPIRED, OPEN = 620, {"4000000000009995": 40, "4000000000000002": 25, "4000000000000069": 15}, 260, 40


@dataclass(frozen=True)
class Copying:
    """`count` copies of the purchase that one session stands for, over the last `days`."""

    session_id: str
    count: int
    days: int
    marker: str  # tells the copies of this purchase from those of others

    def run(self) -> None:
        payments = Payment.objects.filter(reference=self.session_id).values_list("pk", flat=True)
        self._copy(CheckoutSession, "id", [self.session_id], own=("id",))
        self._copy(LineItem, "session_id", [self.session_id], own=("id", "session_id"))
        self._copy(Payment, "id", list(payments), own=("id", "reference", "attempt", "processor_id", "charge_id"))
        tokens = VaultToken.objects.filter(checkout_session_id=self.session_id).values_list("pk", flat=True)
        self._copy(VaultToken, "id", list(tokens), own=("id", "payment_id", "checkout_session_id"))
        self._copy(Order, "session_id", [self.session_id], own=("id", "session_id", "payment_id"))
        orders = Order.objects.filter(session_id=self.session_id).values_list("pk", flat=True)
        self._copy(OutgoingEvent, "subject", list(orders), own=("id", "subject"))

    def _copy(self, model: type[models.Model], column: str, values: list[str], *, own: tuple[str, ...]) -> None:
        """Copy the rows of `model` whose `column` is one of `values`; the columns in `own` are keys of a purchase."""
        fields = [field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField)]
        columns = [str(field.column) for field in fields]
        changed = {name: self._key(name) for name in own} | {"number": self._number()}
        for column_name, field in zip(columns, fields, strict=True):
            if isinstance(field, models.DateTimeField):
                changed[column_name] = self._earlier(column_name)
        selected = [changed.get(name, f'"{name}"') for name in columns]
        marks = ", ".join(["%s"] * len(values)) or "NULL"
        with connection.cursor() as cursor:
            cursor.execute(
                f'INSERT INTO "{model._meta.db_table}" ({", ".join(map(connection.ops.quote_name, columns))}) '
                f"WITH RECURSIVE copies(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copies WHERE n < {self.count}) "
                f'SELECT {", ".join(selected)} FROM "{model._meta.db_table}", copies WHERE "{column}" IN ({marks})',
                values,
            )

    def _key(self, column: str) -> str:
        return f"CASE WHEN \"{column}\" = '' THEN '' ELSE substr(\"{column}\", 1, 27) || '{self.marker}' || n END"

    def _number(self) -> str:
        return "upper(lpad(to_hex(n), 8, '0'))" if connection.vendor == "postgresql" else "printf('%08X', n)"

    def _earlier(self, column: str) -> str:
        """More of them the later, some days better than others, and not all of a day at one hour."""
        spread = (self.days - 4) * 86_400
        part = f"(1.0 * n / {self.count})"
        uneven = "(n %% 7) * (n %% 7) %% 7 * 43200 + n %% 43200 * 7919 %% 43200"
        seconds = f"{part} * ({spread} * (0.6 + 0.4 * {part}) + {uneven})"
        if connection.vendor == "postgresql":
            return f"\"{column}\" - ({seconds}) * interval '1 second'"
        return f"strftime('%Y-%m-%d %H:%M:%f', \"{column}\", '-' || ({seconds}) || ' seconds')"


def grow(sessions: int, *, days: int, purchases: Mapping[str, int] | None = None) -> None:
    """Have the shop look back on about so many sessions in so many days, copies of `purchases` (see there)."""
    share = sessions / 1000
    with _believed():
        for number, (session_id, per_thousand) in enumerate((purchases or make_purchases()).items()):
            count = round(per_thousand * share)
            if count:
                Copying(session_id, count, days, marker="abcdefgh"[number]).run()


def grow_products(count: int) -> None:
    """Have the shop sell so many products more."""
    with _believed():
        Copying("", count, days=365, marker="p")._copy(Product, "id", ["item_456"], own=("id",))


@contextmanager
def _believed() -> Iterator[None]:
    """PostgreSQL takes our word for it that what rows refer to is there, and then finishes what it would else do
    beside who measures: a year's rows were not written a moment ago."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        try:
            yield
        finally:
            cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")


def make_purchases() -> Mapping[str, int]:
    """One session of each kind, made as an agent makes them, and how many of a thousand are of its kind."""
    caller = Caller("assistant")
    paid = caller.ready("item_456", "item_789")
    caller.complete(paid, caller.delegate(paid))
    kinds = {paid["id"]: PAID}
    for card, share in DECLINED.items():
        declined = caller.ready("item_123", buyer=BUYER | {"email": "grace@example.com"})
        caller.complete(declined, caller.delegate(declined, number=card))
        kinds[declined["id"]] = share
    expired = caller.ready("ebook_123")
    caller.delegate(expired)
    CheckoutSession.objects.filter(pk=expired["id"]).update(expires_at="2020-01-01T00:00:00Z")
    call_command("expire_sessions", verbosity=0)
    still_open = caller.create("sofa_123")
    caller.delegate(still_open)
    return kinds | {expired["id"]: EXPIRED, still_open["id"]: OPEN}
