"""Those who may pay more than once: remembered, changed, forgotten."""

from collections.abc import Mapping
from typing import Any

from payments.sandbox import events, objects
from payments.sandbox.accounts import TILL
from payments.sandbox.labels import Labels, merged
from payments.sandbox.models import Customer, PaymentMethod
from payments.sandbox.operations.payment_methods import (
    detach_payment_method,
    find_payment_method,
    keep,
    retrieve_payment_method,
)
from payments.sandbox.refusals import InvalidRequest, NoSuchObject


def create_customer(
    *,
    email: str = "",
    details: Mapping[str, Any] | None = None,
    metadata: Labels | None = None,
    payment_method: str = "",
    default_payment_method: str = "",
    account: str = TILL,
) -> Customer:
    """Remember a customer, and the card they bring.

    :raises NoSuchPaymentMethod: if there is no such card.
    :raises CardError: if its bank says no.
    """
    customer = Customer.objects.create(
        account=account, email=email, details=dict(details or {}), metadata=merged({}, metadata)
    )
    method = find_payment_method(payment_method, account=account) if payment_method else None
    if method:
        keep(method, customer)
    if method and default_payment_method == payment_method:  # both may be the name of a test card
        default_payment_method = method.pk
    if default_payment_method:
        customer.default_payment_method = _own_method(customer, default_payment_method)
        customer.save(update_fields=["default_payment_method"])
    events.emit("customer.created", customer)
    return customer


def update_customer(
    *,
    customer_id: str,
    email: str | None = None,
    details: Mapping[str, Any] | None = None,
    metadata: Labels | None = None,
    default_payment_method: str | None = None,
    account: str = TILL,
) -> Customer:
    """Change what is known of a customer. None is left as it is, "" is forgotten, `details` are added to those known.

    :raises NoSuchObject: if there is no such customer.
    """
    customer = retrieve_customer(customer_id=customer_id, account=account, lock=True)
    before = objects.shown(customer)
    customer.email = customer.email if email is None else email
    customer.details = customer.details | dict(details or {})
    customer.metadata = merged(customer.metadata, metadata)
    if default_payment_method is not None:
        customer.default_payment_method = (
            _own_method(customer, default_payment_method) if default_payment_method else None
        )
    customer.save()
    events.emit("customer.updated", customer, previous=events.differences(before, objects.shown(customer)))
    return customer


def delete_customer(*, customer_id: str, account: str = TILL) -> Customer:
    """Forget a customer, and let their cards go.

    :raises NoSuchObject: if there is no such customer.
    """
    customer = retrieve_customer(customer_id=customer_id, account=account, lock=True)
    last_seen = objects.shown(customer)
    for method in customer.payment_methods.all():
        detach_payment_method(payment_method_id=method.pk, account=account)
    customer.refresh_from_db()
    customer.is_deleted = True
    customer.save(update_fields=["is_deleted"])
    events.tell("customer.deleted", account=account, document=last_seen)
    return customer


def retrieve_customer(*, customer_id: str, account: str = TILL, lock: bool = False, param: str = "id") -> Customer:
    """Return a customer who has not been deleted.

    :raises NoSuchObject: if there is none.
    """
    customers = Customer.objects.select_for_update() if lock else Customer.objects.all()
    customer = customers.filter(pk=customer_id, account=account, is_deleted=False).first()
    if customer is None:
        raise NoSuchObject("customer", customer_id, param)
    return customer


def customer_named(customer_id: str, *, account: str = TILL) -> Customer:
    """Return the customer that a parameter of another object's names.

    :raises InvalidRequest: if there is none.
    """
    try:
        return retrieve_customer(customer_id=customer_id, account=account)
    except NoSuchObject as error:
        raise InvalidRequest(error.code, error.message, "customer") from None


def attach_payment_method(*, payment_method: str, customer_id: str, account: str = TILL) -> PaymentMethod:
    """Keep a card for a customer, to be charged again.

    :raises NoSuchObject: if there is no such card.
    :raises InvalidRequest: if there is no such customer, or it is another customer's, or of no use any more.
    :raises CardError: if its bank says no.
    """
    method = retrieve_payment_method(payment_method_id=payment_method, account=account, lock=True)
    keep(method, customer_named(customer_id, account=account))
    return method


def _own_method(customer: Customer, name: str) -> PaymentMethod:
    method = customer.payment_methods.filter(pk=name).first()
    if method is None:
        raise InvalidRequest(
            "resource_missing",
            f"The customer does not have a payment method with the ID {name}. The payment method must be attached to "
            "the customer.",
            "invoice_settings[default_payment_method]",
        )
    return method
