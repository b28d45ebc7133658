import pytest

from payments.money import Money
from payments.sandbox import operations
from payments.sandbox.models import Charge, Dispute, PaymentIntent, Refund
from payments.sandbox.models.intents import IllegalMove


@pytest.mark.parametrize("model", [PaymentIntent, Refund, Dispute])
def test_every_status_has_its_moves(model):
    assert set(model.MOVES) == set(model.Status)


@pytest.mark.parametrize(
    ("model", "final"),
    [
        (PaymentIntent, {"succeeded", "canceled"}),
        (Refund, {"failed"}),
        (Dispute, {"won", "lost", "warning_closed"}),
    ],
)
def test_nothing_leads_out_of_the_end(model, final):
    assert {status.value for status, moves in model.MOVES.items() if not moves} == final


@pytest.mark.django_db
def test_a_paid_intent_moves_no_more():
    intent = operations.create_payment_intent(amount=Money(100, "usd"))
    intent = operations.confirm_payment_intent(payment_intent_id=intent.pk, payment_method="pm_card_visa")

    with pytest.raises(IllegalMove):
        intent.decline(Charge.objects.get())
