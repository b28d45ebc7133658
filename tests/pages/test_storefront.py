"""Somebody buys in the shop, from its front to the page of the order, with the card going past us."""

import re

import pytest

from catalog.models import Product
from checkout.models import CheckoutSession, Order
from payments.models import Payment

GOOD, DECLINED, ASKS = "4242424242424242", "4000000000000002", "4000000000003220"
ADDRESS = {
    "E-mail": "ada@example.com",
    "Full name": "Ada Lovelace",
    "Address": "12 St James's Square",
    "City": "New York",
    "Postal code": "10001",
    "State or region": "new york",
}

on_both_sizes = pytest.mark.parametrize("size", ["desktop", "phone"])


class Shopper:
    """Reads, types and clicks; every page met must look whole and, where `accessible` looks, keep nobody out."""

    def __init__(self, visitor, accessible=lambda page: True):
        self.visitor, self.page, self.accessible = visitor, visitor.page, accessible
        self.sent: list[str] = []
        self.page.on("request", lambda request: self.sent.append(f"{request.url} {request.post_data or ''}"))

    def puts_in_cart(self, product_id, quantity="1"):
        self.visitor.open(f"/products/{product_id}")
        self.looks()
        self.page.get_by_label("Quantity").select_option(quantity)
        self._clicks("Add to cart", "/cart")
        return self

    def goes_to_the_till(self):
        self.looks()
        self.page.get_by_role("link", name="Checkout").click()
        self.page.wait_for_url("**/checkout/address")
        return self

    def fills_in(self, **others):
        for label, text in {**ADDRESS, **others}.items():
            self.page.get_by_label(label, exact=label == "Address").fill(text)
        self.looks()
        return self

    def continues(self, to):
        self._clicks("Continue", to)
        self.looks()
        return self

    def pays(self, number, then):
        self.page.get_by_label("Card number").press_sequentially(number)
        self.page.get_by_label("Expires").press_sequentially("1234")
        self.page.get_by_label("CVC").fill("123")
        self.looks()
        self._clicks(re.compile("^Pay"), then)
        return self

    def looks(self):
        assert not self.visitor.scrolls_sideways(), self.page.url
        assert self.visitor.pictures_are_there(), self.page.url
        assert self.accessible(self.page)

    def sees(self, *texts):
        return self.visitor.sees(*texts)

    def _clicks(self, name, then):
        self.page.get_by_role("button", name=name).click()
        self.page.wait_for_url(f"**{then}**")


@pytest.fixture
def shopper(visitor, shop, settings):
    settings.PUBLIC_URL = visitor.url
    return Shopper(visitor)


@pytest.fixture
def careful_shopper(shopper, accessible):
    shopper.accessible = accessible
    return shopper


@on_both_sizes
def test_from_the_front_to_an_order_whose_bank_wants_to_be_asked(careful_shopper):
    careful_shopper.visitor.open("/")
    careful_shopper.looks()
    careful_shopper.page.get_by_role("link", name="Fjord Three-Seat Sofa").click()
    careful_shopper.page.wait_for_url("**/products/sofa_123")
    careful_shopper.puts_in_cart("sofa_123").puts_in_cart("item_789", "2")
    assert careful_shopper.sees("Cart 3 items", "Item discounts -$6.00", "Total $2,023.00")

    careful_shopper.goes_to_the_till().fills_in().continues("/delivery")
    careful_shopper.page.get_by_label("Express Shipping").check()
    careful_shopper.continues("/payment")
    assert careful_shopper.sees("To 12 St James's Square, New York, NY 10001, US", "Express Shipping", "Tax $180.97")

    careful_shopper.pays(ASKS, "/sandbox/authenticate/")
    careful_shopper.looks()
    assert careful_shopper.sees("Is this payment yours?", "$2,218.97")
    careful_shopper.page.get_by_role("button", name="Approve").click()
    careful_shopper.page.wait_for_url("**/orders/**")

    careful_shopper.looks()
    assert careful_shopper.sees("Thank you, Ada Lovelace", "Total $2,218.97", "$2,218.97 paid", "New York, NY 10001")
    assert not careful_shopper.page.get_by_text("Cart 3").count()
    assert Payment.objects.get().is_paid


@on_both_sizes
def test_a_declined_card_then_another(shopper, accessible):
    shopper.puts_in_cart("item_123").goes_to_the_till().fills_in().continues("/delivery").continues("/payment")

    shopper.pays(DECLINED, "/payment")
    shopper.page.locator("#declined").wait_for()
    assert accessible(shopper.page)
    assert shopper.sees("The card was declined. Use another card, or ask the bank that issued it. Nothing was charged.")

    shopper.pays(GOOD, "/orders/")
    assert shopper.sees("Thank you, Ada Lovelace")
    assert [payment.state for payment in Payment.objects.order_by("created_at")] == ["declined", "succeeded"]


def test_the_card_goes_to_the_processor_and_never_to_us(shopper):
    shopper.puts_in_cart("item_123").goes_to_the_till().fills_in().continues("/delivery").continues("/payment")
    shopper.pays(GOOD, "/orders/")

    told = [sent.split()[0] for sent in shopper.sent if GOOD in re.sub(r"\D", "", sent)]
    assert [url.partition("/v1/")[2] for url in told] == ["payment_methods"]


def test_clicking_twice_pays_once(shopper):
    shopper.puts_in_cart("item_123").goes_to_the_till().fills_in().continues("/delivery").continues("/payment")
    shopper.page.get_by_label("Card number").fill(GOOD)
    shopper.page.get_by_label("Expires").fill("12 / 34")
    shopper.page.get_by_label("CVC").fill("123")

    shopper.page.get_by_role("button", name=re.compile("^Pay")).dblclick()
    shopper.page.wait_for_url("**/orders/**")

    assert (Payment.objects.count(), Order.objects.count()) == (1, 1)


def test_a_refused_approval_leads_back_to_the_card(shopper):
    shopper.puts_in_cart("item_123").goes_to_the_till().fills_in().continues("/delivery").continues("/payment")
    shopper.pays(ASKS, "/sandbox/authenticate/")

    shopper.page.get_by_role("button", name="Refuse").click()
    shopper.page.wait_for_url("**/checkout/payment")

    assert shopper.sees("The card's bank could not confirm who is paying.", "Nothing was charged.")
    shopper.pays(GOOD, "/orders/")


def test_who_does_not_answer_the_bank_may_give_the_payment_up(shopper, accessible):
    shopper.puts_in_cart("item_123").goes_to_the_till().fills_in().continues("/delivery").continues("/payment")
    shopper.pays(ASKS, "/sandbox/authenticate/")

    shopper.visitor.open("/cart")
    assert accessible(shopper.page)
    assert shopper.sees("Your bank wants you to approve this payment")
    shopper._clicks("Give this payment up", "/checkout/payment")
    shopper.pays(GOOD, "/orders/")

    assert sorted(CheckoutSession.objects.values_list("status", flat=True)) == ["canceled", "completed"]


@on_both_sizes
def test_what_is_missing_is_said_beside_its_field(careful_shopper):
    careful_shopper.puts_in_cart("item_123").goes_to_the_till()

    careful_shopper.page.get_by_role("button", name="Continue").click()
    careful_shopper.page.get_by_text("Please look at what is marked below.").wait_for()

    careful_shopper.looks()
    field = careful_shopper.page.get_by_label("City")
    assert field.get_attribute("aria-invalid") == "true"
    told = careful_shopper.page.locator(f"#{field.get_attribute('aria-describedby')}").inner_text()
    assert told == "Please enter your city."


def test_an_address_we_do_not_deliver_to(shopper):
    shopper.puts_in_cart("item_123").goes_to_the_till().fills_in()
    shopper.page.get_by_label("Country").select_option("Japan")

    shopper.page.get_by_role("button", name="Continue").click()

    shopper.page.get_by_text("We do not deliver to this address (JP).").wait_for()
    shopper.looks()


@on_both_sizes
def test_software_needs_no_address(shopper):
    shopper.puts_in_cart("ebook_123").goes_to_the_till()
    assert not shopper.page.get_by_label("City").count()
    for label in ("E-mail", "Full name"):
        shopper.page.get_by_label(label).fill(ADDRESS[label])

    shopper.continues("/payment").pays(GOOD, "/orders/")

    assert shopper.sees("Digital delivery For ada@example.com")


def test_a_cart_changes_by_choosing_a_quantity(shopper, accessible):
    shopper.puts_in_cart("item_456").puts_in_cart("item_123")

    shopper.page.get_by_label("Quantity of Walnut Headphone Stand").select_option("3")
    shopper.page.get_by_text("$184.99").first.wait_for()
    shopper.looks()
    shopper.page.get_by_role("button", name="Remove Aria Wireless Headphones").click()
    shopper.page.get_by_text("$105.00").first.wait_for()
    shopper.page.get_by_role("button", name="Remove Walnut Headphone Stand").click()
    shopper.page.get_by_text("Your cart is empty.").wait_for()

    assert accessible(shopper.page)


def test_the_last_one_is_gone_before_it_is_paid(shopper, accessible):
    shopper.puts_in_cart("item_456", "2").goes_to_the_till().fills_in().continues("/delivery").continues("/payment")
    Product.objects.filter(id="item_456").update(stock=1)

    shopper.pays(GOOD, "/cart")

    assert accessible(shopper.page)
    assert shopper.sees("Only 1 of Walnut Headphone Stand left", "cannot be bought as it is")
    assert not shopper.page.get_by_role("link", name="Checkout").count()
    shopper.page.get_by_label("Quantity of Walnut Headphone Stand").select_option("1")
    shopper.page.get_by_role("link", name="Checkout").wait_for()
    assert not Payment.objects.exists()


def test_by_keyboard_alone(shopper):
    shopper.visitor.open("/products/item_123")
    for name in ("Skip to the content", None, "Coins", "Cart", None, "Add to cart"):
        assert shopper.visitor.tab() == name or name is None
    shopper.page.keyboard.press("Enter")

    shopper.page.wait_for_url("**/cart")
