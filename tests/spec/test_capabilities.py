"""What an agent and a shop tell each other they can do: acp.md §6, statements 53 to 61, from 2026-01-30 on."""

import json

import pytest

from tests.spec import bodies
from tests.spec.bodies import V4, V5
from tests.spec.caller import SESSIONS

HANDLER_FIELDS = {
    *("id", "name", "version", "spec", "requires_delegate_payment", "requires_pci_compliance"),
    *("psp", "config_schema", "instrument_schemas", "config"),
}
BOASTFUL = {
    "interventions": {
        "supported": ["3ds", "telepathy"],
        "required": ["biometric"],
        "enforcement": "optional",
        "display_context": "hologram",
        "redirect_context": "in_app",
        "max_redirects": 3,
        "max_interaction_depth": 2,
    },
    "extensions": ["com.example.unknown@2020-01-01"],
    "payment": {"handlers": []},
    "surprise": True,
}


@pytest.fixture(params=[V4, V5])
def caller(request, speaking):
    """An agent of each version that has capabilities."""
    return speaking(request.param)


class TestCapabilities:
    @pytest.mark.parametrize("operation", ["update", "complete", "cancel"])
    def test_are_in_every_session(self, caller, operation):
        """Statement 53: create, read, update, complete (and cancel)."""
        created = caller.create()
        read = caller.get(created.id)
        changed = caller.post(*caller.request(operation, created.id))

        assert created.body["capabilities"]["payment"]["handlers"]
        assert created.body["capabilities"] == read.body["capabilities"] == changed.body["capabilities"]

    def test_that_both_have_are_supported(self, caller):
        """Statement 54: the intersection, and nothing that only one of them has."""
        nothing = caller.create(capabilities={}).body["capabilities"]["interventions"]
        boastful = caller.create(capabilities=BOASTFUL).body["capabilities"]["interventions"]

        assert nothing["supported"] == []
        assert boastful["supported"] == ["3ds"]

    def test_that_nobody_knows_are_ignored(self, caller):
        """Statement 55: unknown members and values of a request are no error."""
        answer = caller.create(capabilities=BOASTFUL)

        assert (answer.status, answer.body["status"]) == (201, "ready_for_payment")

    @pytest.mark.parametrize("capabilities", [{}, BOASTFUL, {"interventions": {"supported": ["3ds"]}}])
    def test_do_not_talk_a_card_out_of_its_authentication(self, caller, capabilities):
        """Statement 56: what must be authenticated is, whatever the agent says it can do."""
        session_id = caller.create(capabilities=capabilities).id

        answer = caller.complete(session_id, "pm_card_authenticationRequired")

        assert answer.status == 200
        assert answer.body["status"] != "completed"
        assert "order" not in answer.body

    def test_of_the_agent_are_not_repeated(self, caller):
        """Statement 58: its contexts and limits stay its own, and what is required is not its to say."""
        session_id = caller.create(capabilities=BOASTFUL).id

        body = caller.get(session_id).body

        assert not {"display_context", "redirect_context", "max_redirects", "max_interaction_depth"} & _names_in(body)
        assert body["capabilities"]["interventions"]["required"] == []
        assert body["capabilities"]["interventions"]["enforcement"] != "optional"


class TestAHandler:
    def test_says_all_there_is_to_say(self, caller):
        """Statement 60: ten members, an id of its own, and a config that names merchant and processor."""
        handlers = caller.create().body["capabilities"]["payment"]["handlers"]

        ids = [handler["id"] for handler in handlers]
        assert sorted(ids) == ["card_direct", "card_tokenized"]
        assert all(handler.keys() >= HANDLER_FIELDS for handler in handlers)
        assert all({"merchant_id", "psp"} <= handler["config"].keys() for handler in handlers)

    def test_shows_its_schemas(self, caller, client):
        """Statement 60: the addresses a handler names can be opened."""
        handlers = caller.create().body["capabilities"]["payment"]["handlers"]

        for handler in handlers:
            for url in [handler["spec"], handler["config_schema"], *handler["instrument_schemas"]]:
                assert client.get("/" + url.split("/", 3)[3]).status_code == 200

    def test_that_was_not_declared_is_refused(self, caller):
        """Statement 59: only a handler of this session can be paid with."""
        answer = self._complete_with(caller, "seller_pm_123", "tok_visa")

        assert (answer.status, answer.body["param"]) == (400, "$.payment_data.handler_id")

    @pytest.mark.parametrize("token", ["tok_visa", "pm_card_visa"])
    def test_that_requires_delegation_takes_delegated_tokens_only(self, caller, token):
        """Statement 61: a processor's own token is not one."""
        answer = self._complete_with(caller, "card_tokenized", token)

        assert answer.status == 400
        assert answer.body["param"] == "$.payment_data.instrument.credential.token"

    def _complete_with(self, caller, handler_id, token):
        session_id = caller.create().id
        body = bodies.complete_body(caller.version, token)
        body["payment_data"]["handler_id"] = handler_id
        return caller.post(f"{SESSIONS}/{session_id}/complete", body)


def _names_in(body):
    names: set[str] = set()
    json.loads(json.dumps(body), object_hook=names.update)
    return names
