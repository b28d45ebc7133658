"""Rows of this room as its wire shows them."""

from collections.abc import Iterable, Sequence

from coins import schemas
from coins.models import Customer, Package, Purchase, Transfer
from coins.operations import balance_of, is_test_method
from coins.status import Status
from payments.status import State


def customer_created(customer: Customer) -> schemas.CustomerCreated:
    return schemas.CustomerCreated(user_id=customer.id, stripe_customer_id=customer.stripe_customer_id)


def payment_method_attached(customer: Customer) -> schemas.PaymentMethodAttached:
    is_test = is_test_method(customer.payment_method_id)
    message = "Test payment method configured for customer" if is_test else "Payment method attached and set as default"
    return schemas.PaymentMethodAttached(message=message, payment_method_id=customer.payment_method_id)


def currency_purchased(purchase: Purchase) -> schemas.CurrencyPurchased:
    balance = balance_of(purchase.customer_id)
    if purchase.is_paid:
        return schemas.CurrencyPurchased(
            transaction_id=purchase.transaction_id, currency_purchased=purchase.coins, new_balance=balance
        )
    waits = purchase.payment is not None and purchase.payment.state == State.REQUIRES_ACTION
    return schemas.CurrencyPurchased(
        status="requires_action" if waits else "pending",
        transaction_id=purchase.transaction_id,
        currency_purchased=0,
        new_balance=balance,
        message="The card's bank wants the buyer to approve this payment" if waits else "The payment is under way",
        action_url=purchase.payment.action_url if waits and purchase.payment else None,
    )


def currency_spent(transfer: Transfer) -> schemas.CurrencySpent:
    return schemas.CurrencySpent(
        transaction_id=transfer.id, currency_spent=transfer.coins, new_balance=balance_of(transfer.source_id)
    )


def customer_info(customer: Customer) -> schemas.CustomerInfo:
    return schemas.CustomerInfo(
        user_id=customer.id,
        email=customer.email,
        name=customer.name,
        currency_balance=customer.account.balance or 0,
        stripe_customer_id=customer.stripe_customer_id,
        created_at=customer.created_at,
    )


def packages(on_sale: Iterable[Package]) -> schemas.Packages:
    shown = [
        schemas.PackageInfo(
            package_id=package.id,
            name=package.name,
            price_cents=package.price_amount,
            price_dollars=package.price_in_units,
            currency_amount=package.coins,
        )
        for package in on_sale
    ]
    return schemas.Packages(packages=shown)


def transactions(user_id: str, purchases: Sequence[Purchase], next_page: str | None) -> schemas.Transactions:
    shown = [
        schemas.Transaction(
            transaction_id=purchase.transaction_id,
            amount_paid=purchase.amount,
            currency_purchased=purchase.coins,
            package_name=purchase.package_name,
            timestamp=purchase.created_at,
            status=Status(purchase.status),
        )
        for purchase in purchases
    ]
    return schemas.Transactions(user_id=user_id, transactions=shown, next_page=next_page)
