"""Coins bought through a checkout session: the order pays for them, and we hand them over."""

from django.utils import timezone

from agents.models import Agent
from catalog.deliveries import Sale
from coins.models import Customer, Package, Purchase
from coins.operations._ledger import open_account
from coins.operations._purchases import credit, new_purchase
from coins.operations._reversals import give_again, take_back
from coins.status import Status

USER_ID = "user_id"  # where a session's metadata names the customer


def deliver_coins(sale: Sale) -> None:
    """Credit the packages of a sale to its customer, once, in the transaction that makes the order.

    The session's metadata names them (`user_id`), or the buyer's e-mail does. Paid coins are never lost: somebody we do
    not know becomes a customer.
    """
    packages = Package.objects.in_bulk([item.product_id for item in sale.items])
    if not packages or Purchase.objects.filter(reference=sale.reference).exists():
        return
    customer, is_named_wrong = _customer_of(sale)
    for item in sale.items:
        if package := packages.get(item.product_id):
            purchase = new_purchase(
                customer,
                package,
                now=timezone.now(),
                amount=item.amount,
                currency=sale.currency,
                quantity=item.quantity,
            )
            purchase.reference, purchase.payment_id = sale.reference, sale.payment_id
            if is_named_wrong:
                purchase.ask_staff(Purchase.Attention.WRONG_CUSTOMER)
            credit(purchase)
            purchase.save(force_insert=True)


def recall_coins(reference: str) -> None:
    """Take back the coins of a sale whose money went back, in the caller's transaction."""
    bought = Purchase.objects.filter(reference=reference, status=Status.COMPLETED)
    for purchase in bought.order_by("pk").select_for_update(no_key=True):
        take_back(purchase)


def restore_coins(reference: str) -> None:
    """Give the coins of a sale again whose money could not be sent back, in the caller's transaction."""
    recalled = Purchase.objects.filter(reference=reference, status=Status.REFUNDED)
    for purchase in recalled.order_by("pk").select_for_update(no_key=True):
        give_again(purchase)


def _customer_of(sale: Sale) -> tuple[Customer, bool]:
    """Return who gets the coins, and whether the session named somebody who does not exist."""
    named = str((sale.metadata or {}).get(USER_ID) or "")
    known = Customer.objects.of(sale.agent)
    if named and (customer := known.filter(pk=named).first()):
        return customer, False
    email = sale.email[:254]
    customer = known.filter(email__iexact=email).order_by("created_at").first() if email else None
    return customer or _welcome(sale.agent, email, sale.name[:200]), bool(named)


def _welcome(agent: Agent, email: str, name: str) -> Customer:
    customer = Customer.objects.create(agent=agent, email=email, name=name)
    open_account(customer)
    return customer
