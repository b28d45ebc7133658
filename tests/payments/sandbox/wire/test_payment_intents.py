from typing import Any

import pytest
import stripe

from tests.payments.sandbox.conftest import CARD, NO_REDIRECTS, paid

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def intent(sdk) -> stripe.PaymentIntent:
    return sdk.payment_intents.create(
        {
            "amount": 4_299,
            "currency": "usd",
            "automatic_payment_methods": NO_REDIRECTS,
            "description": "A mug",
            "metadata": {"order": "1"},
            "receipt_email": "ada@example.com",
            "statement_descriptor_suffix": "MUG",
        }
    )


def types_of(sdk) -> list[str]:
    return [event.type for event in sdk.events.list().data][::-1]


class TestCreate:
    def test_moves_no_money(self, sdk, intent):
        assert intent.status == "requires_payment_method"
        assert (intent.amount, intent.amount_received, intent.latest_charge) == (4_299, 0, None)
        assert (intent.description, intent.receipt_email) == ("A mug", "ada@example.com")
        assert intent.metadata.to_dict() == {"order": "1"}
        assert intent.client_secret.startswith(f"{intent.id}_secret_")
        assert types_of(sdk) == ["payment_intent.created"]

    def test_with_a_card_it_waits_to_be_confirmed(self, sdk):
        intent = sdk.payment_intents.create({"amount": 100, "currency": "usd", "payment_method": "pm_card_visa"})

        assert intent.status == "requires_confirmation"
        assert intent.payment_method.startswith("pm_")
        assert sdk.payment_intents.confirm(intent.id, {"return_url": "https://a.example/"}).status == "succeeded"

    def test_and_confirm_collects_the_money(self, sdk):
        intent = paid(sdk, expand=["latest_charge"])

        charge = intent.latest_charge
        assert (intent.status, intent.amount_received) == ("succeeded", 4_299)
        assert (charge.status, charge.paid, charge.captured, charge.amount_captured) == ("succeeded", True, True, 4_299)
        assert (charge.payment_intent, charge.payment_method) == (intent.id, intent.payment_method)
        assert types_of(sdk) == ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]

    @pytest.mark.parametrize(
        "data",
        [CARD, {"type": "card", "card": {"token": "tok_mastercard"}}, CARD | {"billing_details": {"name": "Ada"}}],
    )
    def test_the_card_may_come_with_it(self, sdk, data):
        assert paid(sdk, None, payment_method_data=data).status == "succeeded"

    def test_automatic_async_captures_too(self, sdk):
        assert paid(sdk, capture_method="automatic_async").status == "succeeded"

    def test_a_card_is_kept_if_the_buyer_agreed(self, sdk):
        customer = sdk.customers.create()

        intent = paid(sdk, customer=customer.id, setup_future_usage="off_session")

        (kept,) = sdk.customers.payment_methods.list(customer.id).data
        assert kept.id == intent.payment_method
        assert paid(sdk, kept.id, customer=customer.id, off_session=True).status == "succeeded"

    @pytest.mark.parametrize(
        ("changes", "code", "param"),
        [
            ({"amount": None}, "parameter_missing", "amount"),
            ({"currency": None}, "parameter_missing", "currency"),
            ({"amount": 49}, "amount_too_small", "amount"),
            ({"amount": 0}, "parameter_invalid_integer", "amount"),
            ({"amount": "12.50"}, "parameter_invalid_integer", "amount"),
            ({"amount": 100_000_000}, "amount_too_large", "amount"),
            ({"amount": ""}, "parameter_invalid_empty", "amount"),
            ({"currency": "dollars"}, None, "currency"),
            ({"amuont": 5}, "parameter_unknown", "amuont"),
            ({"payment_method_data": {"type": "card", "cart": {}, "card": {"nmber": "1"}}}, "parameter_unknown", None),
            ({"customer": "cus_nobody"}, "resource_missing", "customer"),
            ({"payment_method": "pm_nobody"}, "resource_missing", "payment_method"),
            ({"capture_method": "later"}, None, "capture_method"),
            ({"confirm": "perhaps"}, None, "confirm"),
            ({"automatic_payment_methods": "yes"}, None, "automatic_payment_methods"),
            ({"metadata": {"k" * 41: "v"}}, None, "metadata"),
            ({"statement_descriptor": "x" * 23}, None, "statement_descriptor"),
            ({"off_session": True}, None, "off_session"),
            ({"return_url": "https://a.example/"}, None, "return_url"),
            (
                {"payment_method": "pm_card_visa", "payment_method_data": CARD},
                "parameters_exclusive",
                "payment_method_data",
            ),
            (
                {"automatic_payment_methods": {"enabled": True}, "confirmation_method": "manual"},
                "parameters_exclusive",
                "confirmation_method",
            ),
        ],
    )
    def test_what_is_wrong_is_named(self, sdk, changes, code, param):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            sdk.payment_intents.create({"amount": 100, "currency": "usd"} | changes)

        assert (refused.value.http_status, refused.value.code) == (400, code)
        assert param is None or refused.value.param == param
        assert sdk.payment_intents.list().data == []

    def test_yen_have_no_cents(self, sdk):
        assert paid(sdk, amount=50, currency="JPY").currency == "jpy"

    @pytest.mark.parametrize(
        "how",
        [
            {"return_url": "https://a.example/"},
            {"payment_method_types": ["card"]},
            {"automatic_payment_methods": NO_REDIRECTS},
        ],
    )
    def test_a_buyer_who_may_be_sent_away_must_be_able_to_come_back(self, sdk, how):
        body = {"amount": 100, "currency": "usd", "confirm": True, "payment_method": "pm_card_visa"}

        with pytest.raises(stripe.InvalidRequestError, match="you must provide a `return_url`"):
            sdk.payment_intents.create(body)

        assert sdk.payment_intents.create(body | how).status == "succeeded"


class TestConfirm:
    def test_collects_the_money(self, sdk, intent):
        confirmed = sdk.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})

        assert confirmed.status == "succeeded"
        assert sdk.payment_intents.retrieve(intent.id).latest_charge == confirmed.latest_charge

    def test_happens_once(self, sdk, intent):
        sdk.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})

        with pytest.raises(stripe.InvalidRequestError) as refused:
            sdk.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})

        assert refused.value.code == "payment_intent_unexpected_state"
        assert refused.value.error.payment_intent.status == "succeeded"
        assert len(sdk.charges.list({"payment_intent": intent.id}).data) == 1

    def test_needs_something_to_pay_with(self, sdk, intent):
        with pytest.raises(stripe.InvalidRequestError, match="missing a payment method") as refused:
            sdk.payment_intents.confirm(intent.id)

        assert refused.value.code == "payment_intent_unexpected_state"

    def test_needs_a_return_url_where_the_intent_may_redirect(self, sdk):
        intent = sdk.payment_intents.create({"amount": 100, "currency": "usd", "payment_method": "pm_card_visa"})

        with pytest.raises(stripe.InvalidRequestError, match="return_url"):
            sdk.payment_intents.confirm(intent.id)

    def test_a_browser_may_with_the_intents_secret(self, connect, intent):
        browser = connect("pk_test_till").v1.payment_intents

        with pytest.raises(stripe.InvalidRequestError):
            browser.confirm(intent.id, {"payment_method": "pm_card_visa"})
        confirmed = browser.confirm(
            intent.id, {"payment_method": "pm_card_visa", "client_secret": intent.client_secret}
        )

        assert confirmed.status == "succeeded"
        assert browser.retrieve(intent.id, {"client_secret": intent.client_secret}).status == "succeeded"


class TestDecline:
    def test_is_told_in_full_and_written_down(self, sdk, intent):
        with pytest.raises(stripe.CardError) as declined:
            sdk.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa_chargeDeclinedInsufficientFunds"})

        error: Any = declined.value.error
        assert (declined.value.http_status, declined.value.code) == (402, "card_declined")
        assert (error.type, error.decline_code) == ("card_error", "insufficient_funds")
        assert error.message == "Your card has insufficient funds."
        assert error.doc_url == "https://stripe.com/docs/error-codes/card-declined"
        assert error.payment_method.card.last4 == "9995"
        failed = sdk.charges.retrieve(error.charge)
        assert (failed.status, failed.paid, failed.failure_code) == ("failed", False, "card_declined")
        assert failed.outcome.reason == "insufficient_funds"
        found = sdk.payment_intents.retrieve(intent.id)
        assert found.to_dict() == error.payment_intent.to_dict()
        assert (found.status, found.payment_method, found.latest_charge) == (
            "requires_payment_method",
            None,
            error.charge,
        )
        assert found.last_payment_error.decline_code == "insufficient_funds"
        assert types_of(sdk)[1:] == ["charge.failed", "payment_intent.payment_failed"]

    def test_members_without_a_value_are_left_out(self, sdk):
        with pytest.raises(stripe.CardError) as declined:
            paid(sdk, "pm_card_chargeDeclinedExpiredCard")

        body: Any = declined.value.json_body
        assert "decline_code" not in body["error"]
        assert None not in body["error"].values()

    def test_another_card_may_be_tried(self, sdk, intent):
        with pytest.raises(stripe.CardError):
            sdk.payment_intents.confirm(intent.id, {"payment_method": "pm_card_chargeDeclined"})

        confirmed = sdk.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})

        assert (confirmed.status, confirmed.last_payment_error) == ("succeeded", None)
        assert [charge.status for charge in sdk.charges.list({"payment_intent": intent.id}).data] == [
            "succeeded",
            "failed",
        ]


class TestCapture:
    @pytest.fixture
    def held(self, sdk) -> stripe.PaymentIntent:
        return paid(sdk, capture_method="manual")

    def test_holds_the_money_first(self, sdk, held):
        charge = sdk.charges.retrieve(held.latest_charge)

        assert (held.status, held.amount_capturable, held.amount_received) == ("requires_capture", 4_299, 0)
        assert (charge.paid, charge.captured, charge.balance_transaction) == (True, False, None)
        assert charge.payment_method_details.card.capture_before > charge.created
        assert types_of(sdk)[1:] == ["charge.succeeded", "payment_intent.amount_capturable_updated"]

    def test_takes_it_all(self, sdk, held):
        captured = sdk.payment_intents.capture(held.id)

        assert (captured.status, captured.amount_capturable, captured.amount_received) == ("succeeded", 0, 4_299)
        assert types_of(sdk)[-2:] == ["charge.captured", "payment_intent.succeeded"]

    def test_or_a_part(self, sdk, held):
        captured = sdk.payment_intents.capture(held.id, {"amount_to_capture": 4_000, "metadata": {"part": "1"}})

        assert (captured.amount, captured.amount_received) == (4_299, 4_000)
        assert captured.metadata.to_dict() == {"part": "1"}
        with pytest.raises(stripe.InvalidRequestError):
            sdk.refunds.create({"payment_intent": held.id, "amount": 4_001})

    def test_but_not_more(self, sdk, held):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            sdk.payment_intents.capture(held.id, {"amount_to_capture": 4_300})

        assert (refused.value.code, refused.value.param) == ("amount_too_large", "amount_to_capture")

    def test_nor_bit_by_bit(self, sdk, held):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            sdk.payment_intents.capture(held.id, {"amount_to_capture": 100, "final_capture": False})

        assert refused.value.param == "final_capture"

    def test_nor_twice(self, sdk, held):
        sdk.payment_intents.capture(held.id)

        with pytest.raises(stripe.InvalidRequestError) as refused:
            sdk.payment_intents.capture(held.id)

        assert refused.value.code == "payment_intent_unexpected_state"

    def test_what_is_held_can_be_let_go(self, sdk, held):
        assert sdk.payment_intents.cancel(held.id).status == "canceled"
        with pytest.raises(stripe.InvalidRequestError):
            sdk.payment_intents.capture(held.id)
        with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge to refund"):
            sdk.refunds.create({"payment_intent": held.id})


class TestCancel:
    def test_says_when_and_why(self, sdk, intent):
        canceled = sdk.payment_intents.cancel(intent.id, {"cancellation_reason": "abandoned"})

        assert (canceled.status, canceled.cancellation_reason) == ("canceled", "abandoned")
        assert canceled.canceled_at >= canceled.created
        assert types_of(sdk)[-1] == "payment_intent.canceled"

    def test_comes_too_late_once_it_is_paid(self, sdk):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            sdk.payment_intents.cancel(paid(sdk).id)

        assert refused.value.code == "payment_intent_unexpected_state"
        assert "status of succeeded" in str(refused.value)

    def test_is_the_end(self, sdk, intent):
        sdk.payment_intents.cancel(intent.id)

        with pytest.raises(stripe.InvalidRequestError):
            sdk.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})


class TestUpdate:
    def test_changes_what_it_names(self, sdk, intent):
        customer = sdk.customers.create()

        updated = sdk.payment_intents.update(
            intent.id,
            {
                "amount": 5_000,
                "customer": customer.id,
                "description": "",
                "metadata": {"b": "2"},
                "payment_method": "pm_card_visa",
            },
        )

        assert (updated.amount, updated.customer, updated.description) == (5_000, customer.id, None)
        assert updated.metadata.to_dict() == {"order": "1", "b": "2"}
        assert updated.status == "requires_confirmation"

    def test_labels_can_be_changed_for_ever_but_the_amount_cannot(self, sdk):
        intent = paid(sdk)

        assert sdk.payment_intents.update(intent.id, {"metadata": {"late": "yes"}}).metadata.late == "yes"
        with pytest.raises(stripe.InvalidRequestError) as refused:
            sdk.payment_intents.update(intent.id, {"amount": 1_000})
        assert refused.value.code == "payment_intent_unexpected_state"
        with pytest.raises(stripe.InvalidRequestError):
            sdk.payment_intents.update(intent.id, {"payment_method": "pm_card_visa"})

    def test_the_least_still_holds(self, sdk, intent):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            sdk.payment_intents.update(intent.id, {"amount": 20})

        assert refused.value.code == "amount_too_small"
        assert sdk.payment_intents.retrieve(intent.id).amount == 4_299


def test_intents_are_listed_by_customer(sdk, intent):
    customer = sdk.customers.create()
    theirs = paid(sdk, customer=customer.id)

    assert [each.id for each in sdk.payment_intents.list().data] == [theirs.id, intent.id]
    assert [each.id for each in sdk.payment_intents.list({"customer": customer.id}).data] == [theirs.id]


@pytest.mark.parametrize("name", ["amount", "currency", "capture_method"])
def test_a_null_changes_nothing(wire, name):
    """JSON can say null where a form would say nothing."""
    made = wire.post("/v1/payment_intents", "amount=2000&currency=usd").json()

    answer = wire.post(f"/v1/payment_intents/{made['id']}", f'{{"{name}": null}}', "application/json")

    assert answer.status_code in (200, 400)
    assert wire.get(f"/v1/payment_intents/{made['id']}").json()["amount"] == 2000
