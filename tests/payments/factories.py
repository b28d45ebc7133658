"""Cards as a buyer types them, and payments as an operation prepares them."""

from django.db import transaction
from pydantic import SecretStr

from agents.models import Agent
from payments.cards import Card
from payments.models import Payment
from payments.money import Money
from payments.operations import prepare_payment

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
