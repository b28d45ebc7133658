"""Money goes back, and coins with it: once, and staff are asked where they are gone."""

import pytest
from django.core.management import call_command
from django.db import transaction

from coins import operations
from coins.models import Purchase, Transfer
from coins.status import Status
from payments.models import Refund
from payments.money import Money
from payments.operations import OutcomeUnknown
from payments.processors.base import DisputeFacts, RefundFacts, RefundFailed, RefundPending, RefundSucceeded
from payments.refunds import adopt_refund
from payments.settling import record_dispute, record_refund
from tests.coins.factories import balance, buy
from tests.payments import unreliable

pytestmark = pytest.mark.django_db(transaction=True)


def spend(customer, coins):
    with transaction.atomic():
        operations.spend_currency(customer=customer, coins=coins, reason="a sword")


def refund(purchase, **how):
    return operations.refund_purchase(purchase_id=purchase.id, requested_by="staff", **how)


def hear_of_refund(purchase, cents, outcome=None):
    """The processor tells of a refund that was made there."""
    outcome = outcome or RefundSucceeded("re_1")
    facts = RefundFacts(id=outcome.id, amount=Money(cents, "usd"), outcome=outcome, reference="")
    with transaction.atomic():
        adopted = adopt_refund(purchase.payment, facts)
    return record_refund(adopted, outcome)


class TestARefundOfOurs:
    def test_brings_money_and_coins_back(self, customer):
        purchase = refund(buy(customer))

        assert (purchase.status, balance(customer)) == (Status.REFUNDED, 0)
        assert (Refund.objects.get().amount, purchase.payment.refunded_amount) == (1000, 1000)
        call_command("verify_ledger")

    def test_happens_once(self, customer):
        purchase = buy(customer)
        refund(purchase)

        with pytest.raises(operations.NotReversible):
            refund(purchase)
        assert Refund.objects.count() == 1

    def test_is_refused_and_shown_to_staff_if_coins_are_spent(self, customer):
        purchase = buy(customer)
        spend(customer, 1)

        with pytest.raises(operations.InsufficientCoins):
            refund(purchase)
        purchase.refresh_from_db()
        assert (purchase.status, purchase.attention, balance(customer)) == (Status.COMPLETED, "coins_missing", 99)
        assert not Refund.objects.exists()

    def test_may_leave_spent_coins_and_collect_them_later(self, customer):
        purchase = buy(customer)
        spend(customer, 1)
        refunded = refund(purchase, despite_spent=True)
        call_command("verify_ledger")
        assert (refunded.status, refunded.coins_kept, refunded.attention) == (Status.REFUNDED, True, "coins_spent")

        with transaction.atomic():
            operations.grant_coins(customer=customer, coins=5, reason="")
        operations.collect_coins(purchase_id=purchase.id)

        assert balance(customer) == 4
        call_command("verify_ledger")

    def test_that_fails_afterwards_gives_the_coins_again(self, customer):
        purchase = refund(buy(customer))
        made = Refund.objects.select_related("payment").get()
        record_refund(made, RefundFailed(made.processor_id, "lost_or_stolen_card", "no such account"))

        purchase.refresh_from_db()
        assert (purchase.status, purchase.attention, balance(customer)) == (Status.COMPLETED, "refund_failed", 100)
        call_command("verify_ledger")

    def test_that_is_refused_gives_the_coins_again(self, customer):
        purchase = refund(buy(customer))
        made = Refund.objects.select_related("payment").get()
        record_refund(made, RefundFailed(made.processor_id, "lost_or_stolen_card", "no such account"))

        again = refund(purchase)  # at the sandbox, all of it went back already

        assert (again.status, balance(customer), Transfer.objects.count()) == (Status.COMPLETED, 100, 5)
        call_command("verify_ledger")


class TestARefundMadeAtTheProcessor:
    def test_takes_the_coins_back_once(self, customer):
        purchase = buy(customer)
        for _ in range(2):
            hear_of_refund(purchase, 1000)

        purchase.refresh_from_db()
        assert (purchase.status, balance(customer)) == (Status.REFUNDED, 0)
        assert Transfer.objects.filter(kind="reversal").count() == 1
        call_command("verify_ledger")

    def test_asks_staff_if_the_coins_are_spent(self, customer):
        purchase = buy(customer)
        spend(customer, 1)
        hear_of_refund(purchase, 1000)

        purchase.refresh_from_db()
        assert (purchase.status, purchase.attention, balance(customer)) == (Status.REFUNDED, "coins_spent", 99)
        call_command("verify_ledger")

    def test_of_a_part_leaves_the_coins_and_asks_staff(self, customer):
        purchase = buy(customer)
        hear_of_refund(purchase, 300)

        purchase.refresh_from_db()
        assert (purchase.status, purchase.attention, balance(customer)) == (Status.COMPLETED, "partly_refunded", 100)
        call_command("verify_ledger")

    def test_that_is_still_under_way_takes_the_coins_already(self, customer):
        hear_of_refund(buy(customer), 1000, RefundPending("re_1"))

        assert (Purchase.objects.get().status, balance(customer)) == (Status.REFUNDED, 0)


class TestADispute:
    def hear(self, purchase, status):
        facts = DisputeFacts("du_1", purchase.money, "fraudulent", status, None)
        return record_dispute(purchase.payment, facts)

    def test_that_is_lost_takes_the_coins_back_once(self, customer):
        purchase = buy(customer)
        for status in ("needs_response", "lost", "lost"):
            self.hear(purchase, status)

        purchase.refresh_from_db()
        assert (purchase.status, balance(customer)) == (Status.REFUNDED, 0)
        assert Transfer.objects.filter(kind="reversal").count() == 1
        call_command("verify_ledger")

    def test_that_is_lost_while_a_refund_fails_leaves_them_taken(self, customer):
        """The bank has given the money back already: that is why the refund fails."""
        purchase = buy(customer)
        hear_of_refund(purchase, 1000, RefundPending("re_1"))
        self.hear(purchase, "lost")
        record_refund(Refund.objects.select_related("payment").get(), RefundFailed("re_1", "charge_disputed", "no"))

        purchase.refresh_from_db()
        assert (purchase.status, balance(customer)) == (Status.REFUNDED, 0)
        call_command("verify_ledger")

    @pytest.mark.parametrize("status", ["needs_response", "won"])
    def test_that_is_not_lost_leaves_them(self, customer, status):
        self.hear(buy(customer), status)

        assert balance(customer) == 100

    def test_after_a_refund_takes_nothing_more(self, customer):
        purchase = refund(buy(customer))
        buy(customer)
        self.hear(purchase, "lost")

        assert balance(customer) == 100

    @pytest.mark.parametrize("order", [["fails", "lost"], ["lost", "fails"]])
    def test_and_a_refund_that_fails_take_them_back_once(self, customer, order):
        purchase = refund(buy(customer))
        made = Refund.objects.select_related("payment").get()
        for each in order:
            if each == "lost":
                self.hear(purchase, "lost")
            else:
                record_refund(made, RefundFailed(made.processor_id, "charge_for_disputed_payment", "it was disputed"))

        purchase.refresh_from_db()
        assert (purchase.status, balance(customer)) == (Status.REFUNDED, 0)
        call_command("verify_ledger")

    def test_that_is_lost_while_a_refund_is_under_way_keeps_them(self, customer, settings):
        purchase = buy(customer)
        settings.PAYMENT_PROCESSOR = unreliable.path(unreliable.LosesTheRefund)
        with pytest.raises(OutcomeUnknown):
            refund(purchase)
        self.hear(purchase, "lost")
        made = Refund.objects.select_related("payment").get()
        record_refund(made, RefundFailed("re_1", "charge_for_disputed_payment", "it was disputed"))

        purchase.refresh_from_db()
        assert (purchase.status, balance(customer)) == (Status.REFUNDED, 0)
        call_command("verify_ledger")
