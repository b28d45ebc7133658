"""The money path: begin → charge → settle. A crash between any two leaves a payment that says what to do.

Whoever takes several locks takes the session's first, and the products' after the token's and the payment's: so nobody
waits in a circle.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from agents import happenings
from agents.errors import ApiError
from agents.models import Agent
from catalog import deliveries
from catalog.operations import give_back_stock, take_stock
from checkout import authentication, handlers, messages, quotes, schemas
from checkout.models import Checkout, CheckoutSession, Order, SessionBusy, SessionNotOpen
from checkout.operations._history import beginning_of, lines_of
from checkout.operations._news import CREATED, tell
from checkout.operations._store import load, plain, quantities_of, remember, save
from checkout.sales import sale_of
from checkout.status import PAYING, Status
from payments.models import Payment
from payments.money import Money
from payments.operations import InvalidCredential, authenticate, charge, prepare_payment, settle
from payments.operations import cancel as cancel_payment
from payments.processors.base import Outcome, RequiresAction
from payments.status import State
from spt.operations import check_shared_token
from vault.models import VaultToken
from vault.operations import allowed_token, consume_token, release_token, reserve_token

Answer = TypeVar("Answer")


class SessionNotReady(SessionNotOpen):
    """Something is missing before this session can be paid."""

    code = "session_not_ready_for_payment"


class AuthenticationNeeded(ApiError):
    """The buyer has still to approve the payment (acp.md §6, statement 43)."""

    code = "requires_3ds"


def complete_checkout_session(
    *,
    agent: Agent,
    session_id: str,
    request: schemas.CheckoutSessionCompleteRequest,
    attempt: str,
    api_version: str,
    answer: Callable[[Checkout], Answer],
) -> Answer:
    """Charge the session's total once, whatever fails, and make the order.

    `attempt` is the request's identity: a retry of a request that died finds its own payment by it. `answer` is called
    inside the transaction that settles, so that the answer is kept exactly if the work is.

    :raises NotFound: if `agent` has no such session.
    :raises SessionNotOpen: if it is finished, being paid by another request, or not ready for payment.
    :raises CredentialRefused, TokenRefused, SharedTokenRefused: if the credential does not cover this payment.
    :raises AuthenticationNeeded: if the buyer's approval is awaited, and the request does not bring it.
    :raises OutcomeUnknown: if the processor did not say what happened; the same request may be sent again.
    """
    with transaction.atomic(durable=True):
        checkout, payment = _begin(agent, session_id, request, attempt, api_version)
        if payment is None:
            return answer(checkout)
    is_ours = payment.attempt == attempt
    outcome = _ask(payment, request.authentication_result, is_retry=is_ours)
    with transaction.atomic(durable=True):
        checkout = settle_checkout_payment(payment, outcome)
        if is_ours or payment.state == State.REQUIRES_ACTION or checkout.order:
            return answer(checkout)
    raise SessionBusy("Another request's payment came to nothing; send this one again", code="session_in_progress")


def settle_checkout_payment(payment: Payment, outcome: Outcome) -> Checkout:
    """Let a payment's outcome be the session's: the order, the buyer's approval, or goods and token given back.

    Runs inside the caller's transaction, any number of times: the first one counts.
    """
    checkout = load(payment.reference, agent=payment.agent, lock=True)
    session = checkout.session
    payment, is_first = settle(payment.id, outcome)
    if payment.state == State.REQUIRES_ACTION and session.status == Status.COMPLETE_IN_PROGRESS:
        return _await_buyer(checkout, payment)
    if not is_first:
        return checkout
    if payment.is_paid:
        token = consume_token(payment=payment)
        return _fulfill(checkout, payment, needs_review=token is not None and token.needs_review)
    release_token(payment=payment)
    give_back_stock(quantities=quantities_of(checkout.lines))
    session.reopen(messages.payment_declined(payment.decline_message))
    session.save()
    return checkout


def withdraw_payment(*, agent: Agent, session_id: str) -> None:
    """Cancel, at the processor, a payment that waits for the buyer: the session is open again, or was paid after all.

    :raises OutcomeUnknown: if the processor did not answer.
    """
    waiting = Payment.objects.filter(agent=agent, reference=session_id, state=State.REQUIRES_ACTION).first()
    if waiting:
        outcome = cancel_payment(waiting)
        with transaction.atomic(durable=True):
            settle_checkout_payment(waiting, outcome)


def _begin(
    agent: Agent, session_id: str, request: schemas.CheckoutSessionCompleteRequest, attempt: str, api_version: str
) -> tuple[Checkout, Payment | None]:
    """Return what is to be charged; no payment means that the session already says all there is to say."""
    now = timezone.now()
    checkout = load(session_id, agent=agent, lock=True)
    session = checkout.session
    payments = Payment.objects.filter(reference=session.id)
    if session.has_been_begun and (earlier := payments.filter(attempt=attempt).first()):
        return checkout, None if earlier.is_settled else earlier
    if session.status in PAYING:
        return checkout, payments.live().get()
    session.require_open(now)
    if session.status != Status.READY_FOR_PAYMENT:
        _refuse_unready(session)
    remember(session, request)
    session.last_attribution = session.last_attribution or plain(request.affiliate_attribution)
    return _reserve(checkout, request.payment_data, attempt, api_version, now)


def _reserve(
    checkout: Checkout, payment_data: schemas.PaymentData, attempt: str, api_version: str, now: datetime
) -> tuple[Checkout, Payment | None]:
    """Set aside the token and the goods, and write down the payment that is about to be made."""
    session, lines = checkout.session, checkout.lines
    amount = Money(session.total_amount, session.currency)
    token_id = payment_data.instrument.credential.token
    handlers.check_credential(payment_data.handler_id, token_id)
    token = _token(session, token_id, amount, now)
    if short := take_stock(quantities=quantities_of(lines)):
        return _tell_shortage(session, short, now), None
    session.begin_payment(api_version=api_version)
    if not amount.amount:
        return _fulfill(checkout, None), None
    try:
        payment = prepare_payment(
            agent=session.agent,
            reference=session.id,
            amount=amount,
            credential=token.credential if token else token_id,
            attempt=attempt,
        )
    except InvalidCredential as refused:
        raise handlers.CredentialRefused(refused.message, param=handlers.CREDENTIAL_PARAM) from None
    if token:
        reserve_token(token=token, payment=payment)
    session.save()
    return checkout, payment


def _token(session: CheckoutSession, credential: str, amount: Money, now: datetime) -> VaultToken | None:
    """The vault token that pays, if one does. A delegated card goes by its allowance, whatever it is called."""
    if handlers.is_shared(credential):
        check_shared_token(token_id=credential, amount=amount, merchant_ids=settings.MERCHANT_IDS, now=now)
        return None
    if not handlers.is_vaulted(credential):
        if VaultToken.objects.filter(credential=credential).exists():
            message = "This card was delegated: pay with its vault token"
            raise handlers.CredentialRefused(message, param=handlers.CREDENTIAL_PARAM)
        return None
    return allowed_token(
        agent=session.agent,
        token_id=credential,
        merchant_ids=settings.MERCHANT_IDS,
        checkout_session_id=session.id,
        amount=amount,
        now=now,
    )


def _ask(payment: Payment, result: schemas.AuthenticationResult | None, *, is_retry: bool) -> Outcome:
    """Ask the processor for the money; or, if the buyer's approval was awaited, what has become of it.

    The request that began the payment, and died, is told to wait for the buyer as it would have been the first time.
    """
    if payment.state != State.REQUIRES_ACTION:
        return charge(payment)
    if result is None:
        outcome = charge(payment)  # the buyer may have approved on the bank's own page
        if isinstance(outcome, RequiresAction) and not is_retry:
            raise AuthenticationNeeded(
                "The buyer has still to approve this payment: send authentication_result",
                param="$.authentication_result",
            )
        return outcome
    proof = authentication.proof_of(result)
    return authenticate(payment, proof) if proof else cancel_payment(payment)


def _tell_shortage(session: CheckoutSession, short: list[str], now: datetime) -> Checkout:
    checkout = Checkout(session, lines_of(session))
    quotes.quote(session, checkout.lines, now=now, short=short)
    save(session, checkout.lines, before=checkout.lines)
    return checkout


def _await_buyer(checkout: Checkout, payment: Payment) -> Checkout:
    session = checkout.session
    token = VaultToken.objects.filter(payment=payment).first()
    session.authentication_metadata = authentication.metadata_for(
        brand=token.brand if token else "", signals=session.risk_signals or {}, locale=session.locale
    )
    session.require_authentication(url=payment.action_url, message=messages.authentication_needed())
    session.save()
    return checkout


def _fulfill(checkout: Checkout, payment: Payment | None, *, needs_review: bool = False) -> Checkout:
    session = checkout.session
    session.complete()
    session.save()
    order = Order.objects.create(
        session=session,
        agent=session.agent,
        payment=payment,
        status=Order.Status.MANUAL_REVIEW if needs_review else Order.Status.CONFIRMED,
        is_held=needs_review,
        currency=session.currency,
        total_amount=session.total_amount,
    )
    deliveries.deliver(sale_of(checkout, payment))
    happenings.tell("order.created", order.id, amount=order.total_amount, currency=order.currency)
    history = beginning_of(order, checkout.lines)
    tell(history, CREATED)
    return Checkout(session, checkout.lines, history)


def _refuse_unready(session: CheckoutSession) -> None:
    blocking = next(message for message in session.messages if message["type"] == "error")
    raise SessionNotReady(f"The session is not ready for payment: {blocking['content']}", param=blocking["param"])
