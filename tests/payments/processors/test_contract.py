"""What every processor promises. Another one joins by a line in DOORS.

The sandbox is asked in process; Stripe's processor asks, over HTTP and through Stripe's own SDK, our `/v1`.
"""

from datetime import timedelta

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from payments.money import Money
from payments.processors import processor
from payments.processors.base import (
    Authentication,
    Authorized,
    CardRefused,
    Declined,
    NoSuchCredential,
    Processor,
    RefundFailed,
    RefundPending,
    RefundSucceeded,
    RequiresAction,
    Succeeded,
)
from payments.sandbox.models import Charge
from payments.sandbox.operations import answer_challenge, create_payment_method, create_token
from tests.payments.factories import card

pytestmark = pytest.mark.django_db(transaction=True)

DOORS = {
    "sandbox": "payments.processors.sandbox.SandboxProcessor",
    "stripe": "payments.processors.stripe.StripeProcessor",
}
PROOF = Authentication("AAIBBYNoEwAAAAAAhAdoAAAAAAA=", "05", "c4e59ceb-a382-4d6a-bc87-385d591fa09d", "2.2.0")


@pytest.fixture(params=DOORS)
def door(request, settings, live_server) -> Processor:
    settings.PAYMENT_PROCESSOR = DOORS[request.param]
    settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE = "sk_test_till", live_server.url
    return processor()


def announced(door: Processor, amount: int = 4_299, key: str = "create", capture: str = "automatic") -> str:
    return door.create(amount=Money(amount, "usd"), key=key, metadata={"payment": "pay_1"}, capture=capture)


def paid(door: Processor, credential: str = "pm_card_visa") -> str:
    payment = announced(door)
    assert isinstance(door.confirm(payment, credential=credential, key="confirm"), Succeeded)
    return payment


def held(door: Processor, key: str = "create") -> str:
    payment = announced(door, key=key, capture="manual")
    assert door.confirm(payment, credential="pm_card_visa", key=f"{key}:confirm") == Authorized()
    return payment


def challenged(door: Processor, credential: str = "pm_card_authenticationRequired") -> str:
    payment = announced(door)
    assert isinstance(door.confirm(payment, credential=credential, key="confirm"), RequiresAction)
    return payment


def answered(payment: str, *, is_approved: bool) -> None:
    with transaction.atomic():
        answer_challenge(payment_intent_id=payment, is_approved=is_approved)


def refunded(door: Processor, payment: str, amount: int, key: str = "refund"):
    return door.refund(payment, amount=Money(amount, "usd"), key=key, metadata={"refund": key, "payment": "pay_1"})


def a_while_later() -> time_machine.travel:
    return time_machine.travel(timezone.now() + timedelta(seconds=30))


class TestStoreCard:
    def test_returns_a_credential_and_what_may_be_known(self, door):
        stored = door.store_card(card("5200828282828210", exp_month=3, exp_year=2031), key="k")

        facts = stored.facts
        assert stored.id.startswith("pm_")
        assert (facts.brand, facts.last4, facts.funding) == ("mastercard", "8210", "debit")
        assert (facts.exp_month, facts.exp_year) == (3, 2031)

    def test_the_credential_can_be_charged(self, door):
        stored = door.store_card(card(), key="k")

        outcome = door.confirm(announced(door), credential=stored.id, key="confirm")

        assert isinstance(outcome, Succeeded)

    def test_the_same_key_stores_one_card(self, door):
        assert door.store_card(card(), key="k") == door.store_card(card(), key="k")

    def test_another_key_stores_another(self, door):
        assert door.store_card(card(), key="k").id != door.store_card(card(), key="another").id

    def test_the_fingerprint_is_the_numbers(self, door):
        visa = door.store_card(card("4242424242424242", exp_year=2031), key="a").facts.fingerprint
        again = door.store_card(card("4242424242424242", exp_year=2034), key="b").facts.fingerprint
        other = door.store_card(card("4000056655665556"), key="c").facts.fingerprint

        assert visa == again != other

    @pytest.mark.parametrize("number", ["4000000000000002", "4000000000009995", "4000000000000069"])
    def test_a_card_that_will_be_declined_can_be_stored(self, door, number):
        stored = door.store_card(card(number), key="k")

        outcome = door.confirm(announced(door), credential=stored.id, key="confirm")

        assert isinstance(outcome, Declined)

    @pytest.mark.parametrize(
        ("changes", "code", "message", "field"),
        [
            ({"number": "4242424242424241"}, "incorrect_number", "Your card number is incorrect.", "number"),
            ({"exp_month": 13}, "invalid_expiry_month", "Your card's expiration month is invalid.", "exp_month"),
            ({"exp_year": 1995}, "invalid_expiry_year", "Your card's expiration year is invalid.", "exp_year"),
            ({"cvc": "99"}, "invalid_cvc", "Your card's security code is invalid.", "cvc"),
        ],
    )
    def test_bad_data_is_refused_where_it_is_wrong(self, door, changes, code, message, field):
        with pytest.raises(CardRefused) as refused:
            door.store_card(card(**changes), key="k")

        assert (refused.value.code, refused.value.message, refused.value.field) == (code, message, field)


class TestCreate:
    def test_decides_nothing(self, door):
        assert door.retrieve(announced(door)) is None

    def test_the_same_key_announces_one_payment(self, door):
        assert announced(door, key="k") == announced(door, key="k")

    def test_another_key_announces_another(self, door):
        assert announced(door, key="k") != announced(door, key="another")


class TestConfirm:
    def test_collects_the_money(self, door):
        payment = announced(door)

        outcome = door.confirm(payment, credential="pm_card_visa", key="k")

        assert isinstance(outcome, Succeeded)
        assert door.retrieve(payment) == outcome

    @pytest.mark.parametrize(
        "credential", ["pm_card_visa", "tok_visa", "pm_card_chargeDeclined", "pm_card_authenticationRequired"]
    )
    def test_the_same_key_gives_the_same_outcome(self, door, credential):
        payment = announced(door)

        first = door.confirm(payment, credential=credential, key="k")

        assert door.confirm(payment, credential=credential, key="k") == first

    def test_a_payment_is_not_paid_again_under_another_key(self, door):
        payment = announced(door)
        first = door.confirm(payment, credential="pm_card_visa", key="k")

        assert door.confirm(payment, credential="pm_card_visa", key="another") == first

    def test_a_decline_is_an_answer_that_stays(self, door):
        payment = announced(door)

        outcome = door.confirm(payment, credential="pm_card_visa_chargeDeclinedInsufficientFunds", key="k")

        assert isinstance(outcome, Declined)
        assert outcome.code == "insufficient_funds"
        assert door.retrieve(payment) == outcome

    def test_a_bank_may_want_the_buyer_to_approve(self, door):
        payment = announced(door)

        outcome = door.confirm(payment, credential="pm_card_authenticationRequired", key="k")

        assert isinstance(outcome, RequiresAction)
        assert outcome.url.startswith("http")
        assert door.retrieve(payment) == outcome

    @pytest.mark.parametrize("credential", ["pm_nobody", "tok_nobody", "nobody"])
    def test_a_credential_that_names_nothing_moves_nothing(self, door, credential):
        payment = announced(door)

        with pytest.raises(NoSuchCredential):
            door.confirm(payment, credential=credential, key="k")

        assert door.retrieve(payment) is None

    def test_a_token_pays_once(self, door):
        first, second = announced(door, key="first"), announced(door, key="second")
        token = one_use_token()
        assert isinstance(door.confirm(first, credential=token, key="k1"), Succeeded)

        with pytest.raises(NoSuchCredential):
            door.confirm(second, credential=token, key="k2")

    def test_a_shared_payment_token_that_nobody_issued_moves_nothing(self, door):
        payment = announced(door)

        with pytest.raises(NoSuchCredential):
            door.confirm(payment, credential="spt_nobody", key="k")

        assert door.retrieve(payment) is None

    def test_another_card_may_be_tried_after_a_decline(self, door):
        payment = announced(door)
        door.confirm(payment, credential="pm_card_chargeDeclined", key="k1")

        outcome = door.confirm(payment, credential="pm_card_visa", key="k2")

        assert isinstance(outcome, Succeeded)
        assert door.retrieve(payment) == outcome


class TestApproval:
    def test_given_to_the_bank_leads_to_a_charge(self, door):
        payment = challenged(door)

        answered(payment, is_approved=True)

        assert isinstance(door.retrieve(payment), Succeeded)

    def test_not_given_is_a_decline(self, door):
        payment = challenged(door)

        answered(payment, is_approved=False)

        outcome = door.retrieve(payment)
        assert isinstance(outcome, Declined)
        assert outcome.code == "authentication_failed"

    def test_given_elsewhere_leads_to_a_charge(self, door):
        payment = challenged(door)

        outcome = door.authenticate(payment, proof=PROOF, key="k")

        assert outcome == Succeeded(Charge.objects.get().pk)
        assert door.retrieve(payment) == outcome

    def test_given_elsewhere_does_not_help_a_card_without_money(self, door):
        payment = challenged(door, "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds")

        outcome = door.authenticate(payment, proof=PROOF, key="k")

        assert isinstance(outcome, Declined)
        assert outcome.code == "insufficient_funds"

    def test_the_same_key_gives_the_same_outcome(self, door):
        payment = challenged(door)

        first = door.authenticate(payment, proof=PROOF, key="k")

        assert door.authenticate(payment, proof=PROOF, key="k") == first
        assert Charge.objects.count() == 1

    def test_given_twice_charges_once(self, door):
        payment = challenged(door)
        answered(payment, is_approved=True)

        assert door.authenticate(payment, proof=PROOF, key="k") == door.retrieve(payment)

        assert Charge.objects.count() == 1


class TestCapture:
    def test_takes_what_is_held(self, door):
        payment = held(door)
        assert door.retrieve(payment) == Authorized()

        outcome = door.capture(payment, key="k")

        assert outcome == door.retrieve(payment) == Succeeded(Charge.objects.get().pk)

    @pytest.mark.parametrize("keys", [("k", "k"), ("k1", "k2")])
    def test_twice_takes_it_once(self, door, keys):
        payment = held(door)

        first, second = (door.capture(payment, key=key) for key in keys)

        assert first == second
        assert Charge.objects.get().captured_amount == 4_299

    def test_of_what_was_let_go_takes_nothing(self, door):
        payment = held(door)
        door.cancel(payment, key="cancel")

        outcome = door.capture(payment, key="k")

        assert isinstance(outcome, Declined)
        assert outcome.code == "canceled"
        assert Charge.objects.get().captured_amount == 0


class TestCancel:
    @pytest.mark.parametrize("before", [announced, challenged, held])
    def test_no_money_moves_any_more(self, door, before):
        payment = before(door)

        outcome = door.cancel(payment, key="cancel")

        assert isinstance(outcome, Declined)
        assert outcome.code == "canceled"
        assert door.retrieve(payment) == outcome
        assert door.confirm(payment, credential="pm_card_visa", key="another") == outcome

    def test_after_a_decline_it_is_canceled_for_good(self, door):
        payment = announced(door)
        door.confirm(payment, credential="pm_card_chargeDeclined", key="k")

        outcome = door.cancel(payment, key="cancel")

        assert isinstance(outcome, Declined)
        assert outcome.code == "canceled"

    def test_too_late_it_says_so(self, door):
        payment = paid(door)

        assert door.cancel(payment, key="cancel") == Succeeded(Charge.objects.get().pk)

    @pytest.mark.parametrize("keys", [("k", "k"), ("k1", "k2")])
    def test_twice_is_as_good_as_once(self, door, keys):
        payment = announced(door)

        first, second = (door.cancel(payment, key=key) for key in keys)

        assert first == second


class TestRefund:
    def test_gives_money_back(self, door):
        payment = paid(door)

        outcome = refunded(door, payment, 1_000)

        assert isinstance(outcome, RefundSucceeded)
        assert door.retrieve_refund(outcome.id) == outcome
        assert Charge.objects.get().refunded_amount == 1_000

    def test_the_same_key_gives_it_back_once(self, door):
        payment = paid(door)

        assert refunded(door, payment, 1_000, "k") == refunded(door, payment, 1_000, "k")

        assert Charge.objects.get().refunded_amount == 1_000

    def test_never_more_than_was_paid(self, door):
        payment = paid(door)
        refunded(door, payment, 4_000, "first")

        outcome = refunded(door, payment, 300, "second")

        assert outcome == RefundFailed("", "amount_too_large", "Less than this is left of the payment.")

    def test_of_what_has_been_refunded_fails(self, door):
        payment = paid(door)
        refunded(door, payment, 4_299, "first")

        outcome = refunded(door, payment, 1, "second")

        assert isinstance(outcome, RefundFailed)
        assert (outcome.id, outcome.code) == ("", "charge_already_refunded")

    def test_of_what_was_not_paid_fails(self, door):
        outcome = refunded(door, announced(door), 1_000)

        assert isinstance(outcome, RefundFailed)
        assert outcome.id == ""

    def test_may_take_a_while(self, door):
        payment = paid(door, "pm_card_pendingRefund")

        outcome = refunded(door, payment, 1_000)

        assert isinstance(outcome, RefundPending)
        with a_while_later():
            assert door.retrieve_refund(outcome.id) == RefundSucceeded(outcome.id)

    def test_may_come_back(self, door):
        payment = paid(door, "pm_card_refundFail")

        outcome = refunded(door, payment, 1_000)

        assert isinstance(outcome, RefundSucceeded)
        with a_while_later():
            assert isinstance(door.retrieve_refund(outcome.id), RefundFailed)

    def test_can_be_found_again_by_our_own_id(self, door):
        payment = paid(door)
        outcome = refunded(door, payment, 1_000, "re_ours")

        (found,) = door.refunds_of(payment)

        assert (found.id, found.amount, found.reference) == (outcome.id, Money(1_000, "usd"), "re_ours")
        assert found.outcome == outcome

    def test_there_is_none_before_there_is_one(self, door):
        assert door.refunds_of(paid(door)) == []


class TestDisputes:
    def test_are_told(self, door):
        payment = paid(door, "pm_card_createDispute")

        (dispute,) = door.disputes_of(payment)

        assert (dispute.amount, dispute.reason, dispute.status) == (Money(4_299, "usd"), "fraudulent", "needs_response")
        assert dispute.answer_by > timezone.now()

    def test_keep_a_refund_from_being_made(self, door):
        payment = paid(door, "pm_card_createDispute")

        outcome = refunded(door, payment, 1_000)

        assert isinstance(outcome, RefundFailed)
        assert outcome.code == "charge_disputed"

    def test_are_none_on_a_good_day(self, door):
        assert door.disputes_of(paid(door)) == []


def one_use_token() -> str:
    with transaction.atomic():
        return create_token(payment_method=create_payment_method(card=card())).pk
