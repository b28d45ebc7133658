"""Coins move from one account to another, and a balance is what moved."""

import contextlib

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st
from hypothesis.extra.django import TransactionTestCase

from agents.errors import ApiError
from agents.operations import create_agent
from coins import operations
from coins.models import ISSUING, Account, NeverChanged, Purchase, Transfer
from coins.operations._ledger import issue, reverse
from payments.models import Dispute, Payment
from tests.coins.factories import an_account, balance, buy, lose_dispute, refund_there

pytestmark = pytest.mark.django_db


class TestATransfer:
    def test_is_never_changed(self, customer):
        transfer = grant(customer, 10)

        transfer.coins = 1000
        for change in (transfer.save, transfer.delete, Transfer.objects.all().delete):
            with pytest.raises(NeverChanged):
                change()
        with pytest.raises(NeverChanged):
            Transfer.objects.update(coins=1000)
        assert Transfer.objects.get().coins == 10

    @pytest.mark.parametrize("coins", [0, -1])
    def test_moves_coins(self, customer, coins):
        with pytest.raises(IntegrityError), transaction.atomic():
            grant(customer, coins)
        assert balance(customer) == 0

    def test_cannot_overdraw_an_account(self, customer):
        grant(customer, 10)

        with pytest.raises(operations.InsufficientCoins):
            operations.spend_currency(customer=customer, coins=11, reason="")
        with pytest.raises(IntegrityError), transaction.atomic():
            Account.objects.filter(pk=customer.id).update(balance=-1)

    def test_is_undone_once(self, customer):
        transfer = grant(customer, 10)
        grant(customer, 10)
        reverse(transfer)

        with pytest.raises(IntegrityError), transaction.atomic():
            reverse(transfer)
        assert balance(customer) == 10


class TestTheIssuingAccount:
    def test_stores_no_balance(self, customer):
        grant(customer, 10)

        assert Account.objects.get(pk=ISSUING).balance is None
        with pytest.raises(IntegrityError), transaction.atomic():
            Account.objects.filter(pk=ISSUING).update(balance=0)

    def test_is_one(self, customer):
        with pytest.raises(IntegrityError), transaction.atomic():
            Account.objects.create(id="another")


def grant(customer, coins):
    return operations.grant_coins(customer=customer, coins=coins, reason="a gift")


class TestVerifyLedger:
    def test_is_content_with_what_operations_do(self, customer, capsys):
        grant(customer, 10)
        call_command("verify_ledger")

        assert "The ledger agrees: 2 accounts, 1 transfers, 0 purchases" in capsys.readouterr().out

    def test_says_what_does_not_agree_and_exits_1(self, customer, capsys):
        grant(customer, 10)
        Account.objects.filter(pk=customer.id).update(balance=11)

        with pytest.raises(CommandError) as failed:
            call_command("verify_ledger")
        assert failed.value.returncode == 1
        assert f"account {customer.id} says 11, its transfers say 10" in capsys.readouterr().out

    def test_notices_coins_of_a_purchase_that_there_is_not(self, customer, capsys):
        stray = issue(customer_id=customer.id, coins=10, kind=Transfer.Kind.PURCHASE, reason="")

        with pytest.raises(CommandError):
            call_command("verify_ledger")
        assert f"transfer {stray.id} brings the coins of no purchase" in capsys.readouterr().out

    def test_notices_a_mirror_that_is_bent(self, customer, capsys):
        transfer = grant(customer, 10)
        Transfer.objects.bulk_create([
            Transfer(kind="reversal", source_id=customer.id, destination_id=ISSUING, coins=9, reverses=transfer)
        ])  # fmt: skip
        Account.objects.filter(pk=customer.id).update(balance=1)

        with pytest.raises(CommandError):
            call_command("verify_ledger")
        assert f"is not the mirror image of {transfer.id}" in capsys.readouterr().out


@pytest.mark.django_db(transaction=True)
class TestVerifyLedgerOfPurchases:
    def test_notices_coins_left_after_a_lost_dispute(self, customer, capsys):
        purchase = buy(customer)
        facts = {"amount": 1000, "currency": "usd", "reason": "fraudulent", "status": "lost"}
        Dispute.objects.create(pk="du_1", payment=Payment.objects.get(reference=purchase.pk), **facts)

        with pytest.raises(CommandError):
            call_command("verify_ledger")
        assert f"purchase {purchase.id} is completed, and its dispute was lost" in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("spoil", "found"),
        [
            ("UPDATE coins_purchase SET coins = coins + 1", "its transfer does not bring its coins"),
            ("UPDATE coins_purchase SET amount = amount + 1", "and its payment differ"),
            ("UPDATE payments_payment SET refunded_amount = amount", "is completed, and its money went back"),
            ("UPDATE coins_purchase SET status = 'refunded'", "its coins were neither taken back nor missed"),
            ("UPDATE coins_purchase SET status = 'failed', transfer_id = NULL", "does not know that its payment succ"),
        ],
    )
    def test_notices(self, customer, capsys, spoil, found):
        buy(customer)
        with connection.cursor() as cursor:
            cursor.execute(spoil)

        with pytest.raises(CommandError):
            call_command("verify_ledger")
        assert found in capsys.readouterr().out


TO_A_PURCHASE = ["refund", "refund despite", "refund there", "dispute", "collect"]
ACTS = st.one_of(
    st.tuples(st.just("buy"), st.sampled_from(["package_1", "package_2", "package_3"])),
    st.tuples(st.just("spend"), st.integers(1, 800)),
    st.tuples(st.just("grant"), st.integers(1, 100)),
    st.tuples(st.sampled_from(TO_A_PURCHASE), st.integers(0, 5)),
)


def do(customer, act, what):
    """Carry one act out, as far as it can be."""
    bought = list(Purchase.objects.order_by("created_at", "pk"))
    purchase_id = bought[what % len(bought)].id if act in TO_A_PURCHASE and bought else None
    match act:
        case "buy":
            buy(customer, what)
        case "spend":
            with transaction.atomic():
                operations.spend_currency(customer=customer, coins=what, reason="")
        case "grant":
            with transaction.atomic():
                grant(customer, what)
        case "refund" | "refund despite" if purchase_id:
            despite = act == "refund despite"
            operations.refund_purchase(purchase_id=purchase_id, requested_by="staff", despite_spent=despite)
        case "refund there" if purchase_id:
            refund_there(purchase_id)
        case "dispute" if purchase_id:
            lose_dispute(purchase_id)
        case "collect" if purchase_id:
            operations.collect_coins(purchase_id=purchase_id)


class TestAnySequence(TransactionTestCase):
    @effort(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(acts=st.lists(ACTS, max_size=10))
    def test_ends_with_balances_that_are_their_transfers(self, acts):
        call_command("seed_packages", verbosity=0)
        customer = an_account(create_agent(name="Robin")[0])
        for act, what in acts:
            with contextlib.suppress(ApiError):
                do(customer, act, what)

        assert balance(customer) >= 0
        call_command("verify_ledger")
