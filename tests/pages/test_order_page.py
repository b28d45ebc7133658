"""The page behind an order's permalink, as a buyer sees it."""

import pytest

from tests.caller import ADDRESS, BUYER

NEW_YORK = ADDRESS | {"line_two": "Apartment 12B", "city": "New York", "state": "NY", "postal_code": "10001"}

on_both_sizes = pytest.mark.parametrize("size", ["desktop", "phone"])


@pytest.fixture
def look(visitor):
    """Open the page of an order, which must look whole."""

    def at(order):
        assert visitor.open(f"/orders/{order.id}") == 200
        assert not visitor.scrolls_sideways()
        assert visitor.pictures_are_there()
        return visitor

    return at


@on_both_sizes
def test_physical_goods(look, buy):
    order = buy("item_123")

    visitor = look(order)

    assert visitor.sees("Confirmed", "Thank you, Ada", f"Order {order.number}", "We are getting it ready")
    assert visitor.sees("Aria Wireless Headphones", "1 × $79.99", "Delivery $5.00", "Total $84.99")
    assert visitor.sees("Standard Shipping", "Arrives", "Ada Lovelace 12 St James's Square San Francisco, CA 94105 US")
    assert visitor.sees("$84.99 paid Visa ending in 4242")


@on_both_sizes
def test_digital_goods(look, buy):
    visitor = look(buy("ebook_123"))

    assert visitor.sees("The Patient Shopkeeper (e-book)", "Total $14.99", "Digital delivery For ada@example.com")


@on_both_sizes
def test_both_at_once_taxed_and_reduced(look, buy):
    visitor = look(buy("item_456", "ebook_123", "item_789", fulfillment_details={"address": NEW_YORK}))

    assert visitor.sees("Item discounts -$3.00", "Subtotal $61.99", "Delivery $5.00", "Tax $4.62", "Total $71.61")
    assert visitor.sees("Standard Shipping", "Digital delivery", "Apartment 12B New York, NY 10001")


@on_both_sizes
def test_long_words_and_large_sums(look, buy, bag):
    long = {"first_name": "Wolfeschlegelsteinhausenbergerdorff-Hubert-Blaine"}
    street = {"line_one": "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz-Street 12"}
    visitor = look(buy("bag", "sofa_123", buyer=BUYER | long, fulfillment_details={"address": NEW_YORK | street}))

    assert visitor.sees(bag.title, "$12,345.67", "Sold by Nordhem Furniture", long["first_name"], street["line_one"])


@on_both_sizes
def test_a_payment_in_review(look, buy):
    assert look(buy(review=True)).sees("In review", "We are taking a second look at this payment")


@on_both_sizes
def test_a_buyer_without_a_name(look, buy):
    visitor = look(buy(buyer=None))

    assert visitor.page.inner_text("h1") == "Thank you"


@on_both_sizes
def test_a_card_we_know_nothing_of(look, buy):
    visitor = look(buy(token="tok_visa"))

    assert visitor.sees("$84.99 paid Questions?")


def test_the_keyboard_leads_from_the_top_to_the_bottom(look, buy, settings):
    visitor = look(buy())
    email = settings.SUPPORT_EMAIL

    stops = [visitor.tab() for _ in range(8)]

    assert stops == ["Skip to the content", settings.SHOP_NAME, "Coins", "Cart", email, "Terms", "Privacy", email]


def test_the_keyboard_can_skip_to_the_order(look, buy, settings):
    visitor = look(buy())
    visitor.tab()

    visitor.page.keyboard.press("Enter")

    assert visitor.tab() == settings.SUPPORT_EMAIL


def test_is_heard_in_order(look, buy):
    """What a screen reader lists: headings that name the parts, a list of what was bought."""
    visitor = look(buy("item_456", "item_789"))
    headings = visitor.page.get_by_role("heading").all_inner_texts()

    assert headings == [
        *("Thank you, Ada", "What you bought", "Walnut Headphone Stand", "Braided USB-C Cable, 2 m"),
        *("Delivery", "Payment", "Questions?"),
    ]
    assert visitor.page.get_by_role("listitem").count() == 2
    assert visitor.page.get_by_role("region").count() == 3


def test_dark_is_dark(look, buy):
    visitor = look(buy())
    background = "getComputedStyle(document.body).backgroundColor"
    light = visitor.page.evaluate(background)

    visitor.page.emulate_media(color_scheme="dark")

    assert visitor.page.evaluate(background) != light
