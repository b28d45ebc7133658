"""Idempotency keys (acp.md §6, statements 15–31), at a counter of our own."""

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from agents.idempotency import fingerprint_of
from agents.models import Agent, IdempotentRequest
from agents.operations import create_agent
from agents.parsing import loads
from agents.versioning import SUPPORTED
from tests.agents import counter
from tests.agents.counter import EVENTS, in_turn, sales
from tests.caller import Api

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.agents.counter")]

SELL, STEPS, ORDER = "/counter/a/sell", "/counter/a/steps", "/counter/a/order"
KEY = {"Idempotency-Key": "k1"}
NO_KEY = {"Idempotency-Key": None}
OLDER = SUPPORTED[1:]
LOCK = 1 if connection.vendor == "postgresql" else 0


def code_of(response: Any) -> str:
    return response.json()["code"]


def take_over() -> None:
    IdempotentRequest.objects.update(claim=uuid.uuid4())


def answer_first() -> None:
    """Somebody whom the lock did not keep away."""
    IdempotentRequest.objects.create(agent=Agent.objects.get(name="Robin"), path=SELL, key="k1", response_status=201)


class TestTheKey:
    def test_is_required_in_the_newest_version(self, api):
        """Statement 15: a POST without a key is refused."""
        answer = api.post(SELL, headers=NO_KEY)

        assert (answer.status_code, answer.json()["type"]) == (400, "invalid_request")
        assert code_of(answer) == "idempotency_key_required"
        assert sales() == 0

    @pytest.mark.parametrize("version", OLDER)
    def test_is_optional_in_older_versions(self, api, version):
        """Statement 16: a POST without a key is accepted before 2026-04-17."""
        first, second = (api.speaking(version).post(SELL, headers=NO_KEY) for _ in range(2))

        assert (first.status_code, second.status_code) == (201, 201)
        assert sales() == 2

    def test_without_one_every_request_is_an_attempt_of_its_own(self, api):
        old = api.speaking(OLDER[0])

        assert old.post(SELL, headers=NO_KEY).json()["attempt"] != old.post(SELL, headers=NO_KEY).json()["attempt"]

    @pytest.mark.parametrize("name", ["k" * 256, "schlüssel", "tab\tbed"])
    def test_is_refused_if_it_is_too_long_or_not_printable_ascii(self, api, name):
        """Statement 17: keys are opaque, at most 255 characters."""
        answer = api.post(SELL, headers={"Idempotency-Key": name})

        assert (answer.status_code, code_of(answer)) == (400, "invalid")
        assert sales() == 0

    def test_may_be_255_characters_long(self, api):
        """Statement 17: keys are opaque, at most 255 characters."""
        assert api.post(SELL, headers={"Idempotency-Key": "~" * 255}).status_code == 201

    @pytest.mark.parametrize(("version", "code"), [(SUPPORTED[0], "idempotency_key_required"), (OLDER[0], "invalid")])
    def test_is_refused_if_it_is_empty(self, api, version, code):
        """Statement 17: an empty key is refused."""
        answer = api.speaking(version).post(SELL, headers={"Idempotency-Key": ""})

        assert (answer.status_code, code_of(answer)) == (400, code)

    def test_is_independent_on_another_path(self, api):
        """Statement 18: the scope of a key is the agent and the path."""
        api.post(SELL, headers=KEY)

        assert "Idempotent-Replayed" not in api.post("/counter/b/sell", headers=KEY)
        assert sales() == 2

    def test_is_independent_for_another_agent(self, api):
        """Statement 18: the scope of a key is the agent and the path."""
        _, other = create_agent(name="another")
        api.post(SELL, headers=KEY)

        assert "Idempotent-Replayed" not in Api(other).post(SELL, headers=KEY)
        assert sales() == 2

    def test_is_neither_needed_nor_used_up_by_a_get(self, api):
        """Statement 31: GET does not require or consume a key."""
        assert api.get("/counter/a").status_code == 200
        assert api.get("/counter/a", headers=KEY).status_code == 200
        assert not IdempotentRequest.objects.exists()

    def test_is_asked_for_after_who_calls_and_in_which_version(self, api):
        assert Api("wrong").post(SELL, headers=NO_KEY).status_code == 401
        assert code_of(api.post(SELL, headers={**NO_KEY, "API-Version": "1999-01-01"})) == "unsupported_api_version"


class TestAReplay:
    def test_is_the_first_answer_and_says_so(self, api):
        """Statements 19, 20 and 21: the same bytes and status, marked, and nothing is done again."""
        first, second = api.post(SELL, headers=KEY), api.post(SELL, headers=KEY)

        assert (second.status_code, second.content) == (201, first.content)
        assert second["Content-Type"] == first["Content-Type"] == "application/json"
        assert "Idempotent-Replayed" not in first
        assert second["Idempotent-Replayed"] == "true"
        assert sales() == 1

    @pytest.mark.parametrize("version", OLDER)
    def test_is_the_same_in_older_versions(self, api, version):
        """Statement 19: same key and same body, the original response, in all versions."""
        old = api.speaking(version)

        assert old.post(SELL, headers=KEY).content == old.post(SELL, headers=KEY).content
        assert sales() == 1

    def test_repeats_a_refusal_and_its_status(self, api):
        """Statement 19: the original response, whatever it was."""
        EVENTS.append(counter.refuse)
        first, second = api.post(SELL, headers=KEY), api.post(SELL, headers=KEY)

        assert (first.status_code, code_of(first)) == (409, "sold_out")
        assert (second.status_code, second.content) == (409, first.content)
        assert second["Idempotent-Replayed"] == "true"
        assert sales() == 0

    def test_repeats_a_refusal_of_the_body(self, api):
        first, second = (api.post(ORDER, {"items": "all"}, headers=KEY) for _ in range(2))

        assert first.json()["param"] == "$.items"
        assert (second.content, second["Idempotent-Replayed"]) == (first.content, "true")

    @pytest.mark.parametrize(
        ("first", "second"),
        [('{"a": 1, "b": [1.0, null]}', '{"b":[1,null],"a":1.0}'), ('{"a": 1e2}', '{"a": 100}'), ("", "{}")],
    )
    def test_answers_a_body_that_is_the_same_json(self, api, first, second):
        """Statement 22: key order and 1.0 or 1 make no difference."""
        api.post(SELL, first, headers=KEY)

        assert api.post(SELL, second, headers=KEY)["Idempotent-Replayed"] == "true"

    def test_does_not_look_at_other_headers(self, api):
        """Statement 23: headers are not compared."""
        api.post(SELL, headers=KEY)
        answer = api.post(
            SELL, headers={**KEY, "Accept-Language": "de", "Request-Id": "other", "API-Version": OLDER[0]}
        )

        assert answer["Idempotent-Replayed"] == "true"

    def test_costs_a_look_and_an_answer_the_first_time(self, api, django_assert_num_queries):
        with django_assert_num_queries(6 + LOCK):  # the agent; the key; the sale; the answer; a savepoint, its release
            api.post(SELL, headers=KEY)

    def test_costs_a_claim_and_an_answer_the_first_time_in_steps(self, api, django_assert_num_queries):
        with django_assert_num_queries(12):  # … the claim, and a savepoint for each step
            api.post(STEPS, headers=KEY)

    def test_costs_two_statements(self, api, django_assert_num_queries):
        api.post(SELL, headers=KEY)

        with django_assert_num_queries(
            5 + LOCK
        ):  # the agent; the answer, which is not outdated; a savepoint, its release
            api.post(SELL, headers=KEY)


class TestAConflict:
    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ({"a": 1}, {"a": 2}),
            ({"a": None}, {}),
            ({"a": [1, 2]}, {"a": [2, 1]}),
            ({"a": True}, {"a": 1}),
            ({"a": 1}, {"a": "1"}),
            ({"a": 0}, {"a": False}),
        ],
    )
    def test_is_another_body(self, api, first, second):
        """Statements 22 and 25: null is not absent, arrays are ordered; 422 in the newest version."""
        original = api.post(SELL, first, headers=KEY)
        answer = api.post(SELL, second, headers=KEY)

        assert (answer.status_code, code_of(answer)) == (422, "idempotency_conflict")
        assert answer.json()["type"] == "invalid_request"
        assert "Idempotent-Replayed" not in answer
        assert api.post(SELL, first, headers=KEY).content == original.content

    def test_is_found_in_members_of_extensions_too(self, api):
        """Statement 24: extension fields participate in the comparison."""
        api.post(SELL, {"discounts": {"codes": ["TEN"]}}, headers=KEY)

        assert api.post(SELL, {"discounts": {"codes": []}}, headers=KEY).status_code == 422

    @pytest.mark.parametrize("version", OLDER)
    def test_is_409_in_older_versions(self, api, version):
        """Statement 26: 409 idempotency_conflict before 2026-04-17."""
        old = api.speaking(version)
        old.post(SELL, {"a": 1}, headers=KEY)
        answer = old.post(SELL, {"a": 2}, headers=KEY)

        assert (answer.status_code, code_of(answer)) == (409, "idempotency_conflict")

    def test_comes_before_the_body_is_validated(self, api):
        api.post(ORDER, {"items": []}, headers=KEY)

        assert code_of(api.post(ORDER, {"nonsense": 1}, headers=KEY)) == "idempotency_conflict"


class TestInFlight:
    @pytest.mark.parametrize("version", SUPPORTED)
    def test_is_409_with_retry_after(self, api, version):
        """Statement 27: the same key while the first request is at work."""
        EVENTS.append(counter.die)
        with pytest.raises(counter.Died):
            api.speaking(version).post(STEPS, headers=KEY)
        answer = api.speaking(version).post(STEPS, headers=KEY)

        assert (answer.status_code, code_of(answer)) == (409, "idempotency_in_flight")
        assert int(answer["Retry-After"]) >= 1
        assert sales() == 0

    @pytest.mark.parametrize("body", [{}, {"another": "body"}])
    def test_a_request_that_died_in_its_only_transaction_has_never_been(self, api, body):
        EVENTS.append(counter.die)
        with pytest.raises(counter.Died):
            api.post(SELL, headers=KEY)
        answer = api.post(SELL, body, headers=KEY)

        assert answer.status_code == 201
        assert "Idempotent-Replayed" not in answer
        assert sales() == 1

    def test_a_request_that_died_is_taken_over_after_its_lease(self, api, settings):
        EVENTS.append(counter.die)
        with pytest.raises(counter.Died):
            api.post(STEPS, headers=KEY)
        with time_machine.travel(timezone.now() + timedelta(seconds=settings.IDEMPOTENCY_LEASE + 1)):
            answer = api.post(STEPS, headers=KEY)

        assert answer.status_code == 201
        assert "Idempotent-Replayed" not in answer
        assert sales() == 1

    def test_a_request_that_died_is_not_taken_over_with_another_body(self, api, settings):
        EVENTS.append(counter.die)
        with pytest.raises(counter.Died):
            api.post(STEPS, {"a": 1}, headers=KEY)
        with time_machine.travel(timezone.now() + timedelta(seconds=settings.IDEMPOTENCY_LEASE + 1)):
            assert api.post(STEPS, {"a": 2}, headers=KEY).status_code == 422

    def test_a_request_that_was_taken_over_changes_nothing_when_it_comes_back_to_life(self, api):
        EVENTS.append(take_over)
        answer = api.post(STEPS, headers=KEY)

        assert (answer.status_code, code_of(answer)) == (409, "idempotency_in_flight")
        assert sales() == 0

    def test_a_refusal_of_a_request_that_was_taken_over_is_not_kept(self, api):
        EVENTS.append(in_turn(take_over, counter.refuse))
        answer = api.post(STEPS, headers=KEY)

        assert code_of(answer) == "idempotency_in_flight"
        assert not IdempotentRequest.objects.get().is_answered

    def test_a_failure_of_a_request_that_was_taken_over_gives_nothing_up(self, api):
        EVENTS.append(in_turn(take_over, counter.break_down))
        api.post(STEPS, headers=KEY)

        assert IdempotentRequest.objects.get().claimed_at is not None


class TestAFailure:
    @pytest.mark.parametrize("event", [counter.break_down, counter.be_unavailable])
    @pytest.mark.parametrize("path", [SELL, STEPS])
    def test_is_not_kept_and_a_retry_succeeds_at_once(self, api, path, event):
        """Statement 28: a 5xx must not be kept; a retry with the same key is processed."""
        EVENTS.append(event)
        failed, retried = api.post(path, headers=KEY), api.post(path, headers=KEY)

        assert failed.status_code >= 500
        assert retried.status_code == 201
        assert "Idempotent-Replayed" not in retried
        assert sales() == 1

    def test_rolls_back_the_work(self, api):
        EVENTS.append(counter.break_down)
        api.post(SELL, headers=KEY)

        assert sales() == 0
        assert not IdempotentRequest.objects.exists()

    def test_lets_another_body_use_the_key(self, api):
        """Statement 28: the retry is a fresh request."""
        EVENTS.append(counter.break_down)
        api.post(SELL, {"a": 1}, headers=KEY)

        assert api.post(SELL, {"a": 2}, headers=KEY).status_code == 201

    def test_tells_the_caller_nothing_internal(self, api):
        EVENTS.append(counter.break_down)

        assert api.post(SELL, headers=KEY).json() == {
            "type": "processing_error",
            "code": "internal_error",
            "message": "Something went wrong on our side; the request may be sent again",
        }


class TestInSteps:
    """Statement 30: recovery points around what cannot be rolled back."""

    def test_keeps_the_answer_of_its_last_transaction(self, api):
        first, second = api.post(STEPS, headers=KEY), api.post(STEPS, headers=KEY)

        assert (second.status_code, second.content) == (201, first.content)
        assert second["Idempotent-Replayed"] == "true"

    def test_continues_where_the_one_that_failed_stopped(self, api):
        EVENTS.append(counter.break_down)
        api.post(STEPS, headers=KEY)
        assert (counter.first_steps(), sales()) == (1, 0)
        answer = api.post(STEPS, headers=KEY)

        assert answer.status_code == 201
        assert (counter.first_steps(), sales()) == (1, 1)  # the same attempt found its own first step

    def test_stays_bound_to_its_body_when_it_failed_halfway(self, api):
        EVENTS.append(counter.break_down)
        api.post(STEPS, {"a": 1}, headers=KEY)

        assert api.post(STEPS, {"a": 2}, headers=KEY).status_code == 422

    def test_keeps_a_refusal(self, api):
        EVENTS.append(counter.refuse)
        first, second = api.post(STEPS, headers=KEY), api.post(STEPS, headers=KEY)

        assert (first.status_code, second.content) == (409, first.content)
        assert second["Idempotent-Replayed"] == "true"

    def test_keeps_the_answer_of_an_operation_that_did_not(self, api):
        first, second = api.post("/counter/a/unkept", headers=KEY), api.post("/counter/a/unkept", headers=KEY)

        assert (second.status_code, second.content) == (201, first.content)
        assert sales() == 1

    def test_what_was_kept_stays_kept_whatever_fails_after_it(self, api):
        def fail_after_the_answer() -> None:
            IdempotentRequest.objects.update(response_status=201, response_body="{}")
            counter.break_down()

        EVENTS.append(fail_after_the_answer)

        assert api.post(STEPS, headers=KEY).status_code == 500
        assert api.post(STEPS, headers=KEY)["Idempotent-Replayed"] == "true"

    def test_without_a_key_it_just_runs(self, api):
        assert api.speaking(OLDER[0]).post(STEPS, headers=NO_KEY).status_code == 201
        assert not IdempotentRequest.objects.exists()

    def test_the_last_transaction_of_one_that_was_taken_over_is_rolled_back(self, api, settings):
        settings.IDEMPOTENCY_LEASE = 0
        later = []
        EVENTS.append(lambda: later.append(api.post(STEPS, headers=KEY)))
        first = api.post(STEPS, headers=KEY)

        assert (first.status_code, code_of(first)) == (409, "idempotency_in_flight")
        assert later[0].status_code == 201
        assert sales() == 1
        assert api.post(STEPS, headers=KEY).content == later[0].content


class TestRetention:
    def test_is_at_least_a_day(self, api):
        """Statement 29: a key is remembered for 24 hours or more, even if a clock is put forward by a day."""
        first = api.post(SELL, headers=KEY)
        with time_machine.travel(timezone.now() + timedelta(hours=47, minutes=59)):
            assert api.post(SELL, headers=KEY).content == first.content

    @pytest.mark.parametrize("body", [{}, {"another": "body"}])
    def test_ends_and_the_key_is_new_again(self, api, body):
        """Statement 29: after that, its use is a new request."""
        first = api.post(SELL, headers=KEY)
        with time_machine.travel(timezone.now() + timedelta(hours=48, seconds=1)):
            again = api.post(SELL, body, headers=KEY)

        assert again.status_code == 201
        assert again.json()["attempt"] != first.json()["attempt"]
        assert sales() == 2

    def test_does_not_end_in_the_middle_of_the_work(self, api, settings):
        settings.IDEMPOTENCY_RETENTION = 0
        EVENTS.append(counter.die)
        with pytest.raises(counter.Died):
            api.post(STEPS, headers=KEY)

        assert code_of(api.post(STEPS, headers=KEY)) == "idempotency_in_flight"


class TestWhatIsStored:
    def test_is_the_answer_in_the_transaction_of_the_work(self, api):
        """Statement 30: the record of the key and the work are one transaction."""
        EVENTS.append(answer_first)  # so that the answer cannot be stored …
        answer = api.post(SELL, headers=KEY)

        assert answer.status_code == 409
        assert sales() == 0  # … and the work is undone

    def test_is_not_the_body(self, api):
        """Statement 13: a card number that passes by is nowhere, and its fingerprint is keyed."""
        api.post(SELL, {"number": "4242424242424242"}, headers=KEY)
        stored = IdempotentRequest.objects.values("path", "key", "response_body").get()

        assert "4242424242" not in str(stored)

    def test_the_fingerprint_needs_our_secret(self, settings):
        before = fingerprint_of({"number": "4242424242424242"})
        settings.SECRET_KEY = "another"

        assert fingerprint_of({"number": "4242424242424242"}) != before


numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
documents = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda children: st.lists(children, max_size=4) | st.dictionaries(texts, children, max_size=4),
    max_leaves=12,
)
bodies = st.dictionaries(texts, documents, max_size=4)


def same_json(one: Any, other: Any) -> bool:
    """ACP §6.2, in slow motion."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_json(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_json, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return one == other
    return type(one) is type(other) and one == other


def rewritten(value: Any) -> Any:
    """The same JSON, written in another way: members in reverse, 1 as 1.0 and 1.0 as 1."""
    if isinstance(value, dict):
        return {name: rewritten(value[name]) for name in reversed(value)}
    if isinstance(value, list):
        return [rewritten(child) for child in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if type(value) is int and abs(value) < 2**53:
        return float(value)
    return value


def fingerprint_of_text(body: Any, **style: Any) -> str:
    return fingerprint_of(loads(json.dumps(body, **style).encode()))


class TestTheFingerprint:
    @given(bodies)
    def test_does_not_depend_on_how_a_body_is_written(self, body):
        """Statement 22: the same JSON."""
        again = fingerprint_of_text(rewritten(body), indent=1, ensure_ascii=False)

        assert fingerprint_of_text(body) == again

    @given(bodies, bodies)
    def test_is_the_same_for_the_same_json_only(self, one, other):
        """Statement 22: the same JSON, and nothing else."""
        assert (fingerprint_of_text(one) == fingerprint_of_text(other)) == same_json(one, other)

    @given(st.data())
    def test_changes_with_any_member(self, data):
        """Statement 22: null is not absent, and every member counts."""
        body = data.draw(bodies)
        name, value = data.draw(texts), data.draw(documents)
        changed = {**body, name: value}

        assert (fingerprint_of_text(body) == fingerprint_of_text(changed)) == same_json(body, changed)
