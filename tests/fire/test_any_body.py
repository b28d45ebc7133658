"""Whole purchases with bodies of every version, nearly right: no 5xx, and every answer valid under its own version.

`tests.spec.caller.Caller` measures each answer by the official schema of the caller's version.
"""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.operations import create_agent
from tests.fire.counting import sent, share
from tests.fire.mutations import mutated
from tests.fire.world import World
from tests.spec import bodies
from tests.spec.bodies import VERSIONS
from tests.spec.caller import DELEGATE_PAYMENT, SESSIONS, Answer, Caller
from tests.spec.examples import load_examples

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("acp_spec")]
MEAN_LENGTH = 3.5  # requests of a conversation


def seeds(version: str) -> dict[str, list[dict[str, Any]]]:
    """Good bodies by operation: ours, and those that were published."""
    published: dict[str, list[dict[str, Any]]] = {}
    for example in load_examples(version):
        if example.is_sound:
            published.setdefault(example.definition, []).append(example.body)
    rich: dict[str, Any] = {"buyer": bodies.BUYER, "order_notes": "Ring twice", "metadata": {"cart": "c_1"}}
    taken: dict[str, Any] = {} if version in bodies.BEFORE_LINE_ITEMS else rich
    return {
        "create": [
            bodies.create_body(version),
            bodies.create_body(version, items={"item_123": 2, "ebook_123": 1}, buyer=bodies.BUYER),
            bodies.create_body(version, **taken),
            *published.get("CheckoutSessionCreateRequest", []),
        ],
        "update": [
            bodies.update_body(version, option="express_shipping"),
            bodies.update_body(version, items={"item_456": 3}, address=bodies.ADDRESS),
            *published.get("CheckoutSessionUpdateRequest", []),
        ],
        "complete": [
            *[bodies.complete_body(version, "tok_visa")] * 4,
            *published.get("CheckoutSessionCompleteRequest", []),
        ],
        "cancel": [bodies.cancel_body(version) or {}, *published.get("CancelSessionRequest", [])],
        "delegate": [bodies.delegate_body("cs_123")],
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_a_purchase(world: World, version: str) -> None:
    caller = Caller(version, create_agent(name="buyer")[1])
    known = seeds(version)

    @settings(
        max_examples=share(0.5, len(VERSIONS)) * 10 // 35,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[*HealthCheck],
    )
    @given(st.data())
    def converse(data: st.DataObject) -> None:
        def said(operation: str, path: str, **members: Any) -> Answer:
            body = data.draw(mutated(data.draw(st.sampled_from(known[operation]))), label=operation)
            return heard(caller.post(path, body | members if data.draw(st.booleans()) else body))

        created = said("create", SESSIONS)
        session = f"{SESSIONS}/{created.id if created.status == 201 else 'cs_none'}"
        for operation in data.draw(st.lists(st.sampled_from([*known, "get"]), min_size=1, max_size=4)):
            match operation:
                case "create":
                    said("create", SESSIONS)
                case "get":
                    heard(caller.send("GET", session))
                case "delegate":
                    said("delegate", DELEGATE_PAYMENT)
                case "update":
                    said("update", session)
                case _:
                    said(operation, f"{session}/{operation}")

    converse()


def heard(answer: Answer) -> Answer:
    sent[answer.status] += 1
    assert answer.status < 500, answer.body
    return answer
