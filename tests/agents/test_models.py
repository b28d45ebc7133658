"""What is true of remembered requests, whoever writes them."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from agents.models import IdempotentRequest

pytestmark = pytest.mark.django_db


@pytest.fixture
def claimed(agent) -> IdempotentRequest:
    request = IdempotentRequest(agent=agent, path="/", key="k1", fingerprint="f")
    assert request.insert()
    return request


def test_a_key_is_inserted_once(claimed):
    assert not IdempotentRequest(agent=claimed.agent, path="/", key="k1").insert()


def test_an_answer_is_written_once(claimed):
    assert claimed.answer(201, "first")
    assert not claimed.answer(200, "second")
    assert IdempotentRequest.objects.get().response_body == "first"


def test_an_answer_without_a_claim_is_written_once(agent):
    first, second = (IdempotentRequest(agent=agent, path="/", key="k1", fingerprint="f") for _ in range(2))

    assert first.answer(201, "first")
    with transaction.atomic():
        assert not second.answer(201, "second")
        transaction.set_rollback(True)
    assert IdempotentRequest.objects.get().response_body == "first"


def test_a_failure_is_not_an_answer(claimed):
    """Statement 28: a 5xx is not kept; the database sees to it."""
    with pytest.raises(IntegrityError, match="a_failure_is_not_an_answer"), transaction.atomic():
        claimed.answer(500, "")


def test_what_is_answered_is_not_given_back(claimed):
    claimed.answer(201, "first")
    claimed.give_back()

    assert IdempotentRequest.objects.get().claimed_at is not None


def test_what_was_taken_over_obeys_its_new_owner_only(claimed, settings):
    settings.IDEMPOTENCY_LEASE = 0
    later = IdempotentRequest.objects.get()
    assert later.take_over(timezone.now())

    claimed.give_back()
    assert not claimed.answer(201, "first")
    assert later.answer(201, "later")


def test_what_is_at_work_cannot_be_taken_over(claimed):
    assert not claimed.take_over(timezone.now())


def test_what_is_given_back_can_be_taken_over_once(claimed):
    claimed.give_back()

    assert [IdempotentRequest.objects.get().take_over(timezone.now()) for _ in range(2)] == [True, False]


def test_what_is_answered_cannot_be_taken_over(claimed):
    claimed.answer(201, "")

    assert not claimed.take_over(timezone.now() + timedelta(days=2))


@pytest.mark.parametrize(
    ("age", "claimed_ago", "status", "is_outdated"),
    [(49, 49, 201, True), (47, 47, 201, False), (49, 49, None, True), (49, 0, None, False), (49, None, None, True)],
)
def test_outdated_is_old_and_not_at_work(claimed, age, claimed_ago, status, is_outdated):
    now = timezone.now()
    IdempotentRequest.objects.update(
        created_at=now - timedelta(hours=age),
        claimed_at=None if claimed_ago is None else now - timedelta(hours=claimed_ago),
        response_status=status,
    )

    assert IdempotentRequest.objects.outdated(now).exists() == is_outdated


def test_nothing_that_was_said_is_printed(claimed):
    claimed.response_body = "a secret"

    assert "secret" not in repr(claimed) + str(claimed)
