"""What happens to shared payment tokens: issued, granted, looked at, revoked, at their end.

As everywhere in the sandbox, each runs inside the caller's transaction, refuses before anything has changed, and tells
by events what it did: the agent of the issued token, the seller of the granted one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from agents import happenings
from agents.errors import ApiError
from agents.steps import Advance, in_steps
from payments.money import Money
from payments.processors import processor
from payments.processors.sandbox import SandboxProcessor
from payments.sandbox import events
from payments.sandbox.labels import Labels, merged
from payments.sandbox.operations import NoSuchObject, customer_named
from payments.sandbox.operations.means import stored_card
from spt import documents, sellers
from spt.models import Reason, SharedPaymentToken, SharedPaymentTokenQuerySet

ENDED_AT_ONCE = 100
ISSUED, GRANTED = "shared_payment.issued_token", "shared_payment.granted_token"


class SharedTokenRefused(ApiError):
    """The token does not exist, is for another seller, or does not cover this payment."""

    code = "token_not_found"

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message, code=code or None, param="$.payment_data.instrument.credential.token")


@dataclass(frozen=True)
class Seller:
    """Whom a token is for, as its agent names them."""

    network_business_profile: str = ""
    external_id: str = ""


def issue_token(
    *,
    account: str,
    payment_method: str,
    cap: Money,
    expires_at: datetime | None = None,
    seller: Seller | None = None,
    shared_metadata: Labels | None = None,
    details: Mapping[str, object] | None = None,
) -> SharedPaymentToken:
    """Give a seller leave to charge `payment_method` up to `cap`, before `expires_at`.

    `details` are columns of the token's: return_url, setup_future_usage, use_stripe_sdk.

    :raises NoSuchPaymentMethod: if the agent has no such card, or it is of no use any more.
    """
    seller = seller or Seller()
    token = SharedPaymentToken.objects.create(
        account=account,
        payment_method=stored_card(payment_method, account=account),
        payment_method_name=payment_method,
        seller_account=sellers.account_named(seller.network_business_profile),
        network_business_profile=seller.network_business_profile,
        external_id=seller.external_id,
        currency=cap.currency,
        max_amount=cap.amount,
        expires_at=expires_at,
        shared_metadata=merged({}, shared_metadata),
        **dict(details or {}),
    )
    happenings.tell(f"{ISSUED}.created", token.pk, amount=cap.amount, currency=cap.currency)
    return token


def grant_test_token(
    *,
    account: str,
    payment_method: str,
    cap: Money,
    expires_at: datetime | None = None,
    customer: str = "",
    shared_metadata: Labels | None = None,
) -> SharedPaymentToken:
    """Have a token granted to the seller `account` as if an agent had issued it (Stripe's test helper).

    :raises NoSuchPaymentMethod: if there is no such card, or it is of no use any more.
    :raises InvalidRequest: if there is no such customer.
    """
    return SharedPaymentToken.objects.create(
        account=sellers.NETWORK_AGENT,
        payment_method=stored_card(payment_method, account=account),
        payment_method_name=payment_method,
        customer=customer_named(customer, account=account) if customer else None,
        seller_account=account,
        network_business_profile=sellers.profile_of(account),
        currency=cap.currency,
        max_amount=cap.amount,
        expires_at=expires_at,
        shared_metadata=merged({}, shared_metadata),
    )


def retrieve_issued_token(*, token_id: str, account: str) -> SharedPaymentToken:
    """Return a token that the agent `account` issued, deactivated if its time is over.

    :raises NoSuchObject: if it issued none of this id.
    """
    return _found(SharedPaymentToken.objects.issued_by(account), token_id, ISSUED)


def retrieve_granted_token(*, token_id: str, account: str) -> SharedPaymentToken:
    """Return a token that was granted to the seller `account`, deactivated if its time is over.

    :raises NoSuchObject: if none of this id was.
    """
    return _found(SharedPaymentToken.objects.granted_to([account]), token_id, GRANTED)


def revoke_token(*, token: SharedPaymentToken) -> SharedPaymentToken:
    """Take a token back, unless it has ended. What a payment under way has reserved may still be captured."""
    token = locked(token.pk)
    if token.deactivated_at is None:
        deactivate(token, Reason.REVOKED)
    return token


def resolve_token(*, token: SharedPaymentToken) -> SharedPaymentToken:
    """The seller needs a token no longer, and lets it go, unless it has ended. Stripe has no address for this."""
    token = locked(token.pk)
    if token.deactivated_at is None:
        deactivate(token, Reason.RESOLVED)
    return token


def expire_tokens(*, advance: Advance | None = None) -> int:
    """Deactivate the tokens whose time is over; returns how many."""
    return in_steps(_expire_some, advance)


def check_shared_token(*, token_id: str, amount: Money, merchant_ids: list[str], now: datetime) -> None:
    """Say before anything is charged why a token does not cover a checkout. Nothing is set aside: the charge does that.

    Only the sandbox's own tokens are known here; a processor that issues its own answers for them itself.

    :raises SharedTokenRefused: if there is no such token, it is for another seller, or does not cover `amount`.
    """
    if processor().name != SandboxProcessor.name:
        return
    token = SharedPaymentToken.objects.filter(pk=token_id).first()
    if token is None:
        raise SharedTokenRefused("There is no such token")
    if not sellers.is_shop(profile=token.network_business_profile, external_id=token.external_id, names=merchant_ids):
        raise SharedTokenRefused("This token was issued for another seller", "token_wrong_merchant")
    if refusal := token.limits.refusal(amount, now):
        raise SharedTokenRefused(refusal.message, refusal.code)


def locked(token_id: str) -> SharedPaymentToken:
    """Return the token, locked; whoever changes one waits here."""
    return SharedPaymentToken.objects.select_for_update().get(pk=token_id)


def deactivate(token: SharedPaymentToken, reason: Reason) -> None:
    """End a token that is locked, and tell both sides."""
    token.deactivate(reason, timezone.now())
    tell(token, "deactivated")


def tell(token: SharedPaymentToken, what: str, *, seller: bool = True) -> None:
    """Write down that `what` happened: for the agent, and (if we know who that is) for the seller."""
    events.tell(f"{ISSUED}.{what}", account=token.account, document=documents.issued_token(token))
    if seller and token.seller_account:
        events.tell(f"{GRANTED}.{what}", account=token.seller_account, document=documents.granted_token(token))


def _found(tokens: SharedPaymentTokenQuerySet, token_id: str, kind: str) -> SharedPaymentToken:
    token = tokens.select_related("payment_method", "challenged_intent").filter(pk=token_id).first()
    if token is None:
        raise NoSuchObject(kind, token_id)
    if token.deactivated_at is None and token.limits.has_ended(timezone.now()):
        return _expired(token)
    return token


@transaction.atomic
def _expired(token: SharedPaymentToken) -> SharedPaymentToken:
    token = locked(token.pk)
    if token.deactivated_at is None:
        deactivate(token, Reason.EXPIRED)
    return token


@transaction.atomic
def _expire_some() -> int:
    lapsed = SharedPaymentToken.objects.lapsed(timezone.now()).select_for_update().order_by("pk")[:ENDED_AT_ONCE]
    tokens = list(lapsed)
    for token in tokens:
        deactivate(token, Reason.EXPIRED)
    return len(tokens)
