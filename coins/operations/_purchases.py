"""The money path: begin → charge → settle. A crash between any two leaves a payment that says what to do.

Locks are taken in one order everywhere: customer, purchase, payment, account.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from django.db import transaction

from agents import happenings
from agents.errors import ApiError
from agents.models import Agent
from coins.models import REFERENCE, Customer, Package, Purchase, Transfer
from coins.operations._customers import find_customer, is_test_method
from coins.operations._ledger import issue
from coins.status import Status
from payments.models import Payment
from payments.operations import charge, prepare_payment, settle
from payments.processors.base import Outcome

Answer = TypeVar("Answer")


class InvalidPackage(ApiError):
    """There is no such package, or it is not on sale."""

    code = "invalid_package"


class NoPaymentMethod(ApiError):
    """The customer has no card to pay with."""

    code = "no_payment_method"


class InvalidCursor(ApiError):
    """No page of this history begins there."""

    code = "invalid_cursor"


def purchase_currency(
    *,
    agent: Agent,
    user_id: str,
    package_id: str,
    attempt: str,
    now: datetime,
    answer: Callable[[Purchase], Answer],
) -> Answer:
    """Charge a package once, whatever fails, and give the customer its coins.

    `attempt` is the request's identity: a retry of a request that died finds its own purchase by it. `answer` is called
    inside the transaction that settles, so that the answer is kept exactly if the work is. A card that is declined is
    an answer too.

    :raises NotFound: if `agent` has no such customer.
    :raises InvalidPackage, NoPaymentMethod: if there is nothing to buy, or nothing to pay with.
    :raises OutcomeUnknown: if the processor did not say what happened; the same request may be sent again.
    """
    with transaction.atomic(durable=True):
        purchase, payment = _begin(agent, user_id, package_id, attempt, now)
        if payment.is_settled:
            return answer(purchase)
    outcome = charge(payment)
    with transaction.atomic(durable=True):
        return answer(settle_purchase(payment, outcome))


def settle_purchase(payment: Payment, outcome: Outcome) -> Purchase:
    """Let a payment's outcome be the purchase's: the coins, or none.

    Runs inside the caller's transaction, any number of times: the first one counts.
    """
    purchase = Purchase.objects.select_for_update(no_key=True).get(pk=payment.reference)
    payment, is_first = settle(payment.id, outcome)
    purchase.payment = payment
    if is_first and payment.is_paid:
        credit(purchase)
        purchase.save()
        happenings.tell(
            "purchase.completed",
            purchase.pk,
            amount=purchase.amount,
            currency=purchase.currency,
            customer=purchase.customer_id,
        )
    elif is_first:
        purchase.move_to(Status.FAILED)
        purchase.save()
    return purchase


def credit(purchase: Purchase) -> None:
    """Hand the coins of a paid purchase over, in the caller's transaction; the caller saves the purchase."""
    kind, reason = Transfer.Kind.PURCHASE, purchase.package_name
    purchase.complete(issue(customer_id=purchase.customer_id, coins=purchase.coins, kind=kind, reason=reason))


def history(*, customer: Customer, limit: int, starting_after: str = "") -> tuple[list[Purchase], bool]:
    """Return a page of what a customer bought, newest first, and whether there is more.

    `starting_after` is the transaction id of the last purchase that is not wanted.

    :raises InvalidCursor: if they made no such purchase.
    """
    purchases = customer.purchases.paid().order_by("-created_at", "-id")
    if starting_after:
        last = purchases.filter(pk=f"{REFERENCE}{starting_after}").first()
        if last is None:
            raise InvalidCursor("Transaction not found")
        purchases = purchases.older_than(last)
    page = list(purchases[: limit + 1])
    return page[:limit], len(page) > limit


def _begin(agent: Agent, user_id: str, package_id: str, attempt: str, now: datetime) -> tuple[Purchase, Payment]:
    """Write down what is bought and what will be charged for it; or find it, if this request began before."""
    earlier = Purchase.objects.filter(attempt=attempt).select_related("payment").first()
    if earlier and earlier.payment:
        return earlier, earlier.payment
    customer = find_customer(agent=agent, user_id=user_id, lock=True)  # two clicks see each other
    package = Package.objects.on_sale().filter(pk=package_id).first()
    if package is None:
        raise InvalidPackage("Invalid package ID")
    if not customer.payment_method_id:
        raise NoPaymentMethod("No payment method attached")
    purchase = new_purchase(customer, package, now=now, amount=package.price_amount, currency=package.currency)
    purchase.attempt, purchase.reference = attempt, purchase.id
    if Purchase.objects.alike(purchase).exists():
        purchase.ask_staff(Purchase.Attention.DUPLICATE)
    payment = prepare_payment(
        agent=agent,
        reference=purchase.reference,
        amount=package.price,
        credential=customer.payment_method_id,
        attempt=attempt,
        customer="" if is_test_method(customer.payment_method_id) else customer.stripe_customer_id,
    )
    purchase.payment = payment
    purchase.save(force_insert=True)
    return purchase, payment


def new_purchase(
    customer: Customer, package: Package, *, now: datetime, amount: int, currency: str, quantity: int = 1
) -> Purchase:
    """A purchase at the terms of this moment, not saved yet."""
    return Purchase(
        customer=customer,
        package=package,
        package_name=package.name,
        coins=package.coins * quantity,
        amount=amount,
        currency=currency,
        created_at=now,
    )
