"""Too many calls."""

import pytest
import time_machine

from agents.operations import create_agent
from tests.caller import Api

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.agents.counter")]

READ = "/counter/a"


@pytest.fixture(autouse=True)
def two_a_minute(settings):
    settings.AGENT_RATE = "2/min"


def test_an_agent_that_calls_too_often_is_told_when_to_come_back(api):
    statuses = [api.get(READ).status_code for _ in range(3)]
    refused = api.get(READ)

    assert statuses == [200, 200, 429]
    assert (refused.json()["type"], refused.json()["code"]) == ("invalid_request", "rate_limited")
    assert 1 <= int(refused["Retry-After"]) <= 60


@pytest.mark.parametrize("tries", [3, 20])
def test_it_may_call_again_when_the_time_has_come(api, tries):
    """What was refused is not counted."""
    with time_machine.travel("2030-01-01T00:00:00Z", tick=False) as clock:
        answers = [api.get(READ) for _ in range(tries)]
        clock.shift(int(answers[2]["Retry-After"]))

        assert api.get(READ).status_code == 200


def test_calls_are_given_back_one_by_one(api):
    with time_machine.travel("2030-01-01T00:00:00Z", tick=False) as clock:
        statuses = [api.get(READ).status_code for _ in range(3)]
        for _ in range(2):
            clock.shift(30)
            statuses += [api.get(READ).status_code for _ in range(2)]

    assert statuses == [200, 200, 429, 200, 429, 200, 429]


def test_a_clock_that_is_put_back_shuts_nobody_out(api):
    for moment in ("2030-01-01T02:00:00Z", "2030-01-01T00:00:00Z"):
        with time_machine.travel(moment, tick=False):
            assert [api.get(READ).status_code for _ in range(3)] == [200, 200, 429]


def test_one_agent_does_not_use_up_what_another_has(api):
    for _ in range(3):
        api.get(READ)
    _, other = create_agent(name="other")

    assert Api(other).get(READ).status_code == 200


def test_an_empty_rate_is_no_limit(api, settings):
    settings.AGENT_RATE = ""

    assert {api.get(READ).status_code for _ in range(5)} == {200}


def test_a_call_that_was_refused_uses_no_idempotency_key(api):
    for _ in range(2):
        api.get(READ)
    refused = api.post("/counter/a/sell", headers={"Idempotency-Key": "k1"})

    assert refused.status_code == 429
    assert not api_requests()


def api_requests() -> bool:
    from agents.models import IdempotentRequest

    return IdempotentRequest.objects.exists()
