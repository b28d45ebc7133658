"""One key, many requests at the same time: real threads, each with its own connection, on PostgreSQL."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction

from agents.models import Agent, ApiKey, IdempotentRequest
from tests.agents import counter
from tests.agents.counter import EVENTS, in_turn, sales
from tests.caller import Api

pytestmark = [
    pytest.mark.needs_postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.agents.counter"),
]

SELL, STEPS = "/counter/a/sell", "/counter/a/steps"
KEY = {"Idempotency-Key": "k1"}
MANY = 16
PATIENCE = 10  # seconds that a thread waits for another


def in_thread(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    try:
        return function(*args, **kwargs)
    finally:
        connection.close()


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(MANY) as executor:
        yield executor


def post_at_once(threads: ThreadPoolExecutor, api: Api, path: str) -> list[Any]:
    barrier = threading.Barrier(MANY)

    def post() -> Any:
        barrier.wait(PATIENCE)
        return api.post(path, headers=KEY)

    return [future.result() for future in [threads.submit(in_thread, post) for _ in range(MANY)]]


def is_first(response: Any) -> bool:
    return response.status_code == 201 and "Idempotent-Replayed" not in response


def status_of(answers: list[Any]) -> set[int]:
    return {answer.status_code for answer in answers}


@pytest.mark.parametrize("path", [SELL, STEPS])
def test_of_sixteen_at_once_one_is_run(api, threads, path):
    """Statements 21 and 27: one runs, the others are told to wait, or what it answered."""
    answers = post_at_once(threads, api, path)

    assert sales() == 1
    assert status_of(answers) <= {201, 409}
    assert sum(map(is_first, answers)) == 1
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert api.post(path, headers=KEY)["Idempotent-Replayed"] == "true"


def test_of_sixteen_that_find_a_dead_request_one_takes_it_over(api, threads):
    EVENTS.append(counter.die)
    with pytest.raises(counter.Died):
        api.post(STEPS, headers=KEY)
    IdempotentRequest.objects.update(claimed_at=None)
    answers = post_at_once(threads, api, STEPS)

    assert sales() == 1
    assert status_of(answers) <= {201, 409}
    assert sum(map(is_first, answers)) == 1


def test_of_sixteen_that_find_an_outdated_request_one_is_run(api, threads, settings):
    api.post(SELL, headers=KEY)
    settings.IDEMPOTENCY_RETENTION = 2
    IdempotentRequest.objects.update(created_at="2020-01-01T00:00:00Z")
    answers = post_at_once(threads, api, SELL)

    assert sales() == 2
    assert status_of(answers) <= {201, 409}
    assert sum(map(is_first, answers)) == 1


def test_a_retry_while_the_first_is_at_work_does_not_wait_for_it(api, threads):
    """Statement 27: 409 at once."""
    begun, go_on = threading.Event(), threading.Event()
    EVENTS.append(in_turn(begun.set, lambda: go_on.wait(PATIENCE)))
    first = threads.submit(in_thread, api.post, SELL, headers=KEY)
    assert begun.wait(PATIENCE)

    assert api.post(SELL, headers=KEY).json()["code"] == "idempotency_in_flight"
    go_on.set()
    assert first.result().status_code == 201
    assert api.post(SELL, headers=KEY).content == first.result().content


def test_of_two_who_pass_the_lock_one_commits(api, threads):
    """Neither sees the other's row; the constraint knows both."""

    def answer_first() -> None:
        IdempotentRequest.objects.create(
            agent=Agent.objects.get(name="Robin"), path=SELL, key="k1", response_status=201
        )

    EVENTS.append(lambda: threads.submit(in_thread, answer_first).result(PATIENCE))

    assert api.post(SELL, headers=KEY).json()["code"] == "idempotency_in_flight"
    assert sales() == 0


def test_a_request_that_was_taken_over_and_comes_back_to_life_undoes_its_work(api, threads, settings):
    settings.IDEMPOTENCY_LEASE = 0
    begun, go_on = threading.Event(), threading.Event()
    EVENTS.append(in_turn(begun.set, lambda: go_on.wait(PATIENCE)))
    first = threads.submit(in_thread, api.post, STEPS, headers=KEY)
    assert begun.wait(PATIENCE)

    second = api.post(STEPS, headers=KEY)
    go_on.set()

    assert second.status_code == 201
    assert first.result().json()["code"] == "idempotency_in_flight"
    assert sales() == 1
    assert api.post(STEPS, headers=KEY).content == second.content


def test_an_answer_that_cannot_be_committed_leaves_nothing(api):
    """Statement 28: a failure of the very last moment, a constraint that the commit checks."""
    EVENTS.append(lambda: ApiKey.objects.create(agent_id="agt_nobody", prefix="nobody", hash="nobody"))

    assert api.post(SELL, headers=KEY).status_code == 500
    assert (sales(), IdempotentRequest.objects.count()) == (0, 0)
    assert api.post(SELL, headers=KEY).status_code == 201


def test_a_lost_connection_is_a_failure_and_the_key_comes_back_after_the_lease(api, settings):
    def lose_the_connection() -> None:
        connection.connection.close()
        Agent.objects.count()

    EVENTS.append(lose_the_connection)

    assert api.post(SELL, headers=KEY).status_code == 503
    connection.close()
    assert api.post(SELL, headers=KEY).status_code in (201, 409)
    settings.IDEMPOTENCY_LEASE = 0
    assert api.post(SELL, headers=KEY).status_code == 201
    assert sales() == 1


def test_a_transaction_around_the_decorator_is_refused(api):
    """The claim must be committed before the work begins: so no ATOMIC_REQUESTS."""
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        IdempotentRequest(agent=Agent.objects.get(), path="/", key="k").insert()
