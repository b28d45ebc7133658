"""The way back: the coins of a purchase return by a mirror transfer when its money does. Once.

If we start it, the coins come first: while the money is under way they cannot be spent. If the processor tells us (a
refund made there, a lost dispute), the money is gone already: coins that are spent are then a question for staff.
"""

from django.db import transaction

from agents.errors import ApiError
from coins.models import Purchase, Transfer
from coins.operations._ledger import InsufficientCoins, reverse
from coins.status import Status
from payments.models import Dispute, Refund
from payments.money import Money
from payments.processors.base import RefundOutcome
from payments.refunds import prepare_refund, settle_refund
from payments.settling import finish_refund
from payments.status import REFUND_SETTLED

Attention = Purchase.Attention
LOST = "lost"  # a dispute that the buyer has won


class NotReversible(ApiError):
    """This purchase cannot be taken back, or not by us."""

    status = 409
    code = "not_reversible"


def refund_purchase(
    *, purchase_id: str, requested_by: str, despite_spent: bool = False, limit: Money | None = None
) -> Purchase:
    """Take the coins of a purchase back and give its money back (`limit` at most), whatever fails in between.

    `despite_spent` gives the money back even if the coins are gone.

    :raises NotReversible: if it is not a completed purchase of its own payment.
    :raises RefundAboveLimit: if it cost more than `limit`. Nothing has changed.
    :raises InsufficientCoins: if the coins are spent; staff are asked.
    :raises OutcomeUnknown, PaymentInProgress: if it is not known yet; `settle_payments` finds out.
    """
    try:
        with transaction.atomic(durable=True):
            refund = _begin_refund(purchase_id, requested_by, despite_spent, limit)
    except InsufficientCoins:
        with transaction.atomic(durable=True):
            ask_about(purchase_id, Attention.COINS_MISSING)
        raise
    finish_refund(refund)
    return Purchase.objects.get(pk=purchase_id)


def settle_purchase_refund(refund: Refund, outcome: RefundOutcome) -> None:
    """Let a refund's outcome be the purchase's. Runs inside the caller's transaction, any number of times."""
    purchase = _locked(refund.payment.reference)
    refund, is_news = settle_refund(refund.pk, outcome)
    if not is_news:
        return
    if refund.has_failed and not refund.payment.is_charged_back:
        give_again(purchase)
    elif not refund.has_failed and refund.payment.refundable.amount:
        purchase.ask_staff(Attention.PARTLY_REFUNDED)
        purchase.save()
    elif purchase.status == Status.COMPLETED:
        take_back(purchase)
    elif purchase.status == Status.REFUNDING and refund.state in REFUND_SETTLED:
        purchase.move_to(Status.REFUNDED)
        purchase.save()


def settle_purchase_dispute(dispute: Dispute) -> None:
    """A buyer whose bank gave them their money back gives the coins back too; in the caller's transaction."""
    purchase = _locked(dispute.payment.reference)
    if dispute.status == LOST and purchase.status == Status.COMPLETED:
        take_back(purchase)


def take_back(purchase: Purchase) -> None:
    """The money of a locked, completed purchase went back: so do its coins, in the caller's transaction."""
    purchase.move_to(Status.REFUNDED)
    _reverse_or_ask(purchase)
    purchase.save()


def collect_coins(*, purchase_id: str) -> Purchase:
    """Take the coins of a refunded purchase that were spent then, and may be there again.

    :raises NotReversible: if they are not missing.
    :raises InsufficientCoins: if they still are not there.
    """
    with transaction.atomic(durable=True):
        purchase = _locked(purchase_id)
        if not purchase.coins_kept:
            raise NotReversible("No coins of this purchase are missing")
        _reverse(purchase)
        purchase.coins_kept, purchase.attention = False, ""
        purchase.save()
    return purchase


def ask_about(purchase_id: str, about: Purchase.Attention) -> None:
    purchase = _locked(purchase_id)
    purchase.ask_staff(about)
    purchase.save()


def _begin_refund(purchase_id: str, requested_by: str, despite_spent: bool, limit: Money | None) -> Refund:
    purchase = _locked(purchase_id)
    if not purchase.is_our_own or purchase.payment is None:
        raise NotReversible("It was bought over the counter: refund its order")
    if purchase.status != Status.COMPLETED:
        raise NotReversible(f"A purchase that is {purchase.status} cannot be refunded")
    refund = prepare_refund(
        payment=purchase.payment,
        amount=purchase.payment.refundable,
        requested_by=requested_by,
        reason="coins returned",
        limit=limit,
    )
    purchase.move_to(Status.REFUNDING)
    if despite_spent:
        _reverse_or_ask(purchase)
    else:
        _reverse(purchase)
    purchase.save()
    return refund


def give_again(purchase: Purchase) -> None:
    """The money could not be sent back: the customer has paid after all. Coins we took are theirs again.

    Beware: a bank also refuses a refund because it has given the buyer the money itself, in a dispute that we lost.
    """
    if purchase.status == Status.COMPLETED:
        return
    if purchase.payment and purchase.payment.disputes.filter(status=LOST).exists():
        _stay_refunded(purchase)
        return
    credit = Transfer.objects.get(purchase=purchase)
    mirror = Transfer.objects.filter(reverses=credit).first()
    purchase.complete(reverse(mirror, reason="the refund failed") if mirror else credit)
    purchase.coins_kept, purchase.attention = False, ""
    purchase.ask_staff(Attention.REFUND_FAILED)
    purchase.save()


def _stay_refunded(purchase: Purchase) -> None:
    if purchase.status == Status.REFUNDING:
        purchase.move_to(Status.REFUNDED)
        purchase.save()


def _reverse_or_ask(purchase: Purchase) -> None:
    try:
        _reverse(purchase)
    except InsufficientCoins:
        purchase.coins_kept = True
        purchase.ask_staff(Attention.COINS_SPENT)


def _reverse(purchase: Purchase) -> None:
    reverse(Transfer.objects.get(purchase=purchase), reason=f"refund of {purchase.package_name}"[:200])


def _locked(purchase_id: str) -> Purchase:
    return Purchase.objects.select_for_update(no_key=True).get(pk=purchase_id)
