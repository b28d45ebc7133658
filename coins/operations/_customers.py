"""Customers, as an agent brings them and as the processor knows them."""

from collections.abc import Callable
from typing import TypeVar

from django.db import transaction

from agents import happenings
from agents.errors import NotFound
from agents.models import Agent
from coins.models import Customer
from coins.operations import _processor
from coins.operations._ledger import open_account
from coins.operations._processor import InvalidPaymentMethod
from payments.cards import without_numbers
from payments.operations import CREDENTIAL

Answer = TypeVar("Answer")
TEST_METHOD = "pm_card_"  # Stripe's names for test cards: nobody's in particular, so they are not attached to anybody


def create_customer(
    *, agent: Agent, email: str, name: str, attempt: str, answer: Callable[[Customer], Answer]
) -> Answer:
    """Make a customer, here and at the processor, once per `attempt`. `answer` is called in the same transaction.

    :raises InvalidCustomer: if the processor does not take that for a person.
    :raises Unavailable: if it did not answer; the same request may be sent again.
    """
    name = without_numbers(name)
    known = Customer.objects.filter(attempt=attempt).first()
    at_processor = (
        known.stripe_customer_id if known else _processor.create_customer(email=email, name=name, key=attempt)
    )
    with transaction.atomic(durable=True):
        customer, is_new = Customer.objects.get_or_create(
            attempt=attempt,
            defaults={"agent": agent, "email": email, "name": name, "stripe_customer_id": at_processor},
        )
        if is_new:
            open_account(customer)
            happenings.tell("customer.created", customer.pk, customer=customer.pk)
        return answer(customer)


def find_customer(*, agent: Agent, user_id: str, lock: bool = False) -> Customer:
    """Return `agent`'s customer, with the account unless it is locked until the caller's transaction ends.

    :raises NotFound: if `agent` has no such customer.
    """
    customers = Customer.objects.of(agent)
    customers = customers.select_for_update(no_key=True) if lock else customers.select_related("account")
    customer = customers.filter(pk=user_id).first()
    if customer is None:
        raise NotFound("Customer not found")
    return customer


def attach_payment_method(
    *, agent: Agent, user_id: str, payment_method_id: str, attempt: str, answer: Callable[[Customer], Answer]
) -> Answer:
    """Make a card the one that this customer pays with. A test card is only noted, a real one attached to them.

    :raises NotFound: if `agent` has no such customer.
    :raises InvalidPaymentMethod: if the processor cannot attach it.
    :raises Unavailable: if it did not answer; the same request may be sent again.
    """
    customer = find_customer(agent=agent, user_id=user_id)
    if not CREDENTIAL.fullmatch(payment_method_id):
        raise InvalidPaymentMethod("Invalid payment method")
    if not is_test_method(payment_method_id):
        _ensure_known(customer)
        _processor.attach_payment_method(payment_method_id, customer=customer, key=attempt)
    with transaction.atomic(durable=True):
        customer.payment_method_id = payment_method_id
        customer.save(update_fields=["payment_method_id"])
        return answer(customer)


def is_test_method(payment_method_id: str) -> bool:
    return payment_method_id.startswith(TEST_METHOD)


def _ensure_known(customer: Customer) -> None:
    """Introduce to the processor somebody who came over the counter, where no processor was asked."""
    if not customer.stripe_customer_id:
        made = _processor.create_customer(email=customer.email, name=customer.name, key=customer.id)
        Customer.objects.filter(pk=customer.pk, stripe_customer_id="").update(stripe_customer_id=made)
        customer.refresh_from_db(fields=["stripe_customer_id"])
