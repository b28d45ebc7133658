"""The storefront as a browser's requests meet it: what a careless, an unlucky or a hostile one may send."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from django.utils import timezone

from agents.models import Agent
from catalog.models import Product
from checkout.models import CheckoutSession, Order
from checkout.pages import basket, shop
from checkout.pages.till import NOTHING_TO_PAY
from payments.models import Payment
from payments.sandbox.operations import answer_challenge
from tests.payments.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = {
    "email": "ada@example.com",
    "name": "Ada Lovelace",
    "line_one": "12 St James's Square",
    "city": "San Francisco",
    "postal_code": "94105",
    "state": "CA",
    "country": "US",
}


class Buyer:
    """A browser without JavaScript, but with a card."""

    def __init__(self):
        self.client = Client()

    def adds(self, product_id="item_123", quantity="1"):
        return self.client.post("/cart/add", {"product_id": product_id, "quantity": quantity}, follow=True)

    def changes(self, product_id, quantity):
        return self.client.post("/cart/change", {"product_id": product_id, "quantity": quantity}, follow=True)

    def says_where(self, **others):
        return self.client.post("/checkout/address", ADDRESS | others, follow=True)

    def is_ready(self, *product_ids):
        for product_id in product_ids or ("item_123",):
            self.adds(product_id)
        self.says_where()
        return self

    def pays(self, card="pm_card_visa", total=None, **follow):
        total = self.session.total_amount if total is None else total
        return self.client.post("/checkout/payment", {"payment_method_id": card, "total": total}, **follow)

    def reads(self, path):
        html = self.client.get(path, follow=True).content.decode()
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.partition("<body")[2]))

    @property
    def session(self):
        return CheckoutSession.objects.latest("created_at")


@pytest.fixture
def buyer(shop):
    return Buyer()


def order_of(answer):
    assert answer.status_code == 302, answer.content.decode()
    return Order.objects.get(id=answer["Location"].removeprefix("/orders/"))


class TestPaying:
    def test_makes_an_order_of_the_storefronts(self, buyer):
        order = order_of(buyer.is_ready().pays())

        assert (order.agent.name, order.total_amount) == (basket.AGENT, 8499)
        assert order.session.buyer == {"full_name": "Ada Lovelace", "email": "ada@example.com"}

    def test_twice_with_one_form_pays_once(self, buyer):
        first, second = buyer.is_ready().pays(), buyer.pays()

        assert order_of(first) == order_of(second)
        assert Payment.objects.count() == 1

    @pytest.mark.needs_postgres
    def test_many_times_at_once_with_one_form_pays_once(self, buyer):
        buyer.is_ready()
        form = {"payment_method_id": "pm_card_visa", "total": buyer.session.total_amount}

        def pay(_):
            client = Client()
            client.cookies.update(buyer.client.cookies)
            return client.post("/checkout/payment", form).status_code

        assert at_once(8, pay) == [302] * 8
        assert (Payment.objects.count(), Order.objects.count()) == (1, 1)
        assert "Thank you" in buyer.reads("/checkout/payment")

    def test_again_with_another_card_after_the_order_pays_nothing(self, buyer):
        first, second = buyer.is_ready().pays(), buyer.pays("pm_card_mastercard")

        assert order_of(first) == order_of(second)
        assert Payment.objects.count() == 1

    def test_with_a_declined_card_is_told_in_words_for_buyers(self, buyer):
        buyer.is_ready().pays("pm_card_visa_chargeDeclinedInsufficientFunds")

        page = buyer.reads("/checkout/payment")
        assert "There is not enough money on the card for this purchase. Use another card. Nothing was charged." in page
        assert order_of(buyer.pays())

    def test_the_same_declined_form_again_charges_nothing_more(self, buyer):
        buyer.is_ready().pays("pm_card_visa_chargeDeclined")
        buyer.pays("pm_card_visa_chargeDeclined")

        assert Payment.objects.count() == 1

    @pytest.mark.parametrize("card", ["", "\0", "vt_1", "4242424242424242", "pm_\0", "x" * 300, "pm_" + "4" * 16])
    def test_with_what_is_no_card_says_so(self, buyer, card):
        answer = buyer.is_ready().pays(card, follow=True)

        assert answer.status_code == 200
        assert b"note-error" in answer.content
        assert not Payment.objects.exists()

    def test_another_total_than_was_shown_is_not_charged(self, buyer):
        page = buyer.is_ready().pays(total=1, follow=True).content.decode()

        assert "The total has changed: it is $84.99 now. Nothing was charged." in page
        assert not Payment.objects.exists()

    def test_with_stripes_keys_uses_stripes_own_script(self, buyer, settings):
        settings.STRIPE_PUBLISHABLE_KEY = "pk_live_1"
        buyer.is_ready()

        page = buyer.client.get("/checkout/payment").content.decode()

        assert 'src="https://js.stripe.com/v3/"' in page
        assert 'data-key="pk_live_1"' in page
        assert "offline-stripe.js" not in page

    def test_what_is_free_needs_no_card(self, buyer):
        Product.objects.filter(id="ebook_123").update(unit_amount=0)
        buyer.is_ready("ebook_123")
        assert "Nothing to pay" in buyer.reads("/checkout/payment")
        assert NOTHING_TO_PAY not in buyer.reads("/checkout/payment")

        assert order_of(buyer.pays("")).payment is None

    @pytest.mark.parametrize("path", ["/checkout/payment", "/checkout/delivery", "/checkout/address"])
    def test_an_empty_cart_leads_to_the_cart(self, buyer, path):
        assert "Your cart is empty." in buyer.reads(path)

    def test_nothing_is_paid_before_we_know_for_whom(self, buyer):
        buyer.adds()

        assert buyer.pays()["Location"] == "/checkout/address"

    def test_of_what_is_gone_leads_back_to_the_cart(self, buyer):
        buyer.is_ready("item_456")
        Product.objects.filter(id="item_456").update(stock=0)

        page = buyer.pays(follow=True).content.decode()

        assert "Walnut Headphone Stand is out of stock" in page
        assert not Payment.objects.exists()


class TestABank:
    """… that wants to be asked first."""

    def test_is_where_the_buyer_is_sent(self, buyer, settings):
        answer = buyer.is_ready().pays("pm_card_authenticationRequired")

        payment = Payment.objects.get()
        assert answer["Location"] == f"{settings.PUBLIC_URL}/sandbox/authenticate/{payment.processor_id}"

    def test_sends_its_buyer_on_to_the_order(self, buyer):
        buyer.is_ready().pays("pm_card_authenticationRequired")
        payment = Payment.objects.get()
        self._approve(payment)

        back = buyer.client.get("/payments/return", {"payment_intent": payment.processor_id})

        assert back["Location"] == "/checkout/payment"
        assert order_of(buyer.client.get(back["Location"])).payment == payment

    def test_sends_nobody_else_to_the_order(self, buyer):
        buyer.is_ready().pays("pm_card_authenticationRequired")
        payment = Payment.objects.get()
        self._approve(payment)

        answer = Client().get("/payments/return", {"payment_intent": payment.processor_id})

        assert answer.status_code == 200
        assert Order.objects.get().id not in answer.content.decode()

    def test_may_be_answered_in_another_window(self, buyer):
        buyer.is_ready().pays("pm_card_authenticationRequired")
        assert "Your bank wants you to approve this payment" in buyer.reads("/cart")

        self._approve(Payment.objects.get())

        assert "Thank you" in buyer.reads("/checkout/payment")

    def test_holds_the_cart_meanwhile(self, buyer):
        buyer.is_ready().pays("pm_card_authenticationRequired")

        answer = buyer.adds("item_456")

        assert "the cart cannot change just now" in answer.content.decode()
        assert list(buyer.session.line_items.values_list("product_id", flat=True)) == ["item_123"]

    def test_need_not_be_answered(self, buyer):
        buyer.is_ready().pays("pm_card_authenticationRequired")

        buyer.client.post("/checkout/withdraw")

        assert sorted(CheckoutSession.objects.values_list("status", flat=True)) == ["canceled", "ready_for_payment"]
        assert Payment.objects.get().state == "canceled"
        assert order_of(buyer.pays())

    def test_cannot_be_left_once_it_was_paid(self, buyer):
        buyer.is_ready().pays("pm_card_authenticationRequired")
        self._approve(Payment.objects.get())

        assert buyer.client.post("/checkout/withdraw")["Location"] == "/checkout/payment"
        assert "Thank you" in buyer.reads("/checkout/payment")

    @staticmethod
    def _approve(payment):
        with transaction.atomic():
            answer_challenge(payment_intent_id=payment.processor_id, is_approved=True)


class TestALongPause:
    def test_keeps_the_cart_and_the_address_at_todays_prices(self, buyer):
        buyer.is_ready()
        Product.objects.filter(id="item_123").update(unit_amount=9000)

        with time_machine.travel(timezone.now() + timedelta(hours=2)):
            page = buyer.reads("/checkout/payment")

        assert "You were away for a while" in page
        assert "Pay $95.00" in page
        assert sorted(CheckoutSession.objects.values_list("status", flat=True)) == ["expired", "ready_for_payment"]

    def test_pays_nothing_before_the_new_total_was_seen(self, buyer):
        buyer.is_ready()

        with time_machine.travel(timezone.now() + timedelta(hours=2)):
            answer = buyer.pays()

        assert answer["Location"] == "/checkout/payment"
        assert not Payment.objects.exists()

    def test_drops_what_is_no_longer_sold(self, buyer):
        buyer.adds("item_123")
        Product.objects.filter(id="item_123").update(is_active=False)

        with time_machine.travel(timezone.now() + timedelta(hours=2)):
            assert "Your cart is empty." in buyer.reads("/cart")


class TestTheCart:
    def test_adds_up(self, buyer):
        buyer.adds("item_123", "2")
        buyer.adds("item_123", "1")
        buyer.adds("item_456")

        assert {line.product_id: line.quantity for line in buyer.session.line_items.all()} == {
            "item_123": 3,
            "item_456": 1,
        }
        assert "Cart 4 items" in buyer.reads("/")

    def test_is_the_browsers_own(self, buyer):
        buyer.adds()

        assert "Your cart is empty." in Buyer().reads("/cart")

    def test_begins_anew_after_an_order(self, buyer):
        buyer.is_ready().pays()

        assert "Your cart is empty." in buyer.reads("/cart")
        buyer.adds("item_456")
        assert list(buyer.session.line_items.values_list("product_id", flat=True)) == ["item_456"]

    @pytest.mark.parametrize("quantity", ["0", "-1", "1.5", "many", "", "99999", "²"])
    def test_takes_no_such_quantity(self, buyer, quantity):
        page = buyer.adds(quantity=quantity).content.decode()

        assert "That could not be put into the cart." in page
        assert not CheckoutSession.objects.exists()

    @pytest.mark.parametrize("product_id", ["", "nothing", "a\0b", "package_1"])
    def test_takes_no_such_product(self, buyer, packages, product_id):
        assert "That could not be put into the cart." in buyer.adds(product_id).content.decode()

    def test_says_what_an_order_may_hold(self, buyer):
        page = buyer.adds("item_456", "11").content.decode()

        assert "An order may hold at most 10 of Walnut Headphone Stand" in page
        assert "An order may hold" not in buyer.changes("item_456", "10").content.decode()

    def test_changes_nothing_that_is_not_in_it(self, buyer):
        buyer.adds()

        buyer.changes("item_456", "3")

        assert list(buyer.session.line_items.values_list("product_id", flat=True)) == ["item_123"]

    def test_asks_no_more_for_more_lines(self, buyer, django_assert_num_queries):
        buyer.adds()
        with django_assert_num_queries(4):  # the browser's session, the agent, the session, its lines
            buyer.client.get("/cart")
        for product_id in ("item_456", "item_789", "test", "ebook_123"):
            buyer.adds(product_id)

        with django_assert_num_queries(4):
            buyer.client.get("/cart")


class TestAnAddress:
    @pytest.mark.parametrize("typed", ["NY", "ny", "New York", "new york", "US-NY"])
    def test_is_taxed_by_its_state_however_it_is_written(self, buyer, typed):
        buyer.is_ready()

        buyer.says_where(state=typed)

        assert buyer.session.fulfillment_details["address"]["state"] == "NY"
        assert "Tax $7.55" in buyer.reads("/checkout/payment")

    def test_in_no_state_of_the_country_is_asked_again(self, buyer):
        buyer.adds()

        assert "Please enter your state, such as Alabama." in buyer.says_where(state="Bavaria").content.decode()
        assert buyer.session.fulfillment_details is None

    def test_needs_no_state_where_there_are_none(self, buyer):
        buyer.adds()

        buyer.says_where(country="DE", state="", city="Berlin", postal_code="10117")

        assert buyer.session.fulfillment_details["address"]["country"] == "DE"

    @pytest.mark.parametrize(
        "field, text", [("name", "\0"), ("email", "nobody"), ("country", "XX"), ("city", "x" * 61)]
    )
    def test_that_cannot_be_is_refused_in_the_form(self, buyer, field, text):
        buyer.adds()

        answer = buyer.says_where(**{field: text})

        assert b"Please look at what is marked below." in answer.content
        assert buyer.session.buyer is None

    @pytest.mark.parametrize("option", ["express_shipping", "no_such_option", "a\0b", ""])
    def test_is_delivered_to_in_a_way_that_is_offered(self, buyer, option):
        buyer.is_ready()

        assert buyer.client.post("/checkout/delivery", {"option": option}, follow=True).status_code == 200

        [chosen] = buyer.session.selected_fulfillment_options
        assert chosen["option_id"] == ("express_shipping" if option == "express_shipping" else "standard_shipping")


class TestTheShelves:
    def test_have_pages(self, buyer, monkeypatch):
        monkeypatch.setattr(shop, "PRODUCTS_ON_A_PAGE", 6)

        assert "Page 1 of 2" in buyer.reads("/")
        assert "Walnut Headphone Stand" in buyer.reads("/?page=2")
        assert "Walnut Headphone Stand" in buyer.reads("/?page=999")

    def test_leave_coins_to_their_own_shop(self, buyer, packages):
        assert "Starter Pack" not in buyer.reads("/")
        assert buyer.client.get("/products/package_1").status_code == 404

    @pytest.mark.parametrize("id", ["nothing", "%00", "é", "x" * 300])
    def test_hold_no_such_product(self, buyer, id):
        assert buyer.client.get(f"/products/{id}").status_code == 404

    def test_offer_no_more_than_there_is(self, buyer):
        Product.objects.filter(id="item_456").update(stock=3)
        Product.objects.filter(id="item_123").update(is_active=False)

        assert b"<option>3</option></select>" in buyer.client.get("/products/item_456").content
        assert "This is sold out." in buyer.reads("/products/out_of_stock_item")
        assert buyer.client.get("/products/item_123").status_code == 404

    def test_show_a_disclosure_and_let_nobody_write_markup(self, buyer):
        note = {"type": "disclaimer", "content_type": "markdown", "content": "**Heavy** <script>"}
        Product.objects.filter(id="item_123").update(disclosures=[note])

        assert b"<strong>Heavy</strong> &lt;script&gt;" in buyer.client.get("/products/item_123").content


@pytest.mark.parametrize(
    "path",
    ["/cart/add", "/cart/change", "/checkout/address", "/checkout/delivery", "/checkout/payment", "/checkout/withdraw"],
)
def test_a_form_that_our_pages_did_not_send_is_refused(shop, path):
    answer = Client(enforce_csrf_checks=True).post(path, {}, headers={"Accept": "text/html"})

    assert answer.status_code == 403
    assert b"Nothing was changed and nothing was charged." in answer.content


def test_an_agent_sees_nothing_of_what_people_buy(buyer, caller):
    buyer.is_ready()

    assert caller.get(f"/checkout_sessions/{buyer.session.id}").status_code == 404
    assert Agent.objects.get(name=basket.AGENT).keys.count() == 0
