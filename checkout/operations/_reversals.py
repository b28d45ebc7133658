"""Money that went back, or that the buyer's bank wants back: the order shows it, and its agent is told."""

from catalog import deliveries
from checkout.models import Order
from checkout.operations._news import tell_change
from payments.models import Dispute, Refund
from payments.processors.base import RefundOutcome
from payments.refunds import settle_refund
from payments.status import REFUND_UNSETTLED, RefundState


def recall_refunded(refund: Refund, outcome: RefundOutcome) -> None:
    """Write down how a refund came out, and what follows; in a transaction.

    An order whose money went back in full takes back what software had handed over. If the money comes back after all
    (a bank may refuse it late), it is handed over again.
    """
    order = _locked(refund.payment.reference)
    refund, is_news = settle_refund(refund.id, outcome)
    if not is_news:
        return
    is_on_its_way = refund.payment.refunds.filter(state__in=REFUND_UNSETTLED).exists()  # and may still fail
    if refund.has_failed and not refund.payment.is_charged_back:
        deliveries.restore(refund.payment.reference)
    elif not refund.payment.refundable.amount and refund.state == RefundState.SUCCEEDED and not is_on_its_way:
        deliveries.recall(refund.payment.reference)
    if order:
        tell_change(order)


def recall_disputed(dispute: Dispute) -> None:
    """Tell of a dispute; what software had handed over goes back if it was lost. In a transaction."""
    order = _locked(dispute.payment.reference)
    if dispute.status == "lost":
        deliveries.recall(dispute.payment.reference)
    if order:
        tell_change(order)


def _locked(session_id: str) -> Order | None:
    """The order before its payment: whoever changes an order takes the locks in this order."""
    orders = Order.objects.select_for_update(of=("self",)).select_related("session__agent")
    return orders.filter(session=session_id).first()
