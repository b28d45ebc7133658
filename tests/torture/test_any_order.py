"""Whatever happens to sessions and payments, in whatever order: after each step the books are right."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import hypothesis
import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import override_settings
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from agents.errors import ApiError
from checkout import operations
from checkout.models import CheckoutSession, Fulfillment, Order
from checkout.operations import Ask, expire_sessions
from payments.models import Payment
from payments.money import Money
from payments.sandbox.models import Event, PaymentIntent
from payments.sandbox.operations import answer_challenge, settle_due_refunds
from payments.settling import refund_payment
from payments.sweeping import sweep
from tests.caller import Caller, payment
from tests.payments import unreliable
from tests.payments.unreliable import Crash, path
from tests.torture import books, crashing
from tests.torture.news import SECRET, tell
from tests.torture.stories import ASKS_THE_BUYER, IS_DECLINED, PAYS
from tests.torture.test_load import RUNS

pytestmark = pytest.mark.slow

CARDS = [PAYS, IS_DECLINED, ASKS_THE_BUYER, "tok_visa", "tok_chargeDeclined", "tok_refundFail", "tok_pendingRefund"]
TROUBLES = [
    unreliable.CannotBeReached,
    unreliable.LosesTheRequest,
    unreliable.LosesTheAnswer,
    unreliable.DiesBeforeCreate,
    unreliable.DiesAfterCreate,
    unreliable.DiesBeforeConfirm,
    unreliable.DiesAfterConfirm,
]
REFUND_TROUBLES = [crashing.DiesBeforeRefund, crashing.DiesAfterRefund, crashing.LosesTheRefund]
STAFF = Ask("staff")
DEEDS = [
    lambda order, units: operations.ship_order(order_id=order, quantities=units),
    lambda order, units: operations.cancel_order(order_id=order, quantities=units, ask=STAFF),
    lambda order, units: operations.return_items(order_id=order, quantities=units, ask=STAFF),
    lambda order, units: operations.refund_order(order_id=order, quantities=units, ask=STAFF),
]


@dataclass
class Sent:
    """A request to complete a session, and its answer, if there has been one."""

    path: str
    body: Any
    key: str
    answer: bytes | None = None


class Shop(RuleBasedStateMachine):
    """Agents, buyers, banks, staff, the clock and the sweep, each doing what they like."""

    sessions, sent = Bundle("sessions"), Bundle("sent")
    troubles = st.none() | st.sampled_from(TROUBLES)

    def __init__(self) -> None:
        super().__init__()
        self.example = transaction.atomic()
        self.example._from_testcase = True  # type: ignore[attr-defined]  # what is durable is so within the example
        self.example.__enter__()
        self.caller, self.stocked, self.number = Caller(), books.stock(), 0

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.example.__exit__(None, None, None)

    @rule(target=sessions, quantity=st.integers(1, 3))
    def create(self, quantity):
        return self.caller.ready(line_items=[{"id": "item_456", "quantity": quantity}])

    @rule(session=sessions, quantity=st.integers(1, 3))
    def update(self, session, quantity):
        body = {"line_items": [{"id": "item_456", "quantity": quantity}]}
        answer = self.caller.post(f"/checkout_sessions/{session['id']}", body)
        assert answer.status_code in (200, 409), answer.content

    @rule(target=sessions, card=st.sampled_from(CARDS), trouble=troubles)
    def buy(self, card, trouble):
        session = self.create(quantity=1)
        self.complete(session, card, trouble)
        return session

    @rule(target=sent, session=sessions, card=st.sampled_from(CARDS), trouble=troubles)
    def complete(self, session, card, trouble):
        request = self.completion(session, card)
        with trouble_with(trouble):
            return self.send(request)

    @rule(request=sent, trouble=troubles)
    def retry(self, request, trouble):
        answered = request.answer
        with trouble_with(trouble):
            self.send(request)
        assert answered in (None, request.answer)

    @rule(session=sessions)
    def cancel(self, session):
        answer = self.caller.post(f"/checkout_sessions/{session['id']}/cancel")
        assert answer.status_code in (200, 405, 409), answer.content

    @rule(session=sessions)
    def expire(self, session):
        CheckoutSession.objects.filter(pk=session["id"]).update(expires_at=timezone.now() - timedelta(seconds=1))
        expire_sessions()

    @rule(session=sessions, is_approved=st.booleans())
    def the_buyer_answers_the_bank(self, session, is_approved):
        for intent in PaymentIntent.objects.filter(status="requires_action", metadata__reference=session["id"]):
            answer_challenge(payment_intent_id=intent.pk, is_approved=is_approved)

    @rule(data=st.data())
    def events_arrive(self, data):
        """Some of all there have been: late, again, before others that happened earlier."""
        events = list(Event.objects.order_by("created_at", "pk"))
        for number in data.draw(st.lists(st.integers(0, 30), max_size=5)):
            if number < len(events):
                tell(events[-1 - number])

    @rule()
    def banks_decide_about_refunds(self):
        with transaction.atomic():
            settle_due_refunds(timezone.now() + timedelta(days=1))
        for event in Event.objects.filter(type__contains="refund"):
            tell(event)

    @rule(session=sessions, share=st.sampled_from([1, 2, 3]), trouble=st.sampled_from([None, *REFUND_TROUBLES]))
    def refund(self, session, share, trouble):
        for paid in Payment.objects.filter(reference=session["id"], state="succeeded"):
            amount = Money(paid.amount // share, paid.currency)
            with trouble_with(trouble), suppress(Crash, ApiError):
                refund_payment(payment=paid, amount=amount, requested_by="staff", attempt=f"{share}")

    @rule(session=sessions, deed=st.sampled_from(DEEDS), trouble=st.sampled_from([None, *REFUND_TROUBLES]))
    def staff_see_to_one_unit_of_an_order(self, session, deed, trouble):
        for order in Order.objects.filter(session=session["id"]):
            line = order.session.line_items.get()
            with trouble_with(trouble), suppress(Crash, ApiError):
                deed(order.pk, {line.pk: 1})

    @rule(session=sessions)
    def a_parcel_comes_back(self, session):
        for parcel in Fulfillment.objects.filter(order__session=session["id"]):
            with suppress(ApiError):
                operations.record_fulfillment_event(fulfillment_id=parcel.pk, type="returned_to_sender")

    @rule()
    def settle(self):
        list(sweep())
        assert not books.leftovers()

    @invariant()
    def the_books_are_right(self):
        assert not books.wrongs(self.stocked)

    def completion(self, session, card):
        token = card if card.startswith("tok_") else self.caller.delegate(self.caller.read(session), card)
        self.number += 1
        return Sent(f"/checkout_sessions/{session['id']}/complete", payment(token), f"key {self.number}")

    def send(self, request):
        with suppress(Crash):
            answer = self.caller.post(request.path, request.body, {"Idempotency-Key": request.key})
            assert answer.status_code < 500 or answer.status_code == 503, answer.content
            if answer.status_code < 500 and "Retry-After" not in answer.headers:
                request.answer = answer.content
        return request


@contextmanager
def trouble_with(processor: type | None) -> Iterator[None]:
    with override_settings(PAYMENT_PROCESSOR=path(processor) if processor else unreliable.SANDBOX):
        yield


@pytest.mark.django_db
def test_the_books_are_right_whatever_happens(settings):
    settings.AGENT_RATE, settings.STRIPE_WEBHOOK_SECRET = "", SECRET
    settings.PAYMENT_LEASE = settings.IDEMPOTENCY_LEASE = 0  # who died keeps nobody waiting
    call_command("seed_catalog", verbosity=0)

    run_state_machine_as_test(
        Shop,
        settings=hypothesis.settings(
            max_examples=max(1, RUNS // 2),
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        ),
    )
