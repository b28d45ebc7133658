"""Who buys coins, what they can buy, and a ledger that says where every coin is and came from.

A `Transfer` has a source, a destination and a positive number of coins, and is never changed. Coins come from the
issuing account and go back to it. That account stores no balance, so that purchases do not queue up on its row.
"""

import uuid
from datetime import timedelta
from typing import Any, NoReturn, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone

from catalog.models import is_currency, is_public_id
from coins.status import MOVES, PAID, Status
from payments.money import DECIMALS, Money

ISSUING = "issuing"  # the account all coins come from
REFERENCE = "cp_"  # how a purchase's id begins, and so the reference of a payment that is for nothing else
SOON = timedelta(seconds=30)  # two purchases of one package within this time may be one click too many
MOST_IN_A_PACKAGE = 10**9
MOST_COINS = 10**15  # in one transfer; a balance stays far below what its column holds


def new_uuid() -> str:
    return str(uuid.uuid4())


def new_purchase_id() -> str:
    return f"{REFERENCE}{uuid.uuid4()}"


class IllegalMove(Exception):
    """The state machine does not know this move."""


class NeverChanged(TypeError):
    """The ledger is written once."""


class PackageQuerySet(models.QuerySet["Package"]):
    def on_sale(self) -> Self:
        """As a shop window shows them: the cheapest first."""
        return self.filter(is_active=True).order_by("price_amount", "id")


class Package(models.Model):
    """A number of coins at a price. A purchase keeps its own copy of both, so that this one may be edited.

    A product of the catalogue with the same id is this package, as agents buy it over the counter.
    """

    id = models.CharField(primary_key=True, max_length=64, validators=[is_public_id])
    name = models.CharField(max_length=100)
    coins = models.PositiveBigIntegerField(validators=[MinValueValidator(1), MaxValueValidator(MOST_IN_A_PACKAGE)])
    price_amount = models.BigIntegerField(validators=[MinValueValidator(1)], help_text="Minor units: 1000 is $10.00.")
    currency = models.CharField(max_length=3, default="usd", validators=[is_currency])
    is_active = models.BooleanField("on sale", default=True)

    objects = PackageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(coins__gt=0, coins__lte=MOST_IN_A_PACKAGE), name="a_package_has_coins_in_it"
            ),
            models.CheckConstraint(condition=Q(price_amount__gt=0), name="a_package_costs_something"),
            models.CheckConstraint(condition=Q(currency=Lower("currency")), name="package_currency_is_lowercase"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def price(self) -> Money:
        return Money(self.price_amount, self.currency)

    @property
    def price_in_units(self) -> float:
        """For people who think in dollars. Nothing is computed with it."""
        return self.price_amount / 10 ** DECIMALS.get(self.currency, 2)


class CustomerQuerySet(models.QuerySet["Customer"]):
    def of(self, agent: Any) -> Self:
        return self.filter(agent=agent)


class Customer(models.Model):
    """Somebody who buys coins, known to the agent that brought them and to no other."""

    id = models.CharField(primary_key=True, max_length=40, default=new_uuid, editable=False)
    agent = models.ForeignKey("agents.Agent", on_delete=models.PROTECT, related_name="coin_customers")
    attempt = models.CharField(max_length=64, null=True, unique=True, editable=False)  # noqa: DJ001  the request
    email = models.EmailField(blank=True)
    name = models.CharField(max_length=200, blank=True)
    stripe_customer_id = models.CharField(max_length=255, blank=True)
    payment_method_id = models.CharField(max_length=255, blank=True)  # "pm_…", the processor's name for their card
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["-created_at"], name="coin_customers_by_age"),
            models.Index(fields=["email"], name="coin_customers_by_email"),
            models.Index(fields=["stripe_customer_id"], name="coin_customers_by_stripe_id"),
        ]

    def __str__(self) -> str:
        return self.name or self.email or self.id


class Account(models.Model):
    """Where coins are. Its id is its customer's; the issuing account has no customer, and no balance."""

    id = models.CharField(primary_key=True, max_length=40, editable=False)
    customer = models.OneToOneField(Customer, null=True, on_delete=models.PROTECT, related_name="account")
    balance = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(id=ISSUING, customer=None, balance=None)
                | Q(id=F("customer"), customer__isnull=False, balance__isnull=False),
                name="every_account_but_the_issuing_one_has_a_balance",
            ),
            models.CheckConstraint(condition=Q(balance=None) | Q(balance__gte=0), name="nobody_owes_coins"),
        ]

    def __str__(self) -> str:
        return self.id


class TransferQuerySet(models.QuerySet["Transfer"]):
    def touching(self, account_id: str) -> Self:
        return self.filter(Q(source=account_id) | Q(destination=account_id))

    def update(self, **kwargs: Any) -> NoReturn:
        raise NeverChanged("A transfer is never changed; reverse it instead")

    def delete(self) -> NoReturn:
        raise NeverChanged("A transfer is never deleted; reverse it instead")


class Transfer(models.Model):
    """Coins that moved from one account to another. Another transfer may undo this one, once."""

    class Kind(models.TextChoices):
        PURCHASE = "purchase"
        SPENDING = "spending"
        GRANT = "grant"
        REVERSAL = "reversal"

    id = models.CharField(primary_key=True, max_length=40, default=new_uuid, editable=False)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    source = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="transfers_out")
    destination = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="transfers_in")
    coins = models.PositiveBigIntegerField()
    reason = models.CharField(max_length=200, blank=True)
    reverses = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="reversed_by")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = TransferQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(coins__gt=0, coins__lte=MOST_COINS), name="a_transfer_moves_coins"),
            models.CheckConstraint(condition=~Q(source=F("destination")), name="a_transfer_has_two_ends"),
            models.CheckConstraint(
                condition=Q(kind="reversal", reverses__isnull=False) | (~Q(kind="reversal") & Q(reverses=None)),
                name="a_reversal_says_what_it_reverses",
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at"], name="transfers_by_age"),
            models.Index(fields=["source", "-created_at", "-id"], name="transfers_out_by_time"),
            models.Index(fields=["destination", "-created_at", "-id"], name="transfers_in_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.coins} coins, {self.kind}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise NeverChanged("A transfer is never changed; reverse it instead")
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NeverChanged("A transfer is never deleted; reverse it instead")


class PurchaseQuerySet(models.QuerySet["Purchase"]):
    def paid(self) -> Self:
        """What a customer's history shows."""
        return self.filter(status__in=sorted(PAID))

    def older_than(self, purchase: "Purchase") -> Self:
        """What comes after it in a history."""
        at = purchase.created_at
        return self.filter(Q(created_at__lt=at) | Q(created_at=at, id__lt=purchase.id))

    def alike(self, purchase: "Purchase") -> Self:
        """Other purchases of the same package by the same customer just now."""
        recent = self.filter(customer=purchase.customer_id, created_at__gt=purchase.created_at - SOON)
        return recent.filter(package=purchase.package_id).exclude(status=Status.FAILED)


class Purchase(models.Model):
    """One package bought once: one payment and, when it is paid, one transfer. Terms as they were at that moment."""

    class Attention(models.TextChoices):
        """What staff are asked to look at."""

        DUPLICATE = "duplicate", "bought twice within seconds"
        WRONG_CUSTOMER = "wrong_customer", "the customer named does not exist"
        PARTLY_REFUNDED = "partly_refunded", "refunded in part; the coins were left"
        REFUND_FAILED = "refund_failed", "the refund failed; the coins were given back"
        COINS_MISSING = "coins_missing", "not refunded: the coins are spent"
        COINS_SPENT = "coins_spent", "refunded; the coins are spent"

    id = models.CharField(primary_key=True, max_length=40, default=new_purchase_id, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="purchases")
    package = models.ForeignKey(Package, on_delete=models.PROTECT, related_name="purchases")
    package_name = models.CharField(max_length=100)
    coins = models.PositiveBigIntegerField()
    amount = models.BigIntegerField()  # minor units
    currency = models.CharField(max_length=3)

    # What its payment is for: this, "cp_…", or the checkout session "cs_…", which may hold other things too
    reference = models.CharField(max_length=255)
    attempt = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001  the request; none over the counter
    payment = models.ForeignKey("payments.Payment", null=True, on_delete=models.PROTECT, related_name="coin_purchases")
    transfer = models.OneToOneField(Transfer, null=True, on_delete=models.PROTECT, related_name="purchase")

    status = models.CharField(max_length=16, choices=Status.choices, default=Status.PENDING)
    coins_kept = models.BooleanField(default=False)  # the money went back, the coins were spent
    attention = models.CharField("staff are asked", max_length=16, choices=Attention.choices, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = PurchaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(coins__gt=0, amount__gte=0), name="a_purchase_buys_coins"),
            models.CheckConstraint(
                condition=Q(status__in=sorted(PAID), transfer__isnull=False)
                | (~Q(status__in=sorted(PAID)) & Q(transfer=None)),
                name="a_purchase_has_its_coins_once_it_is_paid",
            ),
            models.CheckConstraint(
                condition=~Q(reference__startswith=REFERENCE) | Q(payment__isnull=False),
                name="a_purchase_of_our_own_has_its_payment",
            ),
            models.UniqueConstraint(fields=["reference", "package"], name="one_purchase_per_reference_and_package"),
        ]
        indexes = [
            models.Index(fields=["-created_at"], name="purchases_by_age"),
            models.Index(fields=["customer", "-created_at", "-id"], name="purchases_by_customer"),
            models.Index(fields=["attention"], condition=~Q(attention=""), name="purchases_to_look_at"),
        ]

    def __str__(self) -> str:
        return f"{self.package_name}, {self.money}"

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def transaction_id(self) -> str:
        """What the wire calls it: a UUID."""
        return self.id.removeprefix(REFERENCE)

    @property
    def is_paid(self) -> bool:
        return self.status in PAID

    @property
    def is_our_own(self) -> bool:
        """Whether its payment pays for nothing else."""
        return self.reference.startswith(REFERENCE)

    def complete(self, transfer: Transfer) -> None:
        """The coins are the customer's: for the first time, or again after a refund that failed."""
        self.move_to(Status.COMPLETED)
        self.transfer = transfer

    def ask_staff(self, about: "Purchase.Attention") -> None:
        """Have a person look. The graver question stays."""
        order = [""] + list(self.Attention)
        self.attention = max(self.attention, about, key=order.index)

    def move_to(self, status: Status) -> None:
        """The one place that writes `status`.

        :raises IllegalMove: if no move leads there.
        """
        if status not in MOVES[Status(self.status)]:
            raise IllegalMove(f"a purchase that is {self.status} cannot become {status}")
        self.status = status
