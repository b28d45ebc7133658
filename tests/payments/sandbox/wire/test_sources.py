"""Another room's own means of payment, endpoints and events go through the same doors as cards."""

import pytest
import stripe
from django.http import HttpResponse
from django.test import Client
from django.urls import path

from config.urls import urlpatterns as addresses
from payments.sandbox import events
from payments.sandbox.models import Delivery, Event
from payments.sandbox.wire.base import StripeViewSet
from payments.sandbox.wire.idempotency import once_per_key
from payments.sandbox.wire.parameters import Integer, RequestParams
from tests.payments.sandbox.conftest import NO_REDIRECTS, paid
from tests.payments.sandbox.vouchers import Voucher, vouchers


@pytest.fixture
def voucher() -> Voucher:
    vouchers.all["v_1"] = Voucher(left=5_000)
    return vouchers.all["v_1"]


def paid_by_voucher(sdk, name: str = "v_1", **more) -> stripe.PaymentIntent:
    return paid(sdk, None, payment_method_data={"voucher": name}, expand=["payment_method"], **more)


@pytest.mark.django_db(transaction=True)
class TestPaying:
    def test_a_source_pays_like_a_card(self, sdk, voucher):
        intent = paid_by_voucher(sdk)

        assert intent.status == "succeeded"
        assert intent.payment_method.voucher == "v_1"
        assert (voucher.left, voucher.booked) == (701, {intent.id: 4_299})

    def test_it_may_be_named_beside_the_card_too(self, sdk, voucher):
        assert paid(sdk, None, voucher="v_1").status == "succeeded"

    def test_it_needs_no_return_url(self, sdk, voucher):
        assert paid_by_voucher(sdk, automatic_payment_methods=None).status == "succeeded"

    def test_it_may_come_with_the_confirmation(self, sdk, voucher):
        intent = sdk.payment_intents.create({"amount": 100, "currency": "usd"})

        assert sdk.payment_intents.confirm(intent.id, {"payment_method_data": {"voucher": "v_1"}}).status == "succeeded"

    def test_it_may_refuse(self, sdk, voucher):
        with pytest.raises(stripe.InvalidRequestError, match="does not pay for that much"):
            paid_by_voucher(sdk, amount=5_001)
        with pytest.raises(stripe.InvalidRequestError, match="No such voucher"):
            paid_by_voucher(sdk, "v_2")

        assert sdk.payment_intents.list().data == []

    def test_what_is_held_is_reserved_and_what_is_captured_booked(self, sdk, voucher):
        intent = paid_by_voucher(sdk, capture_method="manual")
        assert (voucher.left, voucher.reserved, voucher.booked) == (701, {intent.id: 4_299}, {})

        sdk.payment_intents.capture(intent.id, {"amount_to_capture": 4_000})

        assert (voucher.left, voucher.reserved, voucher.booked) == (1_000, {}, {intent.id: 4_000})

    def test_what_is_canceled_is_released(self, sdk, voucher):
        intent = paid_by_voucher(sdk, capture_method="manual")

        sdk.payment_intents.cancel(intent.id)

        assert (voucher.left, voucher.reserved) == (5_000, {})

    def test_a_decline_uses_nothing_up(self, sdk, voucher):
        voucher.card = "declined"
        with pytest.raises(stripe.CardError):
            paid_by_voucher(sdk)

        assert (voucher.left, voucher.reserved) == (5_000, {})

    def test_nothing_is_reserved_while_the_buyer_is_asked(self, sdk, voucher):
        voucher.card = "challenged"
        intent = paid_by_voucher(sdk)
        assert (intent.status, voucher.left, voucher.asked) == ("requires_action", 5_000, [intent.id])

        Client().post(f"/sandbox/authenticate/{intent.id}", {"answer": "approve"})

        assert sdk.payment_intents.retrieve(intent.id).status == "succeeded"
        assert (voucher.left, voucher.asked) == (701, [])

    def test_nobody_waits_for_the_buyer_of_what_is_canceled(self, sdk, voucher):
        voucher.card = "challenged"
        intent = paid_by_voucher(sdk)

        sdk.payment_intents.cancel(intent.id)

        assert voucher.asked == []

    def test_a_source_that_is_spent_by_then_does_not_pay(self, sdk, voucher):
        voucher.card = "challenged"
        intent = paid_by_voucher(sdk)
        voucher.left = 0

        Client().post(f"/sandbox/authenticate/{intent.id}", {"answer": "approve"})

        assert sdk.payment_intents.retrieve(intent.id).status == "requires_payment_method"

    def test_a_name_that_nobody_registered_is_unknown(self, sdk):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            sdk.payment_intents.create({"amount": 100, "currency": "usd", "payment_method_data": {"coupon": "c_1"}})

        assert refused.value.code == "parameter_unknown"
        assert refused.value.param == "payment_method_data[coupon]"


class VoucherCreate(RequestParams):
    amount: Integer


class VoucherViewSet(StripeViewSet):
    @once_per_key
    def create(self, request) -> HttpResponse:
        body = self.parse(VoucherCreate)
        document = {"id": "v_1", "object": "voucher", "amount": body.amount}
        events.tell("voucher.created", account=self.account, document=document)
        return self.answer(document)


urlpatterns = [path("v1/vouchers", VoucherViewSet.as_view({"post": "create"})), *addresses]


@pytest.mark.django_db(transaction=True)
@pytest.mark.urls(__name__)
class TestEndpoints:
    def test_another_rooms_speak_the_same_language(self, wire):
        made = wire.post("/v1/vouchers", "amount=500", Idempotency_Key="k")
        again = wire.post("/v1/vouchers", "amount=500", Idempotency_Key="k")
        wrong = wire.post("/v1/vouchers", "amount=many")

        assert made.json() == {"id": "v_1", "object": "voucher", "amount": 500}
        assert again["Idempotent-Replayed"] == "true"
        assert wrong.json()["error"]["code"] == "parameter_invalid_integer"

    def test_their_events_are_delivered_like_ours(self, wire):
        wire.post("/v1/webhook_endpoints", "url=http://a.example/&enabled_events[]=voucher.created")

        wire.post("/v1/vouchers", "amount=500")

        assert Event.objects.get().type == "voucher.created"
        assert Delivery.objects.get().event.data["object"]["amount"] == 500


@pytest.fixture
def heard():
    heard = []

    def listener(event: Event) -> None:
        heard.append(event.type)

    events.listen(listener)
    yield heard
    events.stop_listening(listener)


@pytest.mark.django_db(transaction=True)
def test_another_room_hears_what_happens(sdk, heard):
    paid(sdk, automatic_payment_methods=NO_REDIRECTS)

    assert heard == ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]
