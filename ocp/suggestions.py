"""What a context is good for: suggestions, each with its reason. They select nothing, confirm nothing, widen nothing.

Each rests on what is in our own books for this caller. Another room adds suggestions of its own with `register`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from ocp.models import Context
from payments.sandbox.models import Charge, Customer, PaymentMethod

Suggestion = dict[str, Any]
DOUBLE = timedelta(minutes=10)  # two payments of one amount within it may be one meant


@dataclass(frozen=True)
class Question:
    """A call and its answer, in a context. `customer_id` is the customer that the context's session names."""

    context: Context
    path: str = ""
    method: str = "GET"
    asked: dict[str, Any] = field(default_factory=dict)
    answered: dict[str, Any] = field(default_factory=dict)
    customer_id: str = ""

    @property
    def owner(self) -> str:
        return self.context.owner


Suggester = Callable[[Question], Suggestion]
_SUGGESTERS: list[Suggester] = []


def register(suggester: Suggester) -> None:
    """Have `suggester(question)` asked too: it returns named suggestions, or {}."""
    _SUGGESTERS.append(suggester)


def suggestions_for(question: Question) -> Suggestion:
    """Return all that there is to suggest, by name."""
    found: Suggestion = {}
    for suggester in (payment_method, possible_duplicate, *_SUGGESTERS):
        found |= suggester(question)
    return found


def payment_method(question: Question) -> Suggestion:
    """The card to pay with next, of those that the customer in question has kept."""
    customer = _customer(question)
    if customer is None:
        return {}
    today = timezone.now().date()
    is_good = Q(is_detached=False) & (Q(exp_year__gt=today.year) | Q(exp_year=today.year, exp_month__gte=today.month))
    kept = PaymentMethod.objects.filter(is_good, customer=customer)
    paid = Charge.objects.filter(customer=customer, status=Charge.Status.SUCCEEDED, payment_method__in=kept)
    in_context = question.context.events.filter(kind__startswith="payment_intent.").values("object_id")
    for reason, charges in (
        ("used_in_session", paid.filter(payment_intent__in=in_context)),
        ("last_successful", paid),
    ):
        if charge := charges.order_by("-created_at").first():
            return _suggested(charge.payment_method_id, reason, int(charge.created_at.timestamp()))
    if customer.default_payment_method_id and kept.filter(pk=customer.default_payment_method_id).exists():
        return _suggested(customer.default_payment_method_id, "default", None)
    return {}


def possible_duplicate(question: Question) -> Suggestion:
    """An earlier payment of the same amount for the same customer: a notice, and nothing is held up for it."""
    made = question.answered
    if question.method != "POST" or made.get("object") != "payment_intent" or not made.get("customer"):
        return {}
    alike = question.context.events.filter(
        kind="payment_intent.created",
        customer=made["customer"],
        amount=made["amount"],
        currency=made["currency"],
        created_at__gt=timezone.now() - DOUBLE,
    )
    earlier = alike.exclude(object_id=made["id"]).order_by("-id").first()
    if earlier is None:
        return {}
    seen = {"payment_intent": earlier.object_id, "created": int(earlier.created_at.timestamp())}
    return {"possible_duplicate": seen | {"reason": "same_amount_and_customer_in_session"}}


def _suggested(method_id: str | None, reason: str, last_used: int | None) -> Suggestion:
    return {"suggested_payment_method": {"id": method_id, "reason": reason, "last_used": last_used}}


def _customer(question: Question) -> Customer | None:
    """The customer the answer is about, or the session names. One that is not the caller's is nobody."""
    shown = question.answered
    named = shown["id"] if shown.get("object") == "customer" else shown.get("customer")
    if shown.get("object") == "list":
        named = next((each.get("customer") for each in shown.get("data", []) if isinstance(each, dict)), None)
    named = named if isinstance(named, str) else question.customer_id
    if not named:
        return None
    return Customer.objects.filter(pk=named, account=question.owner, is_deleted=False).first()
