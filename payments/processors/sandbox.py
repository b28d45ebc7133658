"""The default processor: the sandbox's card network, in process, with no network in between.

Each call is a durable transaction of its own, as it would be at a processor far away, and happens once per key.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import Error
from django.utils import timezone

from agents.errors import is_outage
from payments.cards import Card
from payments.declines import declined_by_network, refund_failed
from payments.money import Money
from payments.processors import return_url
from payments.processors.base import (
    Authentication,
    CardRefused,
    DisputeFacts,
    NoSuchCredential,
    Outcome,
    PaymentRefused,
    RefundFacts,
    RefundOutcome,
    StoredCard,
    Unknown,
)
from payments.processors.documents import outcome_of, refund_outcome_of
from payments.sandbox import operations, sources
from payments.sandbox.keys import Answer, once
from payments.sandbox.models import Dispute, PaymentIntent, PaymentMethod, Refund

SHARED_TOKEN = "shared_payment_granted_token"  # noqa: S105 the name of a parameter


class SandboxProcessor:
    """Moves no real money."""

    name = "sandbox"

    def __init__(self) -> None:
        if not settings.SANDBOX:
            raise ImproperlyConfigured("SandboxProcessor takes no real money: set PAYMENT_PROCESSOR, or SANDBOX")

    def store_card(self, card: Card, *, key: str) -> StoredCard:
        # Neither the number nor the security code may be part of what a key is compared by.
        request = {"store": operations.fingerprint_of(card), "expires": [card.exp_month, card.exp_year]}
        with _heard():
            try:
                answer = once(
                    key=key, request=request, work=lambda: {"id": operations.create_payment_method(card=card).id}
                )
            except operations.CardError as error:
                raise CardRefused(error.code, error.message, error.param) from None
            method = PaymentMethod.objects.get(pk=answer["id"])
        return StoredCard(id=method.id, facts=operations.facts_of(method))

    def create_customer(self, *, email: str, name: str, key: str) -> str:
        request = {"customer": email, "name": name}
        with _heard():
            answer = once(
                key=key,
                request=request,
                work=lambda: {"id": operations.create_customer(email=email, details={"name": name}).pk},
            )
        return str(answer["id"])

    def attach_payment_method(self, payment_method: str, *, customer: str, key: str) -> None:
        def work() -> Answer:
            method = operations.attach_payment_method(payment_method=payment_method, customer_id=customer)
            operations.update_customer(customer_id=customer, default_payment_method=method.pk)
            return {"id": method.pk}

        with _heard():
            try:
                once(key=key, request={"attach": payment_method, "customer": customer}, work=work)
            except operations.CardError as error:
                no = declined_by_network(error.code, error.decline_code)
                raise CardRefused(no.code, no.message, error.param) from None
            except operations.InvalidRequest as error:
                raise NoSuchCredential(error.message) from None

    def create(
        self,
        *,
        amount: Money,
        key: str,
        metadata: Mapping[str, str],
        capture: str = "automatic",
        customer: str = "",
    ) -> str:
        request = {"create": amount.amount, "currency": amount.currency, "metadata": dict(metadata), "capture": capture}
        request |= {"customer": customer} if customer else {}

        def work() -> Answer:
            intent = operations.create_payment_intent(
                amount=amount,
                metadata=metadata,
                capture_method=capture,
                customer=customer,
                details={"return_url": return_url()},
            )
            return {"id": intent.id}

        with _heard():
            try:
                return str(once(key=key, request=request, work=work)["id"])
            except operations.InvalidRequest:
                raise PaymentRefused("processing_error") from None

    def confirm(self, processor_id: str, *, credential: str, key: str) -> Outcome:
        def work() -> PaymentIntent:
            return operations.confirm_payment_intent(payment_intent_id=processor_id, payment_method=_means(credential))

        try:
            return self._change(processor_id, key, {"confirm": processor_id, "with": credential}, work)
        except operations.NoSuchPaymentMethod as error:
            raise NoSuchCredential(error.message) from None
        except operations.InvalidRequest as error:
            if credential.startswith("spt_") or error.param == "payment_method":
                raise NoSuchCredential(error.message) from None
            raise

    def authenticate(self, processor_id: str, *, proof: Authentication, key: str) -> Outcome:
        facts = {
            "version": proof.version,
            "electronic_commerce_indicator": proof.electronic_commerce_indicator,
            "transaction_id": proof.transaction_id,
        }

        def work() -> PaymentIntent:
            return operations.confirm_payment_intent(
                payment_intent_id=processor_id, manner=operations.Manner(three_d_secure=facts)
            )

        return self._change(processor_id, key, {"authenticate": processor_id, "with": facts}, work)

    def capture(self, processor_id: str, *, key: str) -> Outcome:
        return self._change(
            processor_id,
            key,
            {"capture": processor_id},
            lambda: operations.capture_payment_intent(payment_intent_id=processor_id),
        )

    def cancel(self, processor_id: str, *, key: str) -> Outcome:
        return self._change(
            processor_id,
            key,
            {"cancel": processor_id},
            lambda: operations.cancel_payment_intent(payment_intent_id=processor_id),
        )

    def retrieve(self, processor_id: str) -> Outcome | None:
        with _heard():
            return outcome_of(_summary(operations.retrieve_payment_intent(payment_intent_id=processor_id)))

    def refund(self, processor_id: str, *, amount: Money, key: str, metadata: Mapping[str, str]) -> RefundOutcome:
        def work() -> Answer:
            refund = operations.create_refund(payment_intent_id=processor_id, amount=amount.amount, metadata=metadata)
            return {"id": refund.id, "status": refund.status, "failure_reason": refund.failure_reason}

        with _heard():
            try:
                return refund_outcome_of(
                    once(key=key, request={"refund": processor_id, "of": amount.amount}, work=work)
                )
            except operations.InvalidRequest as error:
                return refund_failed("", error.code or ("amount_too_large" if error.param == "amount" else ""))

    def retrieve_refund(self, refund_id: str) -> RefundOutcome:
        with _heard():
            return refund_outcome_of(vars(operations.retrieve_refund(refund_id=refund_id)))

    def refunds_of(self, processor_id: str) -> list[RefundFacts]:
        with _heard():
            operations.settle_due_refunds(timezone.now())
            return [_refund_facts(each) for each in Refund.objects.filter(charge__payment_intent=processor_id)]

    def disputes_of(self, processor_id: str) -> list[DisputeFacts]:
        with _heard():
            return [_dispute_facts(each) for each in Dispute.objects.filter(charge__payment_intent=processor_id)]

    def _change(
        self, processor_id: str, key: str, request: Mapping[str, Any], work: Callable[[], PaymentIntent]
    ) -> Outcome:
        with _heard():
            try:
                answer = once(key=key, request=request, work=lambda: _summary(work()))
            except operations.UnexpectedState:  # it is past this already: say where it is, and do nothing again
                answer = _summary(operations.retrieve_payment_intent(payment_intent_id=processor_id))
        outcome = outcome_of(answer)
        if outcome is None:
            raise Unknown(f"{processor_id} was changed and is {answer['status']}")
        return outcome


@contextmanager
def _heard() -> Iterator[None]:
    """A database that does not answer is a processor that does not answer: the commit may have gone through."""
    try:
        yield
    except Error as silence:
        if not is_outage(silence):
            raise
        raise Unknown("the sandbox's database did not answer") from silence


def _means(credential: str) -> str | operations.StandIn:
    if not credential.startswith("spt_"):
        return credential
    if SHARED_TOKEN not in sources.names():
        raise NoSuchCredential("nobody issues shared payment tokens here")
    return operations.StandIn(SHARED_TOKEN, credential)


def _summary(intent: PaymentIntent) -> Answer:
    """What Stripe would tell about an intent, as far as an outcome depends on it."""
    return {
        "status": intent.status,
        "latest_charge": intent.latest_charge_id,
        "last_payment_error": intent.last_payment_error,
        "next_action": intent.next_action,
    }


def _refund_facts(refund: Refund) -> RefundFacts:
    amount = Money(refund.amount, refund.currency)
    return RefundFacts(refund.id, amount, refund.metadata.get("refund", ""), refund_outcome_of(vars(refund)))


def _dispute_facts(dispute: Dispute) -> DisputeFacts:
    amount = Money(dispute.amount, dispute.currency)
    return DisputeFacts(dispute.id, amount, dispute.reason, dispute.status, dispute.due_by)
