"""Cards as a buyer types them, and payments as an operation prepares them."""

from datetime import timedelta
from typing import Any

import time_machine
from django.db import transaction
from django.utils import timezone
from pydantic import SecretStr

from agents.models import Agent
from payments.cards import Card
from payments.models import Payment, Refund
from payments.money import Money
from payments.operations import charge, prepare_payment, settle
from payments.processors.base import Outcome
from payments.refunds import prepare_refund, send_refund, settle_refund
from payments.sandbox.operations import answer_challenge

VISA = "4242424242424242"


def card(
    number: str = VISA, *, exp_month: int = 12, exp_year: int = 2034, cvc: str | None = "123", name: str = "Ada Buyer"
) -> Card:
    return Card(SecretStr(number), exp_month, exp_year, SecretStr(cvc) if cvc is not None else None, name)


def prepared_payment(
    agent: Agent,
    *,
    reference: str = "mug_1",
    attempt: str = "",
    amount: int = 4_299,
    currency: str = "usd",
    credential: str = "pm_card_visa",
) -> Payment:
    with transaction.atomic():
        return prepare_payment(
            agent=agent, reference=reference, amount=Money(amount, currency), credential=credential, attempt=attempt
        )


def settled_payment(agent: Agent, **choices: Any) -> Payment:
    """A payment as its processor left it: paid, declined, waiting for the buyer."""
    payment = prepared_payment(agent, **choices)
    return settled(payment, charge(payment))[0]


def prepared_refund(payment: Payment, amount: int = 1_000, *, attempt: str = "", reason: str = "") -> Refund:
    with transaction.atomic():
        return prepare_refund(
            payment=payment,
            amount=Money(amount, payment.currency),
            requested_by="ada",
            attempt=attempt,
            reason=reason,
        )


def settled_refund(payment: Payment, amount: int = 1_000) -> Refund:
    refund = prepared_refund(payment, amount)
    outcome = send_refund(refund)
    with transaction.atomic():
        return settle_refund(refund.pk, outcome)[0]


def approve(payment: Payment, *, is_approved: bool = True) -> None:
    """The buyer answers their bank."""
    with transaction.atomic():
        answer_challenge(payment_intent_id=payment.processor_id, is_approved=is_approved)


def settled(payment: Payment, outcome: Outcome) -> tuple[Payment, bool]:
    """Its outcome written down; whether that ended it."""
    with transaction.atomic():
        return settle(payment.pk, outcome)


def now_of(payment: Payment) -> Payment:
    """As the database has it, and another request would find it."""
    return Payment.objects.get(pk=payment.pk)


def a_minute_later() -> time_machine.travel:
    """When a lease that was taken just now has run out."""
    return time_machine.travel(timezone.now() + timedelta(seconds=61))
