"""What happens to a checkout session: one function per operation of the specification.

`complete_checkout_session` is the money path (design: begin → charge → settle). Locks are taken in one order
everywhere: session, token, products, payment.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from agents.errors import ApiError, NotFound
from agents.models import Agent
from catalog.models import Product
from catalog.operations import give_back_stock, take_stock
from checkout import handlers, messages, quotes, schemas
from checkout.models import Checkout, CheckoutSession, LineItem, Order, SessionNotOpen
from checkout.status import Status
from payments.declines import declined
from payments.models import Payment
from payments.money import Money
from payments.operations import charge, prepare_payment, settle
from payments.processors.base import Outcome, RequiresAction
from vault.operations import allowed_token, consume_token, release_token, reserve_token

Answer = TypeVar("Answer")


class UnknownItem(ApiError):
    """The catalogue has no such product."""

    code = "invalid_item_id"


class SessionNotReady(SessionNotOpen):
    """Something is missing before this session can be paid."""

    code = "session_not_ready_for_payment"


class NotCancelable(ApiError):
    """A finished session stays what it is (acp.md §6, statement 36)."""

    status = 405


def create_checkout_session(*, agent: Agent, request: schemas.CheckoutSessionCreateRequest) -> Checkout:
    """Open a session for `agent`, priced as of now.

    :raises UnknownItem: if a product does not exist.
    """
    now = timezone.now()
    offered = request.capabilities.interventions.supported if request.capabilities.interventions else []
    session = CheckoutSession(
        agent=agent,
        currency=request.currency.lower(),
        interventions=[known for known in handlers.INTERVENTIONS if known in offered],
        locale=request.locale or "",
        timezone=request.timezone or "",
        metadata=request.metadata,
        expires_at=now + timedelta(seconds=settings.SESSION_LIFETIME),
        first_attribution=_dump(request.affiliate_attribution),
    )
    _remember(session, request)
    lines = quotes.set_quantities(session, [], _products(request.line_items, session.currency))
    quotes.quote(session, lines, now=now)
    with transaction.atomic():
        session.save(force_insert=True)
        LineItem.objects.bulk_create(lines)
    return Checkout(session, lines)


def get_checkout_session(*, agent: Agent, session_id: str) -> Checkout:
    """Return the session, expired if its time is over.

    :raises NotFound: if `agent` has no such session.
    """
    checkout = _load(session_id, agent=agent)
    if checkout.session.is_lapsed(timezone.now()):
        expire_sessions(ids=[session_id])
        checkout = _load(session_id, agent=agent)
    return checkout


@transaction.atomic
def update_checkout_session(
    *, agent: Agent, session_id: str, request: schemas.CheckoutSessionUpdateRequest
) -> Checkout:
    """Replace what the request names, clear what it says is null, keep the rest; price everything again.

    :raises NotFound: if `agent` has no such session.
    :raises SessionNotOpen: if it is finished, or being paid.
    :raises UnknownItem: if a product does not exist.
    """
    now = timezone.now()
    checkout = _load(session_id, agent=agent, lock=True)
    session, lines = checkout.session, list(checkout.lines)
    session.require_open(now)
    _remember(session, request)
    if request.line_items:
        lines = quotes.set_quantities(session, lines, _products(request.line_items, session.currency))
    quotes.quote(session, lines, now=now)
    _save(session, lines)
    return Checkout(session, lines)


@transaction.atomic
def cancel_checkout_session(*, agent: Agent, session_id: str, request: schemas.CancelSessionRequest) -> Checkout:
    """Give the session up, remembering why if the agent said so.

    :raises NotFound: if `agent` has no such session.
    :raises NotCancelable: if it is finished.
    :raises SessionNotOpen: if it is being paid.
    """
    checkout = _load(session_id, agent=agent, lock=True)
    session = checkout.session
    if session.is_final or session.is_lapsed(timezone.now()):
        raise NotCancelable("This checkout session is finished and cannot be canceled", code="session_not_cancelable")
    session.require_open(timezone.now())
    session.intent_trace = _dump(request.intent_trace)
    session.cancel(messages.canceled())
    session.save()
    return checkout


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
    :raises CredentialRefused, TokenRefused: if the credential does not cover this payment.
    :raises OutcomeUnknown: if the processor did not say what happened; the same request may be sent again.
    """
    with transaction.atomic(durable=True):
        checkout, payment = _begin(agent, session_id, request, attempt, api_version)
        if payment is None:
            return answer(checkout)
    outcome = charge(payment)
    with transaction.atomic(durable=True):
        return answer(settle_checkout_payment(payment, outcome))


def settle_checkout_payment(payment: Payment, outcome: Outcome) -> Checkout:
    """Let a payment's outcome be the session's: the order, or the goods and the token given back.

    Runs inside the caller's transaction, any number of times: the first one counts.
    """
    if isinstance(outcome, RequiresAction):
        outcome = declined("authentication_required")
    checkout = _load(payment.reference, lock=True)
    payment, is_first = settle(payment.id, outcome)
    if not is_first:
        return checkout
    session = checkout.session
    if payment.is_paid:
        token = consume_token(payment=payment)
        return _fulfill(checkout, payment, needs_review=token is not None and token.needs_review)
    release_token(payment=payment)
    give_back_stock(quantities=_quantities(checkout.lines))
    session.reopen(messages.payment_declined(payment.decline_message))
    session.save()
    return checkout


def expire_sessions(*, ids: Sequence[str] | None = None) -> int:
    """Expire the open sessions whose time is over (all of them, or those of `ids`); returns how many."""
    lapsed = CheckoutSession.objects.lapsed(timezone.now())
    with transaction.atomic():
        sessions = list((lapsed.filter(id__in=ids) if ids is not None else lapsed).select_for_update().order_by("id"))
        for session in sessions:
            session.expire(messages.expired())
            session.save()
    return len(sessions)


def _begin(
    agent: Agent, session_id: str, request: schemas.CheckoutSessionCompleteRequest, attempt: str, api_version: str
) -> tuple[Checkout, Payment | None]:
    """Return what is to be charged; no payment means that the session already says all there is to say."""
    now = timezone.now()
    checkout = _load(session_id, agent=agent, lock=True)
    session = checkout.session
    earlier = Payment.objects.filter(reference=session.id, attempt=attempt).first()
    if earlier:
        return checkout, None if earlier.is_settled else earlier
    if session.status == Status.COMPLETE_IN_PROGRESS:
        return checkout, Payment.objects.live().get(reference=session.id)
    session.require_open(now)
    if session.status != Status.READY_FOR_PAYMENT:
        _refuse_unready(session)
    _remember(session, request)
    session.last_attribution = session.last_attribution or _dump(request.affiliate_attribution)
    return _reserve(checkout, request.payment_data, attempt, api_version, now)


def _reserve(
    checkout: Checkout, payment_data: schemas.PaymentData, attempt: str, api_version: str, now: datetime
) -> tuple[Checkout, Payment | None]:
    """Set aside the token and the goods, and write down the payment that is about to be made."""
    session, lines = checkout.session, checkout.lines
    amount = Money(session.total_amount, session.currency)
    token_id = payment_data.instrument.credential.token
    handlers.check_credential(payment_data.handler_id, token_id)
    token = None
    if token_id.startswith(handlers.DELEGATED_PREFIXES):
        token = allowed_token(
            agent=session.agent,
            token_id=token_id,
            merchant_ids=settings.MERCHANT_IDS,
            checkout_session_id=session.id,
            amount=amount,
            now=now,
        )
    if short := take_stock(quantities=_quantities(lines)):
        checkout = Checkout(session, _lines(session))
        quotes.quote(session, checkout.lines, now=now, short=short)
        _save(session, checkout.lines)
        return checkout, None
    session.begin_payment(api_version=api_version)
    if not amount.amount:
        return _fulfill(checkout, None), None
    payment = prepare_payment(
        agent=session.agent,
        reference=session.id,
        amount=amount,
        credential=token.credential if token else token_id,
        attempt=attempt,
    )
    if token:
        reserve_token(token=token, payment=payment)
    session.save()
    return checkout, payment


def _fulfill(checkout: Checkout, payment: Payment | None, *, needs_review: bool = False) -> Checkout:
    session = checkout.session
    session.complete()
    session.save()
    order = Order.objects.create(
        session=session,
        agent=session.agent,
        payment=payment,
        status=Order.Status.MANUAL_REVIEW if needs_review else Order.Status.CONFIRMED,
        currency=session.currency,
        total_amount=session.total_amount,
    )
    return Checkout(session, checkout.lines, order)


def _refuse_unready(session: CheckoutSession) -> None:
    blocking = next(message for message in session.messages if message["type"] == "error")
    raise SessionNotReady(f"The session is not ready for payment: {blocking['content']}", param=blocking["param"])


def _remember(session: CheckoutSession, request: Any) -> None:
    """Copy what the request names, as plain JSON, to the session."""
    named = request.model_fields_set
    for field in ("buyer", "fulfillment_details"):
        if field in named:
            setattr(session, field, _dump(getattr(request, field)))
    if "selected_fulfillment_options" in named:
        session.requested_options = [_dump(option) for option in request.selected_fulfillment_options or []]
    if "fulfillment_groups" in named:
        session.fulfillment_groups = [_dump(group) for group in request.fulfillment_groups or []]
    if "marketing_consents" in named:
        session.marketing_consents = [_dump(consent) for consent in request.marketing_consents or []]
    if "order_notes" in named:
        session.order_notes = request.order_notes or ""
    if "discounts" in named:  # wins over `coupons`, its older name (statement 70)
        session.discount_codes = request.discounts.codes if request.discounts else []
    elif "coupons" in named:
        session.discount_codes = request.coupons or []


def _dump(value: Any) -> dict[str, Any] | None:
    return value.model_dump(mode="json", exclude_none=True) if value is not None else None


def _products(items: Sequence[schemas.RequestedItem], currency: str) -> dict[Product, int]:
    """Return how many of each product are wanted; an id named twice is summed."""
    products = Product.objects.filter(is_active=True).in_bulk({item.id for item in items})
    wanted: dict[Product, int] = {}
    for index, item in enumerate(items):
        product = products.get(item.id)
        if product is None:
            raise UnknownItem(f"The item ID '{item.id}' does not exist", param=f"$.line_items[{index}].id")
        if product.currency != currency:
            raise ApiError(f"'{item.id}' is not sold in {currency}", code="unsupported_currency", param="$.currency")
        wanted[product] = wanted.get(product, 0) + item.quantity
        if wanted[product] > schemas.MOST_OF_ONE_ITEM:
            raise ApiError("The quantities of this item add up to too many", param=f"$.line_items[{index}].quantity")
    return wanted


def _load(session_id: str, *, agent: Agent | None = None, lock: bool = False) -> Checkout:
    sessions = CheckoutSession.objects.all() if agent is None else CheckoutSession.objects.of(agent)
    session = (sessions.select_for_update() if lock else sessions).filter(id=session_id).first()
    if session is None:
        raise NotFound("There is no such checkout session", code="session_not_found")
    if agent is not None:
        session.agent = agent
    order = Order.objects.filter(session=session).first() if session.status == Status.COMPLETED else None
    return Checkout(session, _lines(session), order)


def _lines(session: CheckoutSession) -> list[LineItem]:
    return list(session.line_items.select_related("product").order_by("position"))


def _quantities(lines: Sequence[LineItem]) -> dict[str, int]:
    return {line.product_id: line.quantity for line in lines}


def _save(session: CheckoutSession, lines: Sequence[LineItem]) -> None:
    session.save()
    session.line_items.exclude(id__in=[line.id for line in lines]).delete()
    LineItem.objects.bulk_create(
        lines,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["position", "title", "quantity", "unit_amount", "base_amount", "discount_amount", "tax_amount"],
    )
