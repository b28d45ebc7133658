"""The one place that moves coins. Balances change in the transaction that writes the transfer, and nowhere else."""

from django.db.models import F

from agents.errors import ApiError
from coins.models import ISSUING, Account, Customer, Transfer
from payments.cards import without_numbers

Kind = Transfer.Kind


class InsufficientCoins(ApiError):
    """The source holds fewer coins than that."""

    code = "insufficient_balance"


def open_account(customer: Customer) -> None:
    """Give a customer an empty account, in the caller's transaction; the first one brings the issuing account along."""
    account = Account(id=customer.id, customer=customer, balance=0)
    Account.objects.bulk_create([Account(id=ISSUING), account], ignore_conflicts=True)


def balance_of(customer_id: str) -> int:
    return Account.objects.values_list("balance", flat=True).get(pk=customer_id) or 0


def issue(*, customer_id: str, coins: int, kind: Transfer.Kind, reason: str, transfer_id: str = "") -> Transfer:
    """Give a customer new coins, in the caller's transaction."""
    new = Transfer(kind=kind, source_id=ISSUING, destination_id=customer_id, coins=coins, reason=reason)
    new.id = transfer_id or new.id
    return _move(new)


def spend_currency(*, customer: Customer, coins: int, reason: str) -> Transfer:
    """Take coins from a customer for something they got in the game, in the caller's transaction.

    :raises InsufficientCoins: if they have fewer.
    """
    why = without_numbers(reason)
    return _move(Transfer(kind=Kind.SPENDING, source_id=customer.id, destination_id=ISSUING, coins=coins, reason=why))


def grant_coins(*, customer: Customer, coins: int, reason: str, transfer_id: str = "") -> Transfer:
    """Give a customer coins that nobody paid for, in the caller's transaction. One `transfer_id` gives them once."""
    known = Transfer.objects.filter(pk=transfer_id, destination=customer.id).first() if transfer_id else None
    return known or issue(customer_id=customer.id, coins=coins, kind=Kind.GRANT, reason=reason, transfer_id=transfer_id)


def reverse(transfer: Transfer, *, reason: str = "") -> Transfer:
    """Undo a transfer with its mirror image, in the caller's transaction. Once: the database sees to it.

    :raises InsufficientCoins: if the coins are no longer where it brought them.
    """
    mirror = Transfer(
        kind=Kind.REVERSAL,
        source_id=transfer.destination_id,
        destination_id=transfer.source_id,
        coins=transfer.coins,
        reason=reason,
        reverses=transfer,
    )
    return _move(mirror)


def _move(transfer: Transfer) -> Transfer:
    ends = [transfer.source_id, transfer.destination_id]
    # In primary-key order, so that two opposite transfers wait for each other and never deadlock. The issuing account
    # has no balance to protect, and is not locked: purchases would queue up on it.
    kept = Account.objects.filter(pk__in=ends).exclude(pk=ISSUING).order_by("pk").select_for_update(no_key=True)
    balances = dict(kept.values_list("pk", "balance"))
    if transfer.source_id in balances and (balances[transfer.source_id] or 0) < transfer.coins:
        raise InsufficientCoins("Insufficient balance")
    for account_id in balances:
        change = transfer.coins if account_id == transfer.destination_id else -transfer.coins
        Account.objects.filter(pk=account_id).update(balance=F("balance") + change)
    transfer.save()
    return transfer
