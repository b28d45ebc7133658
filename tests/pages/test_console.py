"""A developer plays the assistant in the console, and its requests are real."""

import json
import subprocess

import pytest

from agents.models import Agent, OutgoingEvent
from agents.operations import create_agent, issue_key, set_endpoint
from agents.versioning import SUPPORTED
from checkout.models import CheckoutSession, Order
from config.console import AGENT_KEY
from payments.models import Payment

on_both_sizes = pytest.mark.parametrize("size", ["desktop", "phone"])
STEPS = {"delegated": 12, "direct": 7, "spt": 12}


class Developer:
    def __init__(self, visitor, accessible):
        self.visitor, self.page, self.accessible = visitor, visitor.page, accessible
        visitor.open("/console")

    def picks(self, flow="delegated", **choices):
        self.page.locator(f"[name=flow][value={flow}]").check()
        for name, value in choices.items():
            self.page.locator(f"[name={name}]").select_option(value)
        return self

    def plays(self, until=".note-success"):
        self.page.get_by_role("button", name="Play all").click()
        self.page.locator(until).first.wait_for()
        return self

    @property
    def done(self):
        return self.page.locator("[data-is=done]").count()

    @property
    def exchanges(self):
        """Each request's line, and its answer's status."""
        return [
            (each.locator(".line").inner_text(), int(each.locator(".badge").inner_text()[:3]))
            for each in self.page.locator(".exchange").all()
        ]


@pytest.fixture
def developer(visitor, accessible, shop, settings):
    settings.PUBLIC_URL = visitor.url
    agent, _ = create_agent(name="demo")
    issue_key(agent=agent, plain=AGENT_KEY)
    return Developer(visitor, accessible)


@pytest.mark.parametrize("version", SUPPORTED)
def test_the_assistant_delegates_a_card(developer, version):
    developer.picks("delegated", version=version).plays()

    session = CheckoutSession.objects.get()
    assert developer.done == STEPS["delegated"]
    assert developer.exchanges == [
        ("POST /checkout_sessions", 201),
        (f"POST /checkout_sessions/{session.id}", 200),
        (f"POST /checkout_sessions/{session.id}", 200),
        ("POST /agentic_commerce/delegate_payment", 201),
        (f"POST /checkout_sessions/{session.id}/complete", 200),
        (f"GET /checkout_sessions/{session.id}", 200),
    ]
    assert (session.status, session.api_version) == ("completed", version)


@pytest.mark.parametrize("version", SUPPORTED)
def test_a_page_brings_a_token(developer, version):
    developer.picks("direct", version=version).plays()

    assert developer.done == STEPS["direct"]
    assert ("POST /v1/tokens", 200) in developer.exchanges
    assert Payment.objects.get().credential.startswith("tok_")
    assert Order.objects.get().session.api_version == version


@pytest.mark.parametrize("version", SUPPORTED)
def test_the_assistant_shares_a_payment_token(developer, version):
    developer.picks("spt", version=version).plays()

    assert developer.done == STEPS["spt"]
    assert ("POST /v1/shared_payment/issued_tokens", 200) in developer.exchanges
    assert Order.objects.get().session.api_version == version


@on_both_sizes
def test_the_page_keeps_nobody_out(developer):
    assert developer.accessible(developer.page)

    developer.plays()

    assert developer.accessible(developer.page)
    assert not developer.visitor.scrolls_sideways()
    assert developer.visitor.sees("Purchase complete.")
    for summary in developer.page.locator("summary").all():
        if not summary.evaluate("summary => summary.parentElement.open"):
            summary.click()
    assert developer.visitor.sees('"line_items"', "Idempotency-Key")
    assert developer.accessible(developer.page)
    assert not developer.visitor.scrolls_sideways()


@pytest.mark.parametrize(
    ("endpoint", "told", "state"),
    [
        (None, "The demo agent has no address yet", "unaddressed"),
        ({"is_enabled": True}, "It is on its way to the address", "pending"),
        ({"is_enabled": False}, "is switched off or paused, so the event waits", "pending"),
    ],
)
def test_what_is_told_of_the_order_event_is_what_happens(developer, endpoint, told, state):
    if endpoint:
        set_endpoint(agent=Agent.objects.get(), url="http://127.0.0.1:8139/", **endpoint)
        developer.visitor.open("/console")
    developer.plays()

    assert developer.visitor.sees(told)
    assert OutgoingEvent.objects.get().state == state


def test_one_step_at_a_time(developer):
    for _ in range(2):
        developer.page.get_by_role("button", name="Next step").click()
        developer.page.locator("#next:enabled").wait_for()

    assert developer.done == 2
    assert developer.visitor.sees("The session is not_ready_for_payment: an address is needed to deliver this order.")
    developer.page.get_by_role("button", name="Start over").click()
    assert (developer.done, developer.exchanges) == (0, [])


@on_both_sizes
def test_a_declined_card_then_another(developer):
    developer.picks(card="4000000000000002").plays(until=".note-error")
    assert developer.visitor.sees("The card was declined.", "Pick another card and play on.")
    assert developer.accessible(developer.page)

    developer.picks(card="4242424242424242").plays()

    assert developer.done == STEPS["delegated"]
    assert Order.objects.get().session == CheckoutSession.objects.get()


@pytest.mark.parametrize("size, version", [("desktop", "2026-04-17"), ("phone", "2026-01-30")])
def test_a_card_whose_bank_wants_to_be_asked(developer, version):
    developer.picks(version=version, card="4000000000003220").plays(until=".note-warning")
    assert developer.accessible(developer.page)

    with developer.page.expect_popup() as opened:
        developer.page.get_by_role("link", name="Go to the bank").click()
    opened.value.get_by_role("button", name="Approve").click()
    opened.value.get_by_text("went through").wait_for()
    developer.page.get_by_role("button", name="Look again").click()
    developer.page.locator("#next:enabled").wait_for()
    developer.plays()

    assert developer.done == STEPS["delegated"]


@pytest.mark.parametrize("version", ["2025-12-12", "2026-01-16"])
def test_an_assistant_that_asks_the_buyer_by_itself(developer, version):
    developer.picks(version=version, card="4000000000003220").plays(until=".note-warning")

    developer.page.get_by_role("button", name="Approve, and complete again").click()
    developer.page.locator("#next:enabled").wait_for()
    developer.plays()

    assert developer.done == STEPS["delegated"]


def test_the_first_version_knows_no_way_to_the_bank(developer):
    developer.picks(version="2025-09-29", card="4000000000003220").plays(until=".note-warning")

    developer.page.get_by_role("button", name="Cancel the session").click()
    developer.page.locator(".note-error").wait_for()

    assert developer.visitor.sees("The session is canceled and nothing was charged.")
    assert CheckoutSession.objects.get().status == "canceled"


@pytest.mark.parametrize(
    "choice, told",
    [
        ({"product": "out_of_stock_item"}, "Brass Table Clock, First Edition is out of stock"),
        ({"address": "4"}, "We do not deliver to this address (JP)"),
    ],
)
def test_what_cannot_be_bought_is_said(developer, choice, told):
    developer.picks(**choice).plays(until=".note-error")

    assert developer.visitor.sees(told)
    assert not Payment.objects.exists()


def test_a_wrong_key_is_refused_as_the_server_says_it(developer):
    developer.page.get_by_label("API key").fill("wrong")

    developer.plays(until=".note-error")

    assert developer.exchanges == [("POST /checkout_sessions", 401)]
    developer.visitor.complaints.clear()  # Chromium calls a 401 an error


def test_a_request_can_be_copied_as_curl(developer):
    developer.page.get_by_role("button", name="Next step").click()
    developer.page.locator("#next:enabled").wait_for()
    developer.page.get_by_role("button", name="Next step").click()
    developer.page.locator("#next:enabled").wait_for()

    copy = developer.page.get_by_role("button", name="Copy as curl")
    copy.click()
    developer.page.get_by_role("button", name="Copied").wait_for()
    command = developer.page.locator(".copy").get_attribute("data-copied")
    answer = subprocess.run(["sh", "-c", command], capture_output=True, check=True, timeout=30)

    assert json.loads(answer.stdout)["id"] == CheckoutSession.objects.get().id  # its Idempotency-Key is the same
