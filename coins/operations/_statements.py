"""What became of a customer's coins, and of payments that are still under way."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from agents.errors import ApiError
from coins.models import Customer, Purchase, Transfer
from coins.status import Status
from payments.processors.base import Unknown
from payments.settling import finish
from payments.status import State

RECENT = timedelta(days=1)


@dataclass(frozen=True)
class Line:
    """A transfer as the holder of an account sees it."""

    at: datetime
    kind: Transfer.Kind
    reason: str
    change: int  # coins; negative if they left


def statement(*, account_id: str, limit: int) -> list[Line]:
    """Return the latest `limit` changes of an account, newest first. It costs two short index scans, however many."""
    into = Transfer.objects.filter(destination=account_id).order_by("-created_at", "-id")[:limit]
    out = Transfer.objects.filter(source=account_id).order_by("-created_at", "-id")[:limit]
    both = sorted((*into, *out), key=lambda each: (each.created_at, each.id), reverse=True)
    return [_line(transfer, account_id) for transfer in both[:limit]]


def balances_over_time(*, account_id: str, balance: int, limit: int) -> list[tuple[datetime, int]]:
    """Return what an account held after each of its latest `limit` changes, oldest first, `balance` being the last."""
    points = []
    for line in statement(account_id=account_id, limit=limit):
        points.append((line.at, balance))
        balance -= line.change
    return points[::-1]


def catch_up(*, customer: Customer) -> None:
    """Find out about payments that waited for the buyer when we last heard of them."""
    for purchase in _pending(customer):
        if purchase.payment and purchase.payment.needs_asking:
            try:
                finish(purchase.payment)
            except (ApiError, Unknown):
                continue


def waiting_for_the_buyer(*, customer: Customer) -> list[Purchase]:
    """Return purchases whose buyer must approve the payment at their bank."""
    return [each for each in _pending(customer) if each.payment and each.payment.state == State.REQUIRES_ACTION]


def _pending(customer: Customer) -> list[Purchase]:
    recent = customer.purchases.filter(status=Status.PENDING, created_at__gt=timezone.now() - RECENT)
    return list(recent.select_related("payment").order_by("-created_at")[:3])


def _line(transfer: Transfer, account_id: str) -> Line:
    change = transfer.coins if transfer.destination_id == account_id else -transfer.coins
    return Line(transfer.created_at, Transfer.Kind(transfer.kind), transfer.reason, change)
