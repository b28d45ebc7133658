"""What happens to delegated tokens: made from a card, checked, held for a payment, used up, given back, revoked.

The card goes to the processor in the request that brought it. What may be kept of a request is decided here, once, in
`delegate_payment`; nothing else in Till ever holds a number or a CVC.
"""

import json
import re
import traceback
from collections.abc import Callable, Collection
from datetime import datetime
from typing import TypeVar

from django.db import transaction

from agents import happenings
from agents.errors import ApiError, Unavailable
from agents.lines import about
from agents.models import Agent
from payments.cards import Card, flaw_of, without_numbers_in
from payments.models import Payment
from payments.money import Money
from payments.processors import processor
from payments.processors.base import CardRefused, StoredCard, Unknown
from vault.allowances import NOT_FOUND, RESERVED, Charge, Refusal
from vault.models import State, VaultToken
from vault.schemas import DelegatePaymentRequest, PaymentMethodCard

Answer = TypeVar("Answer")


class DelegationRefused(ApiError):
    """The request is well formed, but no token can be made of it."""

    status = 422
    code = "invalid_card"


class TokenRefused(ApiError):
    """The token does not exist, or its allowance does not cover this payment."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message, code=refusal.code, param="$.payment_data.instrument.credential.token")


class TokenInUse(ApiError):
    """A payment has this token, so it is too late to take it back."""

    status = 409
    code = "token_in_use"


class CardNotStored(Exception):
    """The processor failed in a way we did not expect; the request may be sent again."""


def delegate_payment(
    *,
    agent: Agent,
    request: DelegatePaymentRequest,
    idempotency_key: str,
    attempt: str,
    now: datetime,
    answer: Callable[[VaultToken], Answer],
) -> Answer:
    """Give the card to the processor, keep a token for it, and return `answer(token)`, made in the same transaction.

    A retry of a request that died on the way stores the same card under the same key, and makes the one token.

    :raises DelegationRefused: if the card cannot be charged or is blocked, or the allowance has ended already.
    :raises Unavailable: if the processor did not say whether it has the card.
    """
    about(request.allowance.checkout_session_id)
    metadata = _echoed(request, idempotency_key)
    card = _card(request.payment_method)
    _check(request, card, metadata, now)
    stored = _store_card(card, key=f"{attempt}:card")
    with transaction.atomic(durable=True):
        token = _keep_token(agent, request, stored, metadata)
        happenings.tell("vault_token.created", token.id, amount=token.max_amount, currency=token.currency)
        return answer(token)


def allowed_token(
    *,
    agent: Agent,
    token_id: str,
    merchant_ids: Collection[str],
    checkout_session_id: str,
    amount: Money,
    now: datetime,
) -> VaultToken:
    """Return the token, locked, if it may pay `amount`. Inside the transaction that will reserve it.

    :raises TokenRefused: if there is no such token, or its allowance does not cover the payment.
    """
    token = VaultToken.objects.of(agent).select_for_update().filter(pk=token_id).first()
    if token is None:
        raise TokenRefused(NOT_FOUND)
    charge = Charge(amount=amount, merchant_ids=merchant_ids, checkout_session_id=checkout_session_id)
    refusal = token.allowance.refusal(charge, now)
    if refusal:
        raise TokenRefused(refusal)
    return token


def reserve_token(*, token: VaultToken, payment: Payment) -> VaultToken:
    """Hold the token for `payment`, in the caller's transaction.

    :raises TokenRefused: if somebody else has it by now.
    """
    if not token.reserve(payment):
        raise TokenRefused(RESERVED)
    return token


def consume_token(*, payment: Payment) -> VaultToken | None:
    """The payment succeeded: its token, if it has one, is used up and returned."""
    token = VaultToken.objects.filter(payment=payment).first()
    if token:
        token.consume()
    return token


def release_token(*, payment: Payment) -> None:
    """The payment came to nothing: its token, if it has one, may be used again."""
    for token in VaultToken.objects.filter(payment=payment):
        token.release()


def revoke_token(*, token: VaultToken) -> None:
    """Take a token back for good. Taking it back twice changes nothing.

    :raises TokenInUse: if a payment has it.
    """
    if not token.revoke() and VaultToken.objects.get(pk=token.pk).state != State.REVOKED:
        raise TokenInUse("A payment has this token; refund the payment instead")


def _echoed(request: DelegatePaymentRequest, idempotency_key: str) -> dict[str, str]:
    """The metadata to keep and to answer with (ACP delegate_payment §2.4)."""
    key = {"idempotency_key": idempotency_key} if idempotency_key else {}
    return request.metadata | {"merchant_id": request.allowance.merchant_id} | key


def _card(method: PaymentMethodCard) -> Card:
    return Card(
        number=method.number,
        cvc=method.cvc,
        exp_month=int(method.exp_month),
        exp_year=int(method.exp_year),
        name=method.name or "",
    )


def _check(request: DelegatePaymentRequest, card: Card, metadata: dict[str, str], now: datetime) -> None:
    """Refuse whatever can be refused without asking the processor."""
    if request.allowance.expires_at <= now:
        raise DelegationRefused("The allowance has ended already", param="$.allowance.expires_at")
    for index, signal in enumerate(request.risk_signals):
        if signal.action == "blocked":
            raise DelegationRefused("A risk signal blocks this card", param=f"$.risk_signals[{index}].action")
    flaw = flaw_of(card, today=now.date())
    if flaw:
        raise DelegationRefused(flaw.message, param=f"$.payment_method.{flaw.field}")
    kept = request.model_dump(mode="json", include={"allowance", "billing_address"}) | {"metadata": metadata}
    for member, content in kept.items():
        if card.number.get_secret_value() in re.sub("[ -]", "", json.dumps(content)):
            raise DelegationRefused("A card number belongs in payment_method.number only", param=f"$.{member}")


def _store_card(card: Card, *, key: str) -> StoredCard:
    door = processor()
    try:
        return door.store_card(card, key=key)
    except CardRefused as refused:
        raise DelegationRefused(refused.message, param=f"$.payment_method.{refused.field}") from None
    except Unknown:
        raise Unavailable("The card could not be stored just now; the same request may be sent again") from None
    except Exception as failure:
        # Beware: what a processor's library says may quote the card. Its name and place are kept, its words are not.
        place = traceback.extract_tb(failure.__traceback__)[-1]
        name = type(failure).__name__
        raise CardNotStored(f"{name} in {place.name}, line {place.lineno} of {place.filename}") from None


def _keep_token(
    agent: Agent, request: DelegatePaymentRequest, stored: StoredCard, metadata: dict[str, str]
) -> VaultToken:
    allowance, facts, address = request.allowance, stored.facts, request.billing_address
    return VaultToken.objects.create(
        agent=agent,
        merchant_id=allowance.merchant_id,
        checkout_session_id=allowance.checkout_session_id,
        max_amount=allowance.max_amount,
        currency=allowance.currency,
        expires_at=allowance.expires_at,
        credential=stored.id,
        brand=facts.brand,
        last4=facts.last4,
        exp_month=facts.exp_month,
        exp_year=facts.exp_year,
        funding=facts.funding,
        fingerprint=facts.fingerprint,
        card_number_type=request.payment_method.card_number_type,
        billing_address=without_numbers_in(address.model_dump(exclude_none=True)) if address else None,
        risk_signals=[signal.model_dump() for signal in request.risk_signals],
        needs_review=any(signal.action == "manual_review" for signal in request.risk_signals),
        metadata=without_numbers_in(metadata),
    )
