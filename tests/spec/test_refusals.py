"""Every way to be refused, in every version. `Caller` measures each refusal by the official `Error` of its version."""

import re

import pytest
from django.core.cache import cache

from agents.idempotency import fingerprint_of
from agents.models import IdempotentRequest
from tests.spec import bodies
from tests.spec.bodies import BEFORE_LINE_ITEMS, V4, V5, VERSIONS
from tests.spec.caller import DELEGATE_PAYMENT, SESSIONS

SURFACES = {SESSIONS: bodies.create_body, DELEGATE_PAYMENT: lambda version: bodies.delegate_body("cs_123")}
JSON_PATH = re.compile(r"\$(\.[a-z_][a-z0-9_]*|\[\d+\])*", re.IGNORECASE)


@pytest.fixture(params=SURFACES, ids=["create", "delegate"])
def surface(request):
    """The path of an endpoint that makes something."""
    return request.param


@pytest.fixture
def post(caller, surface):
    """Posts a good body to `surface`, but for what the test changes."""

    def post(headers=None, **members):
        return caller.post(surface, SURFACES[surface](caller.version) | members, headers)

    return post


class TestEveryEndpoint:
    @pytest.mark.parametrize("header", ["Bearer wrong", "Basic dXNlcjpwYXNz", "Bearer", ""])
    def test_wants_a_key_it_knows(self, post, header):
        """Statements 4, 9, 10: 401 with a flat error of a known type."""
        answer = post({"Authorization": header})

        assert (answer.status, answer.body["code"]) == (401, "unauthorized")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")

    def test_wants_a_key_at_all_where_nobody_is_anonymous(self, post, settings):
        """Statement 4: no bearer token, no answer."""
        settings.ANONYMOUS_AGENT = ""

        assert post({"Authorization": None}).status == 401

    @pytest.mark.parametrize(
        ("version", "code"),
        [(None, "missing_api_version"), ("1999-01-01", "unsupported_api_version"), ("", "missing_api_version")],
    )
    def test_wants_a_version_it_speaks(self, post, version, code):
        """Statements 1, 2, 3: 400 that lists every version, newest first."""
        answer = post({"API-Version": version})

        assert (answer.status, answer.body["code"]) == (400, code)
        assert answer.body["supported_versions"] == sorted(VERSIONS, reverse=True)

    def test_wants_to_know_the_caller_before_the_version(self, post):
        """Statement 4: 401 comes before 400 (acp.md §1.4)."""
        assert post({"Authorization": "Bearer wrong", "API-Version": "1999-01-01"}).status == 401

    @pytest.mark.parametrize(
        "text", ["{", "nonsense", '{"a": NaN}', '{"a": 1, "a": 2}', '{"a": "\\u0000"}', "[" * 100_000, "\xff"]
    )
    def test_wants_json(self, caller, surface, text):
        answer = caller.send("POST", surface, text.encode("latin-1"))

        assert answer.status == 400

    @pytest.mark.parametrize("text", ["[]", '"text"', "7", "null"])
    def test_wants_an_object(self, caller, surface, text):
        answer = caller.send("POST", surface, text.encode())

        assert (answer.status, answer.body["param"]) == (400, "$")

    def test_wants_no_more_than_it_asks_for(self, post, surface):
        """Statement 108: an unknown member is refused by name."""
        answer = post(surprise=True)

        assert answer.status == 400
        assert answer.body["param"] == "$.surprise"
        assert answer.body["code"] == ("invalid_card" if surface == DELEGATE_PAYMENT else "unknown_field")

    def test_wants_its_media_type(self, post):
        assert post({"Content-Type": "text/plain"}).status == 415

    def test_wants_bodies_it_can_hold(self, post):
        assert post(surprise="x" * 1_100_000).status == 413

    def test_wants_its_method(self, caller, surface):
        assert caller.send("DELETE", surface).status == 405

    def test_wants_to_be_called_less_often(self, post, settings):
        """Statement 107: 429 says when to come back."""
        cache.clear()
        settings.AGENT_RATE = "1/min"
        first = post()

        answer = post()

        assert (first.status, answer.status) == (201, 429)
        assert 1 <= int(answer.headers["Retry-After"]) <= 60

    def test_wants_a_key_of_its_own_for_every_other_body(self, caller, post, surface):
        """Statements 25, 26: 409 before 2026-04-17, 422 since."""
        key = {"Idempotency-Key": "the-same"}
        first = post(key)
        other = {"metadata": {"is": "another"}} if surface == DELEGATE_PAYMENT else _other_items(caller)

        answer = post(key, **other)

        assert first.status == 201
        assert answer.status == (422 if caller.version == V5 else 409)
        assert answer.body["code"] == "idempotency_conflict"

    def test_wants_patience_while_the_first_request_is_at_work(self, caller, surface, agent):
        """Statement 27: 409, and when to come back."""
        body = SURFACES[surface](caller.version)
        IdempotentRequest(agent=agent, path=surface, key="at-work", fingerprint=fingerprint_of(body)).insert()

        answer = caller.post(surface, body, {"Idempotency-Key": "at-work"})

        assert answer.status == 409
        assert answer.body["code"] in ("idempotency_in_flight", "duplicate_request")
        assert int(answer.headers["Retry-After"]) > 0

    def test_wants_an_idempotency_key_from_2026_04_17_on(self, caller, post):
        """Statements 15, 16: 400 in the newest version, and no matter before."""
        answer = post({"Idempotency-Key": None})

        assert answer.status == (400 if caller.version == V5 else 201)
        assert answer.body.get("code") == ("idempotency_key_required" if caller.version == V5 else None)


class TestCreate:
    def test_wants_items(self, caller):
        """Statements 11, 37: a missing list is named by its JSONPath."""
        body = bodies.create_body(caller.version)
        del body[bodies.items_name(caller.version)]

        answer = caller.post(SESSIONS, body)

        assert (answer.status, answer.body["code"]) == (400, "missing_required_field")
        assert answer.body["param"] == f"$.{bodies.items_name(caller.version)}"

    def test_wants_at_least_one_item(self, caller):
        """Statement 37: an empty list is refused."""
        answer = caller.create(items={})

        assert answer.status == 400
        assert answer.body["param"] == f"$.{bodies.items_name(caller.version)}"

    @pytest.mark.parametrize("quantity", [0, -1, 1.5, "2", True, None, [], 10_000, 10**30])
    def test_wants_a_quantity_that_can_be_sold(self, caller, quantity):
        """Statement 11: the path is the caller's own."""
        name = bodies.items_name(caller.version)

        answer = caller.create(items=[{"id": "item_123", "quantity": quantity}])

        assert answer.status == 400
        assert answer.body["param"] == f"$.{name}[0].quantity"

    def test_wants_items_it_sells(self, caller):
        answer = caller.create(items={"item_123": 1, "no_such_item": 1})

        assert (answer.status, answer.body["code"]) == (400, "invalid_item_id")
        assert answer.body["param"] == f"$.{bodies.items_name(caller.version)}[1].id"

    def test_wants_a_currency_and_capabilities_since_2026_01_30(self, caller):
        """Statement 38: both are required from 2026-01-30 on, and unknown before."""
        body = bodies.create_body(caller.version)
        without_currency = {name: value for name, value in body.items() if name != "currency"}
        without_capabilities = {name: value for name, value in body.items() if name != "capabilities"}

        answers = [caller.post(SESSIONS, without_currency), caller.post(SESSIONS, without_capabilities)]

        assert [answer.status for answer in answers] == ([400, 400] if caller.version >= V4 else [201, 201])

    def test_wants_an_address_it_can_read(self, caller):
        """Statement 11: the path is the caller's own, also inside an address."""
        answer = caller.create(address=bodies.ADDRESS | {"postal_code": 94102})

        path = "$.fulfillment_address" if caller.version == VERSIONS[0] else "$.fulfillment_details.address"
        assert (answer.status, answer.body["code"]) == (400, "invalid_type")
        assert answer.body["param"] == f"{path}.postal_code"


class TestASession:
    @pytest.mark.parametrize("action", ["", "/complete", "/cancel"])
    def test_that_is_not_there_is_404(self, caller, action):
        """Statement 34: 404 with an error object."""
        body = bodies.complete_body(caller.version, "tok_visa") if action == "/complete" else {}

        answer = caller.post(f"{SESSIONS}/cs_nowhere{action}", body)

        assert (answer.status, answer.body["code"]) == (404, "session_not_found")

    def test_that_is_not_there_cannot_be_read(self, caller):
        """Statement 34: 404 with an error object."""
        assert caller.get("cs_nowhere").status == 404

    def test_of_another_agent_is_not_there(self, caller, stranger):
        session_id = caller.create().id

        assert stranger(caller.version).get(session_id).status == 404
        assert stranger(caller.version).update(session_id, items={"item_456": 1}).status == 404
        assert stranger(caller.version).cancel(session_id).status == 404
        assert stranger(caller.version).complete(session_id).status == 404

    def test_that_is_canceled_cannot_be_canceled_again(self, caller):
        """Statement 36: 405."""
        session_id = caller.create().id
        caller.cancel(session_id)

        assert caller.cancel(session_id).status == 405

    def test_that_is_completed_cannot_be_canceled(self, caller):
        """Statement 36: 405."""
        session_id = caller.create().id
        caller.complete(session_id)

        assert caller.cancel(session_id).status == 405

    def test_that_is_completed_cannot_be_completed_again(self, caller):
        session_id = caller.create().id
        caller.complete(session_id)

        assert caller.complete(session_id).status == 409

    @pytest.mark.parametrize("end", ["complete", "cancel"])
    def test_that_is_finished_cannot_be_changed(self, caller, end):
        session_id = caller.create().id
        getattr(caller, end)(session_id)

        assert caller.update(session_id, items={"item_456": 1}).status == 409

    def test_that_is_not_ready_cannot_be_paid(self, caller):
        session_id = caller.create(address=None).id

        answer = caller.complete(session_id)

        assert answer.status == 409
        assert JSON_PATH.fullmatch(answer.body["param"])


class TestComplete:
    def test_wants_payment_data(self, caller):
        session_id = caller.create().id

        answer = caller.post(f"{SESSIONS}/{session_id}/complete", {})

        assert (answer.status, answer.body["code"]) == (400, "missing_required_field")
        assert answer.body["param"] == "$.payment_data"

    @pytest.mark.parametrize("token", ["vt_nowhere", "spt_123", "nonsense", bodies.VISA])
    def test_wants_a_token_it_knows(self, caller, token):
        """Statement 11: the path is the caller's own."""
        session_id = caller.create().id

        answer = caller.complete(session_id, token)

        path = "token" if caller.version in BEFORE_LINE_ITEMS else "instrument.credential.token"
        assert answer.status == 400
        assert answer.body["param"] == f"$.payment_data.{path}"
        assert bodies.VISA not in answer.body["message"]

    def test_wants_a_token_that_allows_the_total(self, caller):
        """Statement 106: not a cent more than the allowance."""
        session_id = caller.create().id
        token = caller.delegate(session_id, max_amount=8_498)

        answer = caller.complete(session_id, token.id)

        assert (answer.status, answer.body["code"]) == (400, "token_amount_exceeded")

    @pytest.mark.parametrize(
        ("allowance", "code"),
        [
            ({"currency": "eur"}, "token_wrong_currency"),
            ({"merchant_id": "somebody_else"}, "token_wrong_merchant"),
            ({"checkout_session_id": "cs_another"}, "token_wrong_session"),
        ],
    )
    def test_wants_a_token_made_for_it(self, caller, allowance, code):
        """Statement 106: one currency, one merchant, one session."""
        session_id = caller.create().id
        token = caller.delegate(session_id, allowance=allowance)

        answer = caller.complete(session_id, token.id)

        assert (answer.status, answer.body["code"]) == (400, code)


def _other_items(caller):
    return {bodies.items_name(caller.version): [{"id": "item_456", "quantity": 1}]}
