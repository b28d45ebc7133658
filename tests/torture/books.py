"""Are Till's books right? Every rule that must hold whatever has failed, and what it finds broken, in words.

`wrongs` may be asked at any moment: it looks past what is still on its way. `leftovers` is asked when everything has
been settled: then nothing may be on its way.
"""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from agents.models import IdempotentRequest, OutgoingEvent
from catalog.models import Product
from checkout.models import AdjustmentLine, CheckoutSession, Order
from checkout.operations import history_of
from checkout.status import PAYING, Status
from payments.models import Payment, Refund
from payments.sandbox import models as sandbox
from payments.status import LIVE, REFUND_UNSETTLED, UNSETTLED, RefundState, State
from vault.models import VaultToken

HELD = {State.REQUIRES_ACTION}  # may stay like this as long as the buyer thinks about it


def stock() -> dict[str, int]:
    """How much there is of what is counted."""
    return {product.pk: product.stock for product in Product.objects.all() if product.stock is not None}


def wrongs(stocked: Mapping[str, int]) -> list[str]:
    """Everything that can never be right. `stocked` is the stock before the first order."""
    return [*_charges(), *_refunds(), *_orders(), *_histories(), *_sessions(), *_tokens(), *_stock(stocked)]


def leftovers() -> list[str]:
    """What nobody will ever finish, though nobody is at work any more."""
    payments = Payment.objects.filter(state__in=set(UNSETTLED) - HELD)
    tokens = VaultToken.objects.filter(state="reserved").exclude(payment__state__in=HELD)
    ours, theirs = balance()
    refunds = Refund.objects.filter(state__in=REFUND_UNSETTLED - {RefundState.PENDING})
    return [
        *(f"payment {payment} is left {payment.state}" for payment in payments),
        *(f"refund {refund} is left {refund.state}" for refund in refunds),
        *(f"token {token.pk} is left reserved by a payment that {token.payment.state}" for token in tokens),
        *([f"our books say {ours}, and the processor's {theirs}"] if ours != theirs else []),
    ]


def processor_charges() -> list[sandbox.Charge]:
    """Till's charges in the processor's own books."""
    return list(sandbox.Charge.objects.filter(status="succeeded", metadata__has_key="payment"))


def _charges() -> list[str]:
    """One charge a payment at most, one that is paid for a session at most, and the same sums on both sides."""
    charges, payments = processor_charges(), {payment.pk: payment for payment in Payment.objects.all()}
    wrong = [
        f"{times} charges for {what}" for what, times in _twice(charge.metadata["payment"] for charge in charges)
    ] + [f"{times} charges for {what}" for what, times in _twice(charge.metadata["reference"] for charge in charges)]
    known = {payment.charge_id: payment for payment in payments.values() if payment.state == State.SUCCEEDED}
    for charge in charges:
        payment = payments[charge.metadata["payment"]]
        if payment.state in UNSETTLED:  # on its way to our books
            continue
        if known.pop(charge.pk, None) is None:
            wrong.append(f"{charge} has collected {charge.captured_amount} for {payment}, which is {payment.state}")
        elif (charge.captured_amount, charge.currency) != (payment.amount, payment.currency):
            wrong.append(f"{charge} has collected {charge.captured_amount}, and {payment} says {payment.amount}")
    return wrong + [f"{payment} has succeeded, and the processor has no charge for it" for payment in known.values()]


def _refunds() -> list[str]:
    """Every refund once on both sides, and on each payment the sum of what has not failed."""
    wrong, theirs = [], {refund.pk: refund for refund in sandbox.Refund.objects.filter(metadata__has_key="refund")}
    wrong += [f"{times} refunds for {what}" for what, times in _twice(it.metadata["refund"] for it in theirs.values())]
    for refund in Refund.objects.select_related("payment"):
        twin = theirs.get(refund.processor_id)
        if refund.state in REFUND_UNSETTLED or not refund.processor_id:  # on its way, or refused at once
            continue
        if twin is None or (twin.amount, twin.status) != (refund.amount, refund.state):
            wrong.append(f"{refund} has {refund.state} with {refund.amount}, and at the processor there is {twin}")
    for payment in Payment.objects.exclude(refunded_amount=0):
        given = sum(refund.amount for refund in payment.refunds.exclude(state=RefundState.FAILED))
        if given != payment.refunded_amount:
            wrong.append(f"of {payment}, {given} is given back, and {payment.refunded_amount} is said to be")
    return wrong


def stuck_keys() -> list[str]:
    """Requests without an answer, though everybody has come back for theirs."""
    unanswered = IdempotentRequest.objects.filter(response_status=None)
    return [f"the key {request.key} of {request.path} is stuck" for request in unanswered]


def balance() -> tuple[int, int]:
    """What was captured and not given back: by our books, and by the processor's. At rest they are the same."""
    ours = sum(payment.amount - payment.refunded_amount for payment in Payment.objects.filter(state=State.SUCCEEDED))
    return ours, sum(charge.captured_amount - charge.refunded_amount for charge in processor_charges())


def _orders() -> list[str]:
    paid = set(Payment.objects.filter(state=State.SUCCEEDED).values_list("pk", "reference", "amount"))
    ordered = set(Order.objects.exclude(payment=None).values_list("payment_id", "session_id", "total_amount"))
    return [f"an order without its payment: {order}" for order in ordered - paid] + [
        f"a payment without its order: {payment}" for payment in paid - ordered
    ]


def _histories() -> list[str]:
    """No more went back of an order than was in it, all of its money if all of it did, and its agent knows."""
    wrong = []
    for order in Order.objects.select_related("session", "payment"):
        history = history_of(order)
        counts = history.quantities.values()
        if any(min(count.current, count.open, count.returnable) < 0 for count in counts):
            wrong.append(f"more went back of {order} than was in it: {history.quantities}")
        paid, has_failed = order.payment, any(refund.has_failed for refund in history.refunds)
        is_canceled = all(count.canceled == count.ordered for count in counts)
        if is_canceled and paid and paid.refundable.amount and not has_failed:
            wrong.append(f"{order} is canceled, and {paid.refundable} was kept")
        told = json.loads(OutgoingEvent.objects.filter(subject=order.pk).latest("sequence").data)
        if told["status"] != order.status:
            wrong.append(f"{order} is {order.status}, and its agent was told that it is {told['status']}")
    return wrong


def _sessions() -> list[str]:
    paying = set(CheckoutSession.objects.filter(status__in=PAYING).values_list("pk", flat=True))
    completed = set(CheckoutSession.objects.filter(status=Status.COMPLETED).values_list("pk", flat=True))
    ordered = set(Order.objects.values_list("session_id", flat=True))
    live = list(Payment.objects.filter(state__in=LIVE).values_list("reference", flat=True))
    owing = set(Payment.objects.filter(state__in=UNSETTLED).values_list("reference", flat=True))
    return [
        *(f"{times} live payments for {session}" for session, times in _twice(live)),
        *(f"{session} is completed without an order, or the other way round" for session in completed ^ ordered),
        *(f"{session} is being paid without a payment, or the other way round" for session in paying ^ owing),
    ]


def _tokens() -> list[str]:
    """Used up exactly by what was paid, held exactly by what may still be paid."""
    wrong = []
    for token in VaultToken.objects.exclude(payment=None).select_related("payment"):
        fitting = {State.SUCCEEDED: "consumed", State.DECLINED: "", State.CANCELED: ""}
        if token.state != fitting.get(State(token.payment.state), "reserved"):
            wrong.append(f"token {token.pk} is {token.state} by a payment that {token.payment.state}")
    return wrong


def _stock(stocked: Mapping[str, int]) -> list[str]:
    """What was there is still there, or was sold and did not come back, or is promised to somebody who is paying."""
    gone: Counter[str] = Counter()
    for session in CheckoutSession.objects.filter(status__in=PAYING | {Status.COMPLETED}):
        gone.update({line.product_id: line.quantity for line in session.line_items.all()})
    back = AdjustmentLine.objects.exclude(adjustment__type="refund")
    for product, quantity in back.values_list("line__product", "quantity"):
        gone[product] -= quantity
    left = stock()
    return [
        f"of {product} there were {units}, {gone[product]} are gone, and {left[product]} are left"
        for product, units in stocked.items()
        if units != left[product] + gone[product]
    ]


def _twice(things: Any) -> list[tuple[str, int]]:
    return [(thing, times) for thing, times in Counter(things).items() if times > 1]
