"""Delegating a card, and what payments do with the token."""

from datetime import timedelta

import pytest

from agents.errors import ApiError, Unavailable
from agents.operations import create_agent
from payments.money import Money
from payments.sandbox.models import PaymentMethod
from tests.vault.factories import NOW, delegate, payment_for
from vault import operations
from vault.models import VaultToken

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


class TestDelegatePayment:
    def test_keeps_the_allowance_and_what_may_be_known_of_the_card(self, agent):
        token = delegate(agent)

        assert token.id.startswith("vt_")
        assert (token.max_amount, token.currency, token.merchant_id) == (10_000, "usd", "merchant_123")
        assert token.checkout_session_id == "cs_1"
        assert (token.brand, token.last4, token.exp_month, token.exp_year) == ("visa", "4242", 12, 2034)
        assert token.credential.startswith("pm_")
        assert token.state == "active"

    def test_the_processor_has_the_card(self, agent):
        token = delegate(agent)

        assert PaymentMethod.objects.filter(pk=token.credential).exists()

    def test_the_same_card_has_the_same_fingerprint(self, agent):
        assert delegate(agent).fingerprint == delegate(agent, attempt="second").fingerprint

    def test_echoes_metadata_with_the_merchant_and_the_key(self, agent):
        """Statement 100: metadata echoes merchant_id and idempotency_key when applicable, all values strings."""
        token = delegate(agent, key="key-7", metadata={"source": "chatgpt", "merchant_id": "someone else"})

        assert token.metadata == {"source": "chatgpt", "merchant_id": "merchant_123", "idempotency_key": "key-7"}

    def test_without_a_key_there_is_none_to_echo(self, agent):
        """Statement 100: idempotency_key only when there is one."""
        assert delegate(agent).metadata == {"merchant_id": "merchant_123"}

    @pytest.mark.parametrize(("action", "needs_review"), [("manual_review", True), ("authorized", False)])
    def test_a_signal_may_ask_for_a_review(self, agent, action, needs_review):
        signals = [
            {"type": "card_testing", "score": 1, "action": "authorized"},
            {"type": "card_testing", "score": 9, "action": action},
        ]

        assert delegate(agent, risk_signals=signals).needs_review is needs_review

    def test_a_blocked_card_is_refused_before_the_processor_sees_it(self, agent):
        blocked = [{"type": "card_testing", "score": 99, "action": "blocked"}]

        with pytest.raises(operations.DelegationRefused) as refused:
            delegate(agent, risk_signals=blocked)

        assert refused.value.param == "$.risk_signals[0].action"
        assert not PaymentMethod.objects.exists()

    @pytest.mark.parametrize(
        ("change", "param"),
        [
            ({"payment_method__number": "4242424242424241"}, "$.payment_method.number"),
            ({"payment_method__number": "424242424242"}, "$.payment_method.number"),
            ({"payment_method__number": "4242 4242 4242 4242"}, "$.payment_method.number"),
            ({"payment_method__number": "9999999999999995"}, "$.payment_method.number"),
            ({"payment_method__number": ""}, "$.payment_method.number"),
            ({"payment_method__exp_year": "2025"}, "$.payment_method.exp_year"),
            ({"payment_method__exp_year": "2026", "payment_method__exp_month": "04"}, "$.payment_method.exp_month"),
            ({"payment_method__cvc": "12"}, "$.payment_method.cvc"),
            ({"payment_method__cvc": "abc"}, "$.payment_method.cvc"),
            ({"payment_method__cvc": "1234"}, "$.payment_method.cvc"),
            ({"allowance__expires_at": NOW.isoformat()}, "$.allowance.expires_at"),
        ],
    )
    def test_refuses_what_no_bank_would_look_at(self, agent, change, param):
        with pytest.raises(operations.DelegationRefused) as refused:
            delegate(agent, **change)

        assert refused.value.code == "invalid_card"
        assert refused.value.param == param
        assert not VaultToken.objects.exists()

    def test_a_card_is_good_until_the_end_of_its_month(self, agent):
        """Statement 103: a card of this month is still good."""
        assert delegate(agent, payment_method__exp_year="2026", payment_method__exp_month="05").exp_month == 5

    def test_an_amex_code_has_four_digits(self, agent):
        token = delegate(agent, payment_method__number="378282246310005", payment_method__cvc="1234")

        assert token.brand == "amex"

    @pytest.mark.parametrize(
        ("change", "param"),
        [
            ({"metadata": {"note": "card 4242424242424242"}}, "$.metadata"),
            ({"metadata": {"4242-4242-4242-4242": "note"}}, "$.metadata"),
            ({"billing_address__line_two": "4242 4242 4242 4242"}, "$.billing_address"),
            ({"allowance__merchant_id": "4242424242424242"}, "$.allowance"),
        ],
    )
    def test_refuses_to_keep_a_number_that_was_put_elsewhere(self, agent, change, param):
        """Statement 13: a full PAN is kept nowhere, wherever the agent puts it."""
        with pytest.raises(operations.DelegationRefused) as refused:
            delegate(agent, **change)

        assert refused.value.param == param

    def test_a_retry_after_a_crash_stores_the_same_card_and_makes_one_token(self, agent):
        """Statement 30: a recovery point around the processor's call."""

        def crash(token):
            raise SystemExit

        with pytest.raises(SystemExit):
            delegate(agent, attempt="the same", answer=crash)

        assert not VaultToken.objects.exists()
        token = delegate(agent, attempt="the same")

        assert PaymentMethod.objects.get().pk == token.credential

    def test_another_attempt_stores_another_card(self, agent):
        assert delegate(agent, attempt="one").credential != delegate(agent, attempt="two").credential

    def test_a_silent_processor_is_unavailable(self, agent, settings):
        """Statement 107: 503, and the same request may be sent again."""
        settings.PAYMENT_PROCESSOR = "tests.vault.processors.SilentProcessor"

        with pytest.raises(Unavailable) as refused:
            delegate(agent)

        assert refused.value.retry_after
        assert not VaultToken.objects.exists()


class TestAllowedToken:
    @pytest.fixture
    def token(self, agent):
        return delegate(agent)

    def ask(self, token, **changes):
        charge = {
            "agent": token.agent,
            "token_id": token.id,
            "merchant_ids": ["merchant_123", "merchant_rtg"],
            "checkout_session_id": "cs_1",
            "amount": Money(10_000, "usd"),
            "now": NOW,
        }
        return operations.allowed_token(**charge | changes)

    def test_returns_a_token_that_covers_the_charge(self, token):
        assert self.ask(token) == token

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"token_id": "vt_nobody"}, "token_not_found"),
            ({"merchant_ids": ["merchant_rtg"]}, "token_wrong_merchant"),
            ({"checkout_session_id": "cs_2"}, "token_wrong_session"),
            ({"amount": Money(100, "eur")}, "token_wrong_currency"),
            ({"amount": Money(10_001, "usd")}, "token_amount_exceeded"),
            ({"now": NOW + timedelta(days=10_000)}, "token_expired"),
        ],
    )
    def test_refuses_what_the_allowance_does_not_cover(self, token, change, code):
        """Statement 106: unusable outside its allowance."""
        with pytest.raises(operations.TokenRefused) as refused:
            self.ask(token, **change)

        assert refused.value.code == code
        assert refused.value.status == 400
        assert refused.value.param == "$.payment_data.instrument.credential.token"

    def test_another_agents_token_does_not_exist(self, token):
        with pytest.raises(operations.TokenRefused) as refused:
            self.ask(token, agent=create_agent(name="Stranger")[0])

        assert refused.value.code == "token_not_found"

    def test_refuses_a_token_that_is_held_used_or_taken_back(self, agent, token):
        """Statement 106: no second use."""
        payment = payment_for(token)

        operations.reserve_token(token=token, payment=payment)
        assert code_of(lambda: self.ask(token)) == "token_reserved"

        operations.consume_token(payment=payment)
        assert code_of(lambda: self.ask(token)) == "token_consumed"

        revoked = delegate(agent, attempt="second")
        operations.revoke_token(token=revoked)
        assert code_of(lambda: self.ask(revoked)) == "token_revoked"


class TestTheHoldOfAPayment:
    def test_is_taken_by_one(self, agent):
        """Statement 106: two payments that saw the token active do not both get it."""
        token = delegate(agent)
        stale = VaultToken.objects.get(pk=token.id)
        operations.reserve_token(token=token, payment=payment_for(token))

        with pytest.raises(operations.TokenRefused) as refused:
            operations.reserve_token(token=stale, payment=payment_for(token, reference="cs_2"))

        assert refused.value.code == "token_reserved"

    def test_is_given_back_when_the_payment_comes_to_nothing(self, agent):
        token = delegate(agent)
        payment = payment_for(token)
        operations.reserve_token(token=token, payment=payment)

        operations.release_token(payment=payment)

        assert VaultToken.objects.get(pk=token.id).state == "active"

    def test_is_final_once_the_payment_succeeded(self, agent):
        token = delegate(agent)
        payment = payment_for(token)
        operations.reserve_token(token=token, payment=payment)
        operations.consume_token(payment=payment)

        operations.consume_token(payment=payment)
        operations.release_token(payment=payment)

        assert VaultToken.objects.get(pk=token.id).state == "consumed"

    def test_means_nothing_to_a_payment_without_a_token(self, agent):
        token = delegate(agent)
        payment = payment_for(token)

        operations.consume_token(payment=payment)
        operations.release_token(payment=payment)

        assert VaultToken.objects.get(pk=token.id).state == "active"


class TestRevokeToken:
    def test_can_be_said_twice(self, agent):
        token = delegate(agent)

        operations.revoke_token(token=token)
        operations.revoke_token(token=token)

        assert token.state == "revoked"

    def test_is_too_late_once_a_payment_has_it(self, agent):
        token = delegate(agent)
        operations.reserve_token(token=token, payment=payment_for(token))

        with pytest.raises(operations.TokenInUse):
            operations.revoke_token(token=token)


def code_of(refused):
    with pytest.raises(ApiError) as error:
        refused()
    return error.value.code
