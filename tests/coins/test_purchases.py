"""Buying coins: one payment, one transfer, whatever fails."""

import pytest
import time_machine
from django.core.management import call_command

from agents.errors import NotFound
from agents.operations import create_agent
from coins import operations
from coins.models import SOON, Package, Purchase, Transfer
from coins.operations import refund_purchase
from coins.status import Status
from payments.models import Payment
from payments.operations import OutcomeUnknown
from payments.settling import finish
from payments.status import State
from tests.coins.factories import DECLINED, NO_FUNDS, an_account, balance, buy
from tests.payments import unreliable

pytestmark = pytest.mark.django_db(transaction=True)


class TestAPurchase:
    def test_is_one_payment_and_one_transfer(self, customer):
        purchase = buy(customer, "package_2")

        assert purchase.status == Status.COMPLETED
        assert (purchase.payment.state, str(purchase.payment.money)) == (State.SUCCEEDED, "$25.00")
        assert (purchase.transfer.coins, purchase.transfer.destination_id) == (300, customer.id)
        assert balance(customer) == 300

    def test_keeps_its_terms_when_the_package_changes(self, customer):
        purchase = buy(customer)
        Package.objects.filter(pk="package_1").update(coins=1, price_amount=1, name="Tiny")
        call_command("verify_ledger")

        purchase.refresh_from_db()
        assert (purchase.coins, purchase.amount, purchase.package_name) == (100, 1000, "Starter Pack")

    @pytest.mark.parametrize("card", [DECLINED, NO_FUNDS])
    def test_that_is_declined_moves_no_coins(self, packages, agent, card):
        customer = an_account(agent, card=card)

        purchase = buy(customer)

        assert (purchase.status, purchase.transfer, balance(customer)) == (Status.FAILED, None, 0)
        call_command("verify_ledger")

    def test_is_made_again_without_a_key(self, customer):
        assert buy(customer).id != buy(customer).id
        assert balance(customer) == 200

    def test_that_comes_twice_within_seconds_is_shown_to_staff(self, customer):
        first, second, other = buy(customer), buy(customer), buy(customer, "package_2")

        assert [first.attention, second.attention, other.attention] == ["", "duplicate", ""]

    def test_that_comes_again_after_a_while_is_no_double(self, customer):
        first = buy(customer)
        with time_machine.travel(first.created_at + SOON):
            assert buy(customer).attention == ""

    def test_is_refused_without_a_card(self, packages, agent):
        with pytest.raises(operations.NoPaymentMethod, match="No payment method attached"):
            buy(an_account(agent, card=None))

    def test_is_refused_if_the_package_is_not_on_sale(self, customer):
        Package.objects.filter(pk="package_1").update(is_active=False)

        with pytest.raises(operations.InvalidPackage, match="Invalid package ID"):
            buy(customer)

    def test_is_refused_to_another_agent(self, customer):
        customer.agent, _ = create_agent(name="Mallory")
        with pytest.raises(NotFound, match="Customer not found"):
            buy(customer)


class TestARetry:
    def test_of_a_finished_request_finds_its_purchase(self, customer):
        assert buy(customer, key="k").id == buy(customer, key="k").id
        assert (balance(customer), Payment.objects.count()) == (100, 1)

    @pytest.mark.parametrize(
        "trouble",
        [
            unreliable.DiesBeforeCreate,
            unreliable.DiesAfterCreate,
            unreliable.DiesBeforeConfirm,
            unreliable.DiesAfterConfirm,
        ],
    )
    def test_after_a_crash_buys_once(self, customer, settings, trouble):
        settings.PAYMENT_LEASE = 0
        settings.PAYMENT_PROCESSOR = unreliable.path(trouble)
        with pytest.raises(unreliable.Crash):
            buy(customer, key="k")
        assert balance(customer) == 0
        settings.PAYMENT_PROCESSOR = unreliable.SANDBOX

        purchase = buy(customer, key="k")

        assert (purchase.status, balance(customer), Transfer.objects.count()) == (Status.COMPLETED, 100, 1)
        call_command("verify_ledger")

    def test_after_a_lost_answer_buys_once(self, customer, settings):
        settings.PAYMENT_PROCESSOR = unreliable.path(unreliable.LosesTheAnswer)
        with pytest.raises(OutcomeUnknown):
            buy(customer, key="k")
        settings.PAYMENT_PROCESSOR = unreliable.SANDBOX

        assert buy(customer, key="k").status == Status.COMPLETED
        assert balance(customer) == 100

    def test_is_not_needed_for_the_sweep_to_finish_it(self, customer, settings):
        settings.PAYMENT_PROCESSOR = unreliable.path(unreliable.LosesTheAnswer)
        with pytest.raises(OutcomeUnknown):
            buy(customer)
        settings.PAYMENT_PROCESSOR = unreliable.SANDBOX

        finish(Payment.objects.get())

        assert (Purchase.objects.get().status, balance(customer)) == (Status.COMPLETED, 100)


class TestARefund:
    def test_brings_the_money_and_the_coins_back(self, customer):
        purchase = refund_purchase(purchase_id=buy(customer).id, requested_by="staff")

        assert (purchase.status, balance(customer)) == (Status.REFUNDED, 0)
        assert Transfer.objects.get(reverses=purchase.transfer).destination_id == "issuing"
        assert Payment.objects.get().refunded_amount == 1000
        call_command("verify_ledger")
