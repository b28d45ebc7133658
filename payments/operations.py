"""What happens to a payment: prepared, charged, settled. Three steps, and a crash between any two loses nothing.

1. `prepare_payment`, in the caller's transaction: what will be charged is written down before anyone is asked, leased
   to the one who writes it.
2. `charge` (or `authenticate`, or `cancel`), in no transaction: the processor is asked, with keys that follow from the
   payment's id.
3. `settle`, in the caller's transaction: its answer is written down, together with what follows from it.

Whoever comes upon a payment that is not settled (a retry, a second request, an event, `settle_payments` after a crash)
does steps 2 and 3 again. The lease keeps them from crowding; that money moves once does not rest on it, but on the
processor: one payment has one id there, and one key for each thing that is done to it.
"""

import re
from collections.abc import Callable
from functools import partial

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from agents.errors import ApiError, Unavailable
from agents.models import Agent
from payments.declines import declined
from payments.models import Payment
from payments.money import Money
from payments.processors import processor
from payments.processors.base import (
    Authentication,
    Authorized,
    NoSuchCredential,
    Outcome,
    PaymentRefused,
    Processor,
    RequiresAction,
    Unknown,
)

# A name such as "pm_…". A card number is none, not even behind a prefix.
CREDENTIAL = re.compile(r"(?![a-z]+_\d{12,19}$)[a-z]{1,14}_[A-Za-z0-9_]{1,240}")

Question = Callable[[Payment, Processor], Outcome]


class PaymentInProgress(ApiError):
    """Another request is paying for this; ask again in a moment."""

    status = 409
    code = "session_in_progress"
    retry_after = 1


class InvalidCredential(ApiError):
    """This is no processor's name for a card."""

    code = "invalid_payment_credential"


class OutcomeUnknown(Unavailable):
    """The processor did not answer, and money may have moved. The same request finds out; another would pay twice."""


def prepare_payment(
    *, agent: Agent, reference: str, amount: Money, credential: str, attempt: str = "", customer: str = ""
) -> Payment:
    """Write down what is about to be charged for `reference`, in the caller's transaction, and return it.

    The lease is the caller's, for the first question that is asked with what is returned; others keep away meanwhile.
    `attempt` is the request's identity: it never begins two payments. `customer` is the processor's name for whom it
    keeps the card, if it does.

    :raises InvalidCredential: if `credential` could be anything but a name (a card number must not reach the database).
    :raises PaymentInProgress: if `reference` has a live payment already, or this attempt has had its payment.
    """
    if not CREDENTIAL.fullmatch(credential):
        raise InvalidCredential("The payment credential must be a token or a stored payment method")
    try:
        with transaction.atomic():  # a savepoint: losing a race must not spoil the caller's transaction
            payment = Payment(
                agent=agent,
                reference=reference,
                attempt=attempt,
                amount=amount.amount,
                currency=amount.currency,
                credential=credential,
                customer=customer,
                capture=settings.PAYMENT_CAPTURE,
                processor=processor().name,
            )
            payment.lease(timezone.now())
            payment.save(force_insert=True)
            return payment
    except IntegrityError:
        rivals = Payment.objects.live().filter(reference=reference) | Payment.objects.filter(
            ~Q(attempt=""), reference=reference, attempt=attempt
        )
        if not rivals.exists():
            raise
        raise PaymentInProgress("This is being paid for by another request") from None


def charge(payment: Payment) -> Outcome:
    """Ask the processor for the money, or for what has become of it, and return the answer; `settle` writes it down.

    Any number of calls, at once or after a crash, move the money once. A payment that is settled answers what we know.

    :raises PaymentInProgress: if somebody else is asking right now.
    :raises OutcomeUnknown: if the processor did not answer.
    :raises RuntimeError: if a transaction is open: it could roll back what the processor has done.
    """
    return _ask(payment, _collect)


def authenticate(payment: Payment, proof: Authentication) -> Outcome:
    """Charge a payment that waits for the buyer's approval, which they gave elsewhere. As `charge` in every other way.

    :raises PaymentInProgress: if somebody else is asking right now.
    :raises OutcomeUnknown: if the processor did not answer.
    :raises RuntimeError: if a transaction is open.
    """
    return _ask(payment, partial(_collect, proof=proof))


def cancel(payment: Payment) -> Outcome:
    """Ask the processor to let no money move, and return what has become of the payment: it may be too late.

    :raises PaymentInProgress: if somebody else is asking right now.
    :raises OutcomeUnknown: if the processor did not answer.
    :raises RuntimeError: if a transaction is open.
    """
    return _ask(payment, _call_off)


def settle(payment_id: str, outcome: Outcome) -> tuple[Payment, bool]:
    """Write down how a payment came out, in the caller's transaction, and return it locked.

    The second value is True for the one call that ends the payment: only that caller may act on it. Every other one,
    and an outcome that ends nothing (the buyer must act first), finds False.
    """
    payment = Payment.objects.select_for_update().get(pk=payment_id)
    is_first = payment.record(outcome, timezone.now())
    payment.save()
    return payment, is_first


def look_up(payment: Payment) -> Outcome | None:
    """Return what the processor has in its books, whatever we have in ours; None if it has decided nothing.

    :raises Unknown: if the processor did not answer, or it is not the one we work with.
    """
    return door_of(payment).retrieve(payment.processor_id) if payment.processor_id else None


def door_of(payment: Payment) -> Processor:
    """Return the processor that has the payment.

    :raises Unknown: if it is not the one we work with.
    """
    door = processor()
    if payment.processor != door.name:
        raise Unknown(f"payment {payment.id} is with {payment.processor}, and we work with {door.name} now")
    return door


def _ask(payment: Payment, question: Question) -> Outcome:
    if not payment.use_lease(timezone.now()):
        payment = _lease(payment.pk)
    if not payment.needs_asking and (known := payment.outcome):
        return known
    try:
        return question(payment, door_of(payment))
    except NoSuchCredential:
        return declined("invalid_credential")
    except PaymentRefused as refusal:
        return declined(refusal.code)
    except Unknown as silence:
        _leave_unknown(payment)
        raise OutcomeUnknown(
            "It is not known yet whether the payment went through; send the request again"
        ) from silence


def _lease(payment_id: str) -> Payment:
    with transaction.atomic(durable=True):
        payment = Payment.objects.select_for_update().get(pk=payment_id)
        if not payment.needs_asking:
            return payment
        now = timezone.now()
        if payment.is_leased(now):
            raise PaymentInProgress("This is being paid for by another request")
        payment.lease(now)
        payment.save(update_fields=["lease_until", "updated_at"])
    return payment


def _collect(payment: Payment, door: Processor, proof: Authentication | None = None) -> Outcome:
    outcome = door.retrieve(payment.processor_id) if payment.processor_id else None  # somebody may have asked before
    if outcome is None:
        _announce(payment, door)
        outcome = door.confirm(payment.processor_id, credential=payment.credential, key=payment.confirm_key)
    if proof and isinstance(outcome, RequiresAction):
        outcome = door.authenticate(payment.processor_id, proof=proof, key=payment.authenticate_key(proof))
    if isinstance(outcome, Authorized):
        _note_hold(payment)
        outcome = door.capture(payment.processor_id, key=payment.capture_key)
    return outcome


def _call_off(payment: Payment, door: Processor) -> Outcome:
    _announce(payment, door)  # under the same key, so that nobody is charged under an id that we have not heard
    return door.cancel(payment.processor_id, key=payment.cancel_key)


def _announce(payment: Payment, door: Processor) -> None:
    """Get the processor's id for the payment, and have it on disk before anything can move money under it."""
    if payment.processor_id:
        return
    metadata = {"payment": payment.id, "reference": payment.reference}
    created = door.create(
        amount=payment.money,
        key=payment.create_key,
        metadata=metadata,
        capture=payment.capture,
        customer=payment.customer,
    )
    with transaction.atomic(durable=True):  # also refuses a caller whose transaction could roll back what follows
        ours = Payment.objects.filter(pk=payment.pk, processor_id="")
        if ours.update(processor_id=created, updated_at=timezone.now()):
            payment.processor_id = created
        else:  # somebody else was first: one payment has one id
            payment.refresh_from_db(fields=["processor_id"])


def _note_hold(leased: Payment) -> None:
    with transaction.atomic(durable=True):
        payment = Payment.objects.select_for_update().get(pk=leased.pk)
        payment.hold()
        payment.save(update_fields=["state", "unknown_since", "updated_at"])


def _leave_unknown(leased: Payment) -> None:
    with transaction.atomic(durable=True):
        payment = Payment.objects.select_for_update().get(pk=leased.pk)
        if payment.lease_until == leased.lease_until:  # else somebody has taken over, or settled it
            payment.doubt(timezone.now())
            payment.save()
