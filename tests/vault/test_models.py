"""The life of a token."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from tests.vault.factories import NOW, delegate, payment_for
from vault.models import EXPIRED, HOLDING, MOVES, State, VaultToken

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


@pytest.fixture
def token(agent):
    return delegate(agent)


@pytest.fixture
def payment(token):
    return payment_for(token)


def stored(token):
    return VaultToken.objects.get(pk=token.pk)


def test_every_state_says_where_it_leads():
    assert set(MOVES) == set(State)


def test_nothing_leads_out_of_consumed_and_revoked():
    assert not MOVES[State.CONSUMED] | MOVES[State.REVOKED]


def test_a_payment_reserves_and_consumes_a_token(token, payment):
    assert token.reserve(payment)
    assert token.consume()

    assert stored(token).state == "consumed"
    assert stored(token).payment == payment
    assert stored(token).consumed_at is not None


def test_a_released_token_can_be_reserved_again(token, payment):
    token.reserve(payment)

    assert token.release()
    assert stored(token).state == "active"
    assert stored(token).payment is None
    assert token.reserve(payment)


def test_a_move_tells_the_object_as_well_as_the_row(token, payment):
    token.reserve(payment)

    assert (token.state, token.payment, token.reserved_at) == ("reserved", payment, stored(token).reserved_at)


@pytest.mark.parametrize(
    "states", [(source, target) for source in State for target in State if target not in MOVES[source]]
)
def test_every_move_that_is_not_in_the_table_is_refused(states, token, payment):
    source, target = states
    {
        State.ACTIVE: lambda: None,
        State.RESERVED: lambda: token.reserve(payment),
        State.CONSUMED: lambda: (token.reserve(payment), token.consume()),
        State.REVOKED: lambda: token.revoke(),
    }[source]()
    mover = {
        State.ACTIVE: token.release,
        State.RESERVED: lambda: token.reserve(payment),
        State.CONSUMED: token.consume,
        State.REVOKED: token.revoke,
    }[target]

    assert not mover()
    assert stored(token).state == token.state == source


def test_a_stale_view_of_a_token_cannot_move_it(token, payment):
    stale = stored(token)
    token.reserve(payment)

    assert not stale.reserve(payment)
    assert not stale.revoke()


def test_a_payment_that_lost_the_token_cannot_consume_it(token, payment):
    token.reserve(payment)
    stale = stored(token)
    token.release()
    token.reserve(payment_for(token, reference="cs_other"))

    assert not stale.consume()
    assert not stale.release()


def test_a_token_expires_by_the_clock_alone(token):
    end = token.expires_at

    assert token.state_at(end - timedelta(seconds=1)) == "active"
    assert token.state_at(end) == EXPIRED
    assert not VaultToken.objects.in_state(EXPIRED, end - timedelta(seconds=1)).exists()
    assert VaultToken.objects.in_state(EXPIRED, end).get() == token
    assert not VaultToken.objects.in_state("active", end).exists()


def test_a_used_token_does_not_expire(token, payment):
    token.reserve(payment)

    assert token.state_at(token.expires_at) == "reserved"
    assert VaultToken.objects.in_state("reserved", token.expires_at).get() == token


def test_is_shown_by_brand_and_last_four_digits(token):
    assert str(token) == "visa ···· 4242"


@pytest.mark.parametrize("state", HOLDING)
def test_the_database_refuses_a_held_token_without_a_payment(token, state):
    with pytest.raises(IntegrityError, match="held_by_a_payment"), transaction.atomic():
        when = {"reserved_at": NOW, "consumed_at": NOW if state == State.CONSUMED else None}
        VaultToken.objects.filter(pk=token.pk).update(state=state, **when)


def test_the_database_refuses_two_tokens_for_one_payment(agent, token, payment):
    token.reserve(payment)
    second = delegate(agent, attempt="second")

    with pytest.raises(IntegrityError), transaction.atomic():
        second.reserve(payment)


def test_the_database_refuses_an_allowance_of_nothing(token):
    with pytest.raises(IntegrityError, match="an_allowance_allows_something"), transaction.atomic():
        VaultToken.objects.filter(pk=token.pk).update(max_amount=0)
