"""Sessions are opened, read, changed, canceled and expire."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TypeVar

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from agents import happenings
from agents.errors import ApiError
from agents.lines import about, apart
from agents.models import Agent
from agents.prepared import Prepared
from agents.steps import Advance, in_steps
from catalog.models import Product
from checkout import handlers, messages, quotes, schemas
from checkout.models import Checkout, CheckoutSession, LineItem
from checkout.models.sessions import CheckoutSessionQuerySet
from checkout.operations._completion import withdraw_payment
from checkout.operations._store import load, plain, remember, save
from payments.cards import without_numbers, without_numbers_in
from payments.operations import OutcomeUnknown, PaymentInProgress

logger = structlog.get_logger(__name__)

Answer = TypeVar("Answer")
EXPIRED_AT_ONCE = 100


class UnknownItem(ApiError):
    """The catalogue has no such product."""

    code = "invalid_item_id"


class NotCancelable(ApiError):
    """A finished session stays what it is (acp.md §6, statement 36)."""

    status = 405
    code = "session_not_cancelable"


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
        locale=without_numbers(request.locale or ""),
        timezone=without_numbers(request.timezone or ""),
        metadata=without_numbers_in(request.metadata),
        expires_at=now + timedelta(seconds=settings.SESSION_LIFETIME),
        first_attribution=plain(request.affiliate_attribution),
    )
    remember(session, request)
    lines = quotes.set_quantities(session, [], _products(request.line_items, session.currency))
    quotes.quote(session, lines, now=now)
    with transaction.atomic(savepoint=False):  # nothing is refused any more
        about(session.id)
        session.save(force_insert=True)
        LineItem.objects.bulk_create(lines)
        _tell("created", session)
    return Checkout(session, lines)


def get_checkout_session(*, agent: Agent, session_id: str) -> Checkout:
    """Return the session, expired if its time is over.

    :raises NotFound: if `agent` has no such session.
    """
    checkout = load(session_id, agent=agent)
    if checkout.session.is_overdue(timezone.now()):
        expire_sessions(ids=[session_id])
        checkout = load(session_id, agent=agent)
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
    checkout = load(session_id, agent=agent, lock=True)
    session, lines = checkout.session, list(checkout.lines)
    session.require_open(now)
    remember(session, request)
    if request.line_items:
        lines = quotes.set_quantities(session, lines, _products(request.line_items, session.currency))
    quotes.quote(session, lines, now=now)
    save(session, lines, before=checkout.lines)
    _tell("updated", session)
    return Checkout(session, lines)


def cancel_checkout_session(
    *,
    agent: Agent,
    session_id: str,
    request: schemas.CancelSessionRequest,
    answer: Callable[[Checkout], Answer],
) -> Answer:
    """Give the session up, remembering why if the agent said so; a payment that waits for the buyer is withdrawn.

    Returns `answer(checkout)`, called in the transaction that cancels.

    :raises NotFound: if `agent` has no such session.
    :raises NotCancelable: if it is finished.
    :raises SessionNotOpen: if it is being paid.
    """
    withdraw_payment(agent=agent, session_id=session_id)
    with transaction.atomic(durable=True):
        checkout = load(session_id, agent=agent, lock=True)
        session, now = checkout.session, timezone.now()
        if session.is_final or session.is_lapsed(now):
            raise NotCancelable("This checkout session is finished and cannot be canceled")
        session.require_open(now)
        session.intent_trace = plain(request.intent_trace)
        session.cancel(messages.canceled())
        session.save()
        _tell("canceled", session)
        return answer(checkout)


def expire_sessions(*, ids: Sequence[str] | None = None, advance: Advance | None = None) -> int:
    """Expire the sessions whose time is over (all of them, or those of `ids`); returns how many.

    A payment that still waits for the buyer is withdrawn first, if the processor answers.
    """
    now = timezone.now()
    everyone = CheckoutSession.objects.all() if ids is None else CheckoutSession.objects.filter(id__in=ids)
    waiting = list(everyone.waiting_too_long(now).select_related("agent"))
    expired = in_steps(lambda: _expire_some(everyone.lapsed(now)), advance)
    for session in waiting:
        try:
            apart(withdraw_payment, agent=session.agent, session_id=session.id)
        except (OutcomeUnknown, PaymentInProgress):
            continue
        finally:
            if advance:
                advance(1)
    return expired + in_steps(lambda: _expire_some(everyone.lapsed(now)))


@transaction.atomic
def _expire_some(lapsed: CheckoutSessionQuerySet) -> int:
    sessions = list(lapsed.select_for_update().order_by("expires_at", "id")[:EXPIRED_AT_ONCE])
    for session in sessions:
        session.expire(messages.expired())
        session.save()
        logger.info("session expired", session_id=session.id)
    return len(sessions)


def _tell(what: str, session: CheckoutSession) -> None:
    happenings.tell(f"checkout_session.{what}", session.id, amount=session.total_amount, currency=session.currency)


_active_products = Prepared(lambda *ids: Product.objects.active().filter(pk__in=ids))


def _products(items: Sequence[schemas.RequestedItem], currency: str) -> dict[Product, int]:
    """Return how many of each product are wanted; an id named twice is summed."""
    products = {product.pk: product for product in _active_products(*sorted({item.id for item in items}))}
    wanted: dict[Product, int] = {}
    for index, item in enumerate(items):
        product = products.get(item.id)
        if product is None:
            raise UnknownItem(f"The item ID '{item.id}' does not exist", param=f"$.line_items[{index}].id")
        if product.currency != currency:
            raise ApiError(f"'{item.id}' is not sold in {currency}", code="unsupported_currency", param="$.currency")
        wanted[product] = wanted.get(product, 0) + item.quantity
        if wanted[product] > schemas.MOST_OF_ONE_ITEM:
            too_many = "The quantities of this item add up to too many"
            raise ApiError(too_many, code="invalid_quantity", param=f"$.line_items[{index}].quantity")
    return wanted
