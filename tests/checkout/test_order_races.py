"""Several of the staff are at one order at once, on PostgreSQL: no unit's money goes back twice, nor its stock."""

import pytest
from django.core.management import call_command

from catalog.models import Product
from checkout import operations
from checkout.models import Order
from checkout.operations import Ask
from payments.models import Payment, Refund
from tests.caller import Caller
from tests.payments.threads import at_once

pytestmark = [pytest.mark.needs_postgres, pytest.mark.django_db(transaction=True)]


def test_units_that_are_canceled_and_refunded_at_once_are_paid_back_once(transactional_db):
    call_command("seed_catalog", verbosity=0)
    caller = Caller()
    session = caller.ready(line_items=[{"id": "item_456", "quantity": 4}, {"id": "item_123", "quantity": 1}])
    caller.complete(session, caller.delegate(session))
    order, stock = Order.objects.get(), Product.objects.get(id="item_456").stock or 0
    line = order.session.line_items.get(product="item_456")

    def take_one(number):
        deed = (operations.cancel_order, operations.refund_order)[number % 2]
        deed(order_id=order.id, quantities={line.id: 1}, ask=Ask("staff", attempt=str(number)))

    at_once(12, take_one)

    assert sum(refund.amount for refund in Refund.objects.exclude(state="failed")) == line.total_amount
    assert Payment.objects.get().refunded_amount == line.total_amount
    assert Product.objects.get(id="item_456").stock == stock + 4
