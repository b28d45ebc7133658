"""What became of an order: parcels and what happened to them, and what was taken back of what was promised.

Of all this nothing is ever changed, only added to. What follows from it (quantities, statuses) is worked out from it;
an order's own status is kept too, so that staff can list by it, and one method writes it.
"""

import secrets
from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from agents.ids import new_id
from checkout.models.sessions import CheckoutSession, LineItem
from checkout.progress import OrderStatus, status_of
from payments.models import Refund


def order_id() -> str:
    return new_id("ord")


def order_number() -> str:
    """Eight characters that a buyer can read aloud: no 0/O, no 1/I/L."""
    return "".join(secrets.choice("23456789ABCDEFGHJKMNPQRSTUVWXYZ") for _ in range(8))


def fulfillment_id() -> str:
    return new_id("ful")


def fulfillment_event_id() -> str:
    return new_id("fev")


def adjustment_id() -> str:
    return new_id("adj")


class Order(models.Model):
    """A session that was paid: the shop's promise to the buyer."""

    Status = OrderStatus

    id = models.CharField(primary_key=True, max_length=40, default=order_id, editable=False)
    number = models.CharField(max_length=8, unique=True, default=order_number, editable=False)
    session = models.OneToOneField(CheckoutSession, on_delete=models.PROTECT, related_name="order")
    agent = models.ForeignKey("agents.Agent", on_delete=models.PROTECT, related_name="orders")
    payment = models.OneToOneField("payments.Payment", on_delete=models.PROTECT, related_name="order", null=True)
    status = models.CharField(max_length=32, choices=OrderStatus.choices, default=OrderStatus.CONFIRMED)
    is_held = models.BooleanField(default=False)  # somebody must look at its payment before anything is sent
    currency = models.CharField(max_length=3)
    total_amount = models.BigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["-created_at", "currency", "total_amount"], name="orders_by_age")]

    def __str__(self) -> str:
        return f"Order {self.number}"

    def get_absolute_url(self) -> str:
        """The page a buyer sees; its address cannot be guessed."""
        return f"{settings.PUBLIC_URL}/orders/{self.id}"

    def follow(self, status: OrderStatus) -> None:
        """Be in the state that its parcels and adjustments say (`checkout.progress`)."""
        if status != self.status:
            self.status = status
            self.save(update_fields=["status"])

    def release(self) -> None:
        """Somebody looked, and it is fine."""
        self.is_held = False
        self.save(update_fields=["is_held"])


class AddedOnly(models.Model):
    """A row of a history: written once, and neither changed nor deleted."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            self._refuse()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise TypeError(f"{self!r} is history, which is not rewritten")


class Concerns(AddedOnly):
    """Something that concerns so many of some lines: its `contents`."""

    class Meta:
        abstract = True

    @property
    def quantities(self) -> dict[str, int]:
        """How many of each line, by its id."""
        return {content.line_id: content.quantity for content in self.contents.all()}  # type: ignore[attr-defined]


class Fulfillment(Concerns):
    """One parcel, one pickup or one digital delivery. Its status is that of the last event."""

    class Type(models.TextChoices):
        SHIPPING = "shipping"
        PICKUP = "pickup"
        DIGITAL = "digital"

    id = models.CharField(primary_key=True, max_length=40, default=fulfillment_id, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="fulfillments")
    type = models.CharField(max_length=16, choices=Type.choices)
    carrier = models.CharField(max_length=100, blank=True)
    tracking_number = models.CharField(max_length=100, blank=True)
    tracking_url = models.CharField(max_length=2000, blank=True)
    destination = models.JSONField(null=True)
    earliest_at = models.DateTimeField(null=True)
    latest_at = models.DateTimeField(null=True)
    access_url = models.CharField(max_length=2000, blank=True)
    license_key = models.CharField(max_length=255, blank=True)
    access_expires_at = models.DateTimeField(null=True)
    description = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(earliest_at=None, latest_at=None) | Q(earliest_at__isnull=False, latest_at__isnull=False),
                name="an_estimate_has_both_ends",
            )
        ]

    def __str__(self) -> str:
        return " ".join(filter(None, [self.get_type_display(), self.carrier, self.tracking_number]))

    @property
    def happened(self) -> list["FulfillmentEvent"]:
        """Its events in the order in which they were written down."""
        return sorted(self.events.all(), key=lambda event: event.sequence)

    @property
    def status(self) -> str:
        return status_of([event.type for event in self.happened])


class FulfillmentLine(AddedOnly):
    """So many of a line are in it."""

    fulfillment = models.ForeignKey(Fulfillment, on_delete=models.PROTECT, related_name="contents")
    line = models.ForeignKey(LineItem, on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["fulfillment", "line"], name="a_line_is_in_a_fulfillment_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="a_fulfillment_holds_at_least_one"),
        ]


class FulfillmentEvent(AddedOnly):
    """Something that happened to a parcel."""

    class Type(models.TextChoices):
        PROCESSING = "processing"
        SHIPPED = "shipped"
        IN_TRANSIT = "in_transit"
        OUT_FOR_DELIVERY = "out_for_delivery"
        READY_FOR_PICKUP = "ready_for_pickup"
        DELIVERED = "delivered"
        FAILED_ATTEMPT = "failed_attempt"
        RETURNED_TO_SENDER = "returned_to_sender"
        CANCELED = "canceled"
        UNDELIVERABLE = "undeliverable"

    sequence = models.BigAutoField(primary_key=True)
    id = models.CharField(max_length=40, unique=True, default=fulfillment_event_id, editable=False)
    fulfillment = models.ForeignKey(Fulfillment, on_delete=models.PROTECT, related_name="events")
    type = models.CharField(max_length=32, choices=Type.choices)
    occurred_at = models.DateTimeField(default=timezone.now)
    description = models.CharField(max_length=500, blank=True)
    location = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.get_type_display()


class Adjustment(Concerns):
    """Something taken back of what was promised. What it gives back is a refund, whose state is the payment room's."""

    class Type(models.TextChoices):
        REFUND = "refund"
        RETURN = "return"
        CANCELLATION = "cancellation"

    id = models.CharField(primary_key=True, max_length=40, default=adjustment_id, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="adjustments")
    type = models.CharField(max_length=16, choices=Type.choices)
    refund = models.OneToOneField(Refund, on_delete=models.PROTECT, related_name="adjustment", null=True)
    attempt = models.CharField(max_length=255, blank=True)  # the request that asked for it
    reason = models.CharField(max_length=64, blank=True)  # a code, such as "defective"
    description = models.CharField(max_length=500, blank=True)
    requested_by = models.CharField(max_length=255)
    occurred_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(type="refund", refund__isnull=False) | (~Q(type="refund") & Q(refund=None)),
                name="a_refund_is_the_payments_rooms",
            ),
            models.UniqueConstraint(
                fields=["order", "attempt", "type"], condition=~Q(attempt=""), name="one_adjustment_per_attempt"
            ),
        ]

    def __str__(self) -> str:
        return self.get_type_display()


class AdjustmentLine(AddedOnly):
    """So many of a line are concerned."""

    adjustment = models.ForeignKey(Adjustment, on_delete=models.PROTECT, related_name="contents")
    line = models.ForeignKey(LineItem, on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["adjustment", "line"], name="a_line_is_in_an_adjustment_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="an_adjustment_concerns_at_least_one"),
        ]
