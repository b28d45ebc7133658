"""The coin shop, as a buyer with a browser meets it: offline, with the card going to the sandbox's own `/v1`."""

import re
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction

from agents.operations import create_agent
from coins.models import Customer, Purchase
from payments.models import Payment
from payments.sandbox.operations import answer_challenge
from tests.coins.factories import balance

pytestmark = pytest.mark.django_db(transaction=True)

GOOD, WRONG = "4242 4242 4242 4242", "4242 4242 4242 4241"
DECLINED, KEPT_BUT_DECLINED = "4000 0000 0000 0002", "4000 0000 0000 0341"


@pytest.fixture
def shop(packages):
    """The demo shop, where those who come by themselves are the demo agent's customers."""
    return create_agent(name="demo")[0]


class Visitor:
    """Somebody at a browser: reads the page, types, clicks."""

    def __init__(self, page, live_server):
        self.page = page
        self.requests: list[Any] = []
        page.on("request", lambda request: self.requests.append(request))
        page.goto(f"{live_server.url}/coins")

    def enters(self, name="Ada", email="ada@example.com"):
        self.page.get_by_label("Name").fill(name)
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_role("button", name="Continue").click()
        self.page.get_by_role("heading", name="Pay by card").wait_for()
        return self

    def types_card(self, number=GOOD):
        self.page.get_by_label("Card number").fill(number)
        self.page.get_by_label("Expires").fill("12 / 34")
        self.page.get_by_label("CVC").fill("123")
        return self

    def pays(self):
        self.page.get_by_role("button", name=re.compile("^Pay")).click()
        self.page.locator(".note:visible").wait_for()
        return self.page.locator(".note:visible").first.inner_text()

    @property
    def balance(self):
        return self.page.locator("#balance").inner_text()


@pytest.fixture
def visitor(page, live_server, shop):
    return Visitor(page, live_server)


class TestAVisit:
    def test_ends_with_coins(self, visitor):
        told = visitor.enters().types_card().pays()

        assert told == "100 coins are yours. Thank you!"
        assert visitor.balance == "100"
        assert "Bought: Starter Pack" in visitor.page.locator(".history").inner_text()
        call_command("verify_ledger")

    def test_never_sends_the_card_to_us(self, visitor):
        visitor.enters().types_card().pays()

        told = [request.url for request in visitor.requests if "42424242" in (request.post_data or "").replace("+", "")]
        assert [url.partition("/v1/")[2] for url in told] == ["payment_methods"]

    def test_may_pay_with_the_same_card_again(self, visitor):
        visitor.enters().types_card().pays()
        visitor.page.get_by_text("Premium Pack").click()

        assert visitor.page.get_by_role("button", name="Pay $50.00").is_visible()
        assert visitor.pays() == "700 coins are yours. Thank you!"
        assert visitor.balance == "800"

    def test_with_a_wrong_number_is_told_before_anything_is_paid(self, visitor):
        assert visitor.enters().types_card(WRONG).pays() == "Your card number is incorrect."
        assert not Payment.objects.exists()

    def test_with_a_declined_card_is_told_and_may_try_another(self, visitor):
        told = visitor.enters().types_card(DECLINED).pays()
        assert told.startswith("The card was declined.") and told.endswith("Nothing was charged.")

        assert visitor.types_card().pays() == "100 coins are yours. Thank you!"

    def test_with_a_card_that_is_declined_when_it_should_pay_is_offered_another(self, visitor):
        told = visitor.enters().types_card(KEPT_BUT_DECLINED).pays()
        assert told.startswith("The card was declined.") and told.endswith("Nothing was charged.")

        assert visitor.page.get_by_label("Another card").is_checked()
        assert visitor.types_card().pays() == "100 coins are yours. Thank you!"

    def test_with_a_declined_card_still_wants_the_same_package(self, visitor):
        visitor.enters().page.get_by_text("Premium Pack").click()
        visitor.types_card(KEPT_BUT_DECLINED).pays()

        assert visitor.types_card().pays() == "700 coins are yours. Thank you!"

    def test_clicking_twice_buys_once(self, visitor):
        visitor.enters().types_card()
        visitor.page.get_by_role("button", name=re.compile("^Pay")).dblclick()
        visitor.page.locator(".note-success").wait_for()

        assert (visitor.balance, Purchase.objects.count()) == ("100", 1)

    @pytest.mark.parametrize("width", [320, 390, 1280])
    def test_needs_no_sideways_scrolling(self, visitor, width):
        visitor.page.set_viewport_size({"width": width, "height": 800})
        visitor.enters().types_card().pays()

        assert visitor.page.evaluate("document.documentElement.scrollWidth") <= width


class TestTheForms:
    def enter(self, client, attempt="a"):
        return client.post("/coins/enter", {"name": "Ada", "email": "ada@example.com", "attempt": attempt})

    def buy(self, client, attempt="b"):
        body = {"package_id": "package_1", "payment_method_id": "pm_card_visa", "attempt": attempt}
        return client.post("/coins/buy", body, follow=True)

    def test_sent_twice_buy_once(self, client, shop):
        self.enter(client)
        self.buy(client)
        self.buy(client)

        assert balance(Customer.objects.get()) == 100

    def test_make_one_customer_sent_twice(self, client, shop):
        self.enter(client)
        self.enter(client)

        assert Customer.objects.count() == 1

    def test_buy_nothing_for_nobody(self, client, shop):
        self.buy(client)

        assert not Purchase.objects.exists()

    def test_are_forgotten_on_leaving(self, client, shop):
        self.enter(client)
        client.post("/coins/leave")

        assert "Who are the coins for?" in client.get("/coins").content.decode()

    def test_want_an_address(self, client, shop):
        answer = client.post("/coins/enter", {"name": "Ada", "email": "nobody"}, follow=True)

        assert "Please enter an e-mail address" in answer.content.decode()
        assert not Customer.objects.exists()

    def test_tell_of_a_bank_that_wants_to_be_asked(self, client, shop):
        self.enter(client)
        body = {"package_id": "package_1", "payment_method_id": "pm_card_authenticationRequired", "attempt": "b"}
        page = client.post("/coins/buy", body, follow=True).content.decode()

        assert "Your bank wants you to approve $10.00 for 100 coins." in page

        with transaction.atomic():
            answer_challenge(payment_intent_id=Payment.objects.get().processor_id, is_approved=True)
        page = client.get("/coins").content.decode()

        assert "Your bank wants you" not in page
        assert balance(Customer.objects.get()) == 100


# What the page asks of Stripe.js, and no more. In the real one the card is typed in a frame, where we cannot read it.
STRIPE_JS = """
window.Stripe = (key) => ({
  elements: () => ({ create: (kind) => ({ kind, mount() {} }) }),
  async createPaymentMethod({ type, card, billing_details: { name } }) {
    console.log([key, type, card.kind, name].join());
    return { paymentMethod: { id: "pm_card_visa" } };
  },
});
"""


class TestWithStripesKeys:
    @pytest.fixture(autouse=True)
    def keys(self, settings):
        settings.STRIPE_PUBLISHABLE_KEY = "pk_test_51"

    def test_stripes_own_script_takes_the_card(self, page, live_server, shop):
        page.route("https://js.stripe.com/v3/", lambda route: route.fulfill(body=STRIPE_JS))
        asked = []
        page.on("console", lambda message: asked.append(message.text))
        visitor = Visitor(page, live_server).enters()

        assert visitor.pays() == "100 coins are yours. Thank you!"
        assert asked == ["pk_test_51,card,card,Ada"]
        assert not [request.url for request in visitor.requests if "/v1/" in request.url]

    def test_no_other_script_sees_it(self, page, live_server, shop):
        page.route("https://js.stripe.com/v3/", lambda route: route.fulfill(body=STRIPE_JS))
        page.route("https://elsewhere.example/*", lambda route: route.fulfill(body="window.isRobbed = true"))
        Visitor(page, live_server).enters()
        page.evaluate(
            "document.body.append(Object.assign(document.createElement('script'), {text: 'isRobbed = true'}))"
        )
        with pytest.raises(Exception, match="Content Security Policy"):
            page.add_script_tag(url="https://elsewhere.example/x.js")

        assert not page.evaluate("window.isRobbed")


def test_a_shop_without_a_key_takes_no_card_itself(client, shop, settings):
    client.post("/coins/enter", {"name": "Ada", "email": "ada@example.com", "attempt": "a"})
    settings.SANDBOX = False
    page = client.get("/coins").content.decode()

    assert "Cards cannot be taken here just now." in page
    assert "offline-stripe.js" not in page and "js.stripe.com" not in page
