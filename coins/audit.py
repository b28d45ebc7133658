"""What the ledger must agree with: itself, the balances, the purchases, and the money that was paid for them.

Read-only, and independent of the operations that should have made it so.
"""

from collections.abc import Iterator

from django.db.models import F, Q, QuerySet, Sum

from coins.models import ISSUING, REFERENCE, Account, Purchase, Transfer
from coins.status import PAID, Status
from payments.models import Payment
from payments.status import REFUND_UNSETTLED, State

Reversal = Transfer.Kind.REVERSAL
LOST = "lost"  # a dispute that the buyer has won


def checks() -> list[Iterator[str]]:
    """What must agree: each asks its question when it is iterated, and yields a sentence for all that does not.

    Iterate them in a transaction that sees one moment.
    """
    return [_balances(), _mirrors(), _credits(), *_purchases(), *_payments()]


def _balances() -> Iterator[str]:
    arrived, left = _sums("destination"), _sums("source")
    for pk, balance in Account.objects.exclude(pk=ISSUING).order_by("pk").values_list("pk", "balance").iterator():
        held = arrived.get(pk, 0) - left.get(pk, 0)
        if balance != held:
            yield f"account {pk} says {balance}, its transfers say {held}"


def _sums(end: str) -> dict[str, int]:
    return dict(Transfer.objects.order_by().values_list(end).annotate(Sum("coins")))


def _mirrors() -> Iterator[str]:
    turned = Q(source=F("reverses__destination"), destination=F("reverses__source"), coins=F("reverses__coins"))
    for transfer in Transfer.objects.filter(kind=Reversal).exclude(turned).order_by("pk").iterator():
        yield f"transfer {transfer.pk} is not the mirror image of {transfer.reverses_id}"


def _credits() -> Iterator[str]:
    nobodys = Transfer.objects.filter(kind=Transfer.Kind.PURCHASE, purchase=None, reversed_by=None)
    for pk in nobodys.order_by("pk").values_list("pk", flat=True).iterator():
        yield f"transfer {pk} brings the coins of no purchase"


def _purchases() -> list[Iterator[str]]:
    everything = Purchase.objects.order_by("pk")
    paid = everything.filter(status__in=sorted(PAID))
    credited = Q(transfer__destination=F("customer"), transfer__coins=F("coins"))
    charged = Q(payment__state=State.SUCCEEDED)
    ours = Q(reference__startswith=REFERENCE)
    exact = Q(payment__reference=F("reference"), payment__amount=F("amount"), payment__currency=F("currency"))
    completed, given_back = Q(status=Status.COMPLETED), Q(status__in=[Status.REFUNDING, Status.REFUNDED])
    taken = Q(transfer__reversed_by__isnull=False)
    owed = Q(amount__gt=0)  # what an order gave away for nothing has no payment
    covered = Q(payment__currency=F("currency"), payment__amount__gte=F("amount"))  # an order may hold more than coins
    unpaid = everything.filter(completed & ours, payment__refunded_amount=F("payment__amount"))
    under_way = Q(payment__refunds__state__in=sorted(REFUND_UNSETTLED))
    disputed = everything.filter(completed, payment__disputes__status=LOST).distinct()
    missed = everything.filter(given_back, coins_kept=False).exclude(taken)
    return [
        _each(paid.exclude(credited), "was paid for, and its transfer does not bring its coins"),
        _each(paid.filter(owed).exclude(charged), "has its coins, and no payment"),
        _each(everything.filter(ours).exclude(exact), "and its payment differ"),
        _each(paid.filter(owed & charged).exclude(ours | covered), "costs more than its order's payment"),
        _each(everything.filter(completed & taken), "is completed, and its coins were taken back"),
        _each(unpaid.exclude(under_way), "is completed, and its money went back"),
        _each(disputed, "is completed, and its dispute was lost"),
        _each(everything.filter(given_back, taken, coins_kept=True), "misses coins that were taken back"),
        _each(missed, "was refunded, and its coins were neither taken back nor missed"),
    ]


def _payments() -> list[Iterator[str]]:
    ended = {State.SUCCEEDED: sorted(PAID), State.DECLINED: [Status.FAILED], State.CANCELED: [Status.FAILED]}
    told = Purchase.objects.filter(reference__startswith=REFERENCE).order_by("pk")
    unheard = [
        _each(told.filter(payment__state=state).exclude(status__in=statuses), f"does not know that its payment {state}")
        for state, statuses in ended.items()
    ]
    return [_of_nothing(), *unheard]


def _of_nothing() -> Iterator[str]:
    for payment in Payment.objects.filter(reference__startswith=REFERENCE, coin_purchases=None).order_by("pk"):
        yield f"payment {payment.pk} is for {payment.reference}, which does not exist"


def _each(purchases: QuerySet[Purchase], what: str) -> Iterator[str]:
    for pk in purchases.values_list("pk", flat=True).iterator():
        yield f"purchase {pk} {what}"
