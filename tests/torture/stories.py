"""What can be under way when a process dies: purchases of several kinds, an awaited buyer, a refund, a cancelation.

A story prepares all that comes before, and returns the deed that a doomed process is to begin, and that somebody will
do again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.db import transaction

from checkout import operations
from checkout.models import Adjustment
from checkout.operations import Ask
from payments.models import Payment
from payments.money import Money
from payments.sandbox.models import PaymentIntent
from payments.sandbox.operations import answer_challenge
from payments.settling import refund_payment
from tests.caller import Caller, payment
from tests.torture.deaths import STRETCHES
from tests.torture.shopper import Shopper, Silence
from tests.torture.supervisor import Supervisor

GOODS = ("item_456", "item_789")  # both are counted
PAYS, IS_DECLINED, ASKS_THE_BUYER = "4242424242424242", "4000000000000002", "4000002760003184"
PROOF = {
    "outcome": "authenticated",
    "outcome_details": {
        "three_ds_cryptogram": "AAIBBYNoEwAAAAAAAAAAAAAAAAA=",
        "electronic_commerce_indicator": "05",
        "transaction_id": "f879ea1c-aa2c-4441-806d-e30406466d79",
        "version": "2.2.0",
    },
}


class Deed(Protocol):
    """Something a process does, that must happen once however often it is begun."""

    def begin(self, supervisor: Supervisor, caller: Caller, **death: Any) -> bool:
        """Have it done by a process that may die; return whether it did."""

    def repeat(self, supervisor: Supervisor, caller: Caller) -> Any:
        """Do it again, in a process that lives, and return its result: always the same."""


@dataclass(frozen=True)
class Request:
    """A POST under one key."""

    path: str
    body: Any
    key: str
    joins: bool = False  # a payment that another request began: whoever settles it first, this one may come too late

    def begin(self, supervisor: Supervisor, caller: Caller, **death: Any) -> bool:
        supervisor.start(**death)
        try:
            answer = Shopper(caller, supervisor.port).post(self.path, self.body, {"Idempotency-Key": self.key})
        except Silence:
            return supervisor.has_died()
        supervisor.stop()
        assert answer.status_code == 200, answer
        return False

    def repeat(self, supervisor: Supervisor, caller: Caller) -> Any:
        answer = Shopper(caller, supervisor.port).insist(self.path, self.body, self.key)
        is_too_late = self.joins and answer.json().get("code") == "session_completed"
        assert answer.status_code == 200 or is_too_late, (self, answer)
        return answer.content


@dataclass(frozen=True)
class Refund:
    """Money given back by staff, who click again if they see nothing."""

    payment_id: str
    amount: int

    def begin(self, supervisor: Supervisor, caller: Caller, **death: Any) -> bool:
        supervisor.start(calls=f"{__name__}.refund", arguments=[self.payment_id, self.amount], **death)
        return supervisor.has_died()

    def repeat(self, supervisor: Supervisor, caller: Caller) -> Any:
        return refund(self.payment_id, self.amount)


@dataclass(frozen=True)
class Cancelation:
    """An order that staff cancel, who click again if they see nothing."""

    order_id: str

    def begin(self, supervisor: Supervisor, caller: Caller, **death: Any) -> bool:
        supervisor.start(calls=f"{__name__}.cancel_all_of", arguments=[self.order_id], **death)
        return supervisor.has_died()

    def repeat(self, supervisor: Supervisor, caller: Caller) -> Any:
        return cancel_all_of(self.order_id)


@dataclass(frozen=True)
class Story:
    """How to get to a deed, and the stretches of the money path (`deaths`) that lie on its way."""

    prepare: Callable[[Caller], Deed]
    stretches: str  # their names, with commas
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def points(self) -> list[str]:
        return [point for name in self.stretches.split(", ") for point in STRETCHES[name]]


def refund(payment_id: str, amount: int) -> str:
    paid = Payment.objects.get(pk=payment_id)
    done = refund_payment(
        payment=paid, amount=Money(amount, paid.currency), requested_by="staff", attempt=f"click {amount}"
    )
    return f"{done.pk} {done.state}"


def cancel_all_of(order_id: str) -> list[str]:
    """What was added to the order's history by that."""
    operations.cancel_order(order_id=order_id, ask=Ask("staff", attempt="click"))
    return list(Adjustment.objects.filter(order=order_id).order_by("pk").values_list("pk", flat=True))


def complete(caller: Caller, number: str) -> Request:
    """A purchase with a delegated card."""
    session = caller.ready(*GOODS)
    return completion(session, payment(caller.delegate(session, number)))


def complete_directly(caller: Caller) -> Request:
    return completion(caller.ready(*GOODS), payment("tok_visa"))


def complete_after_approval(caller: Caller) -> Request:
    """The buyer has approved it on the bank's page, and the agent asks again."""
    session, body = awaited(caller)
    intent = PaymentIntent.objects.get(status="requires_action", metadata__reference=session["id"])
    with transaction.atomic():
        answer_challenge(payment_intent_id=intent.pk, is_approved=True)
    return completion(session, body, joins=True)


def complete_with_proof(caller: Caller) -> Request:
    """The agent has had the buyer approve it, and says so."""
    session, body = awaited(caller)
    return completion(session, body | {"authentication_result": PROOF}, joins=True)


def cancel(caller: Caller) -> Request:
    """The agent does not wait for the buyer any longer."""
    session, _ = awaited(caller)
    return Request(f"/checkout_sessions/{session['id']}/cancel", {}, f"cancel {session['id']}")


def refund_some(caller: Caller) -> Refund:
    request = complete(caller, PAYS)
    caller.post(request.path, request.body)
    return Refund(Payment.objects.latest("created_at").pk, 100)


def cancel_an_order(caller: Caller) -> Cancelation:
    request = complete(caller, PAYS)
    return Cancelation(caller.post(request.path, request.body).json()["order"]["id"])


def awaited(caller: Caller) -> tuple[dict[str, Any], dict[str, Any]]:
    """A session that waits for its buyer, and what was sent to complete it."""
    session = caller.ready(*GOODS, capabilities={"interventions": {"supported": ["3ds"]}})
    body = payment(caller.delegate(session, ASKS_THE_BUYER))
    answer = caller.post(completion(session, body).path, body)
    assert answer.json()["status"] == "authentication_required", answer.content
    return session, body


def completion(session: dict[str, Any], body: dict[str, Any], **more: Any) -> Request:
    return Request(f"/checkout_sessions/{session['id']}/complete", body, f"complete {session['id']}", **more)


ASKED = "claim, begin, announce, charge"

STORIES = {
    "a delegated card pays": Story(lambda caller: complete(caller, PAYS), f"{ASKED}, settle, order, answer"),
    "a delegated card is declined": Story(
        lambda caller: complete(caller, IS_DECLINED), f"{ASKED}, settle, give back, answer"
    ),
    "a card token pays": Story(complete_directly, f"{ASKED}, settle, order, answer"),
    "a card is charged in two steps": Story(
        lambda caller: complete(caller, PAYS), f"{ASKED}, capture, settle, order, answer", {"PAYMENT_CAPTURE": "manual"}
    ),
    "a bank asks the buyer": Story(lambda caller: complete(caller, ASKS_THE_BUYER), f"{ASKED}, settle, wait, answer"),
    "a buyer has approved": Story(complete_after_approval, "claim, begin, lease, settle, order, answer"),
    "an agent brings the approval": Story(complete_with_proof, "claim, begin, lease, approve, settle, order, answer"),
    "an agent cancels what waits for the buyer": Story(cancel, "claim, lease, call off, settle, give back, answer"),
    "staff refund": Story(refund_some, "refund, send back, tell"),
    "staff cancel an order": Story(cancel_an_order, "cancel, send back, tell"),
}
