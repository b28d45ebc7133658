"""A purchase in people's words."""

from checkout import pricing, receipts
from checkout.models import CheckoutSession
from payments.money import Money
from vault.models import VaultToken

EXPRESS = {
    "type": "shipping",
    "id": "express_shipping",
    "title": "Express Shipping",
    "carrier": "FedEx",
    "latest_delivery_time": "2026-11-23T10:00:00Z",
}


def session(**amounts):
    totals = [pricing.total(type, amounts.get(type, 0)) for type in pricing.DISPLAY_TEXTS]
    return CheckoutSession(currency="usd", totals=totals)


def choose(session, *options):
    session.fulfillment_options = list(options)
    session.selected_fulfillment_options = [{"option_id": option["id"]} for option in options]
    return session


class TestRows:
    def test_are_no_more_than_needed(self):
        rows = receipts.rows(session(items_base_amount=1000, subtotal=1000, total=1000))

        assert [row.type for row in rows] == ["subtotal", "total"]

    def test_lead_from_the_goods_to_the_total(self):
        rows = receipts.rows(
            session(items_base_amount=1200, items_discount=200, subtotal=1000, discount=100, tax=80, total=980)
        )

        assert [(row.type, row.money) for row in rows] == [
            ("items_base_amount", Money(1200, "usd")),
            ("items_discount", Money(-200, "usd")),
            ("subtotal", Money(1000, "usd")),
            ("discount", Money(-100, "usd")),
            ("tax", Money(80, "usd")),
            ("total", Money(980, "usd")),
        ]

    def test_say_that_shipping_costs_nothing(self):
        rows = receipts.rows(choose(session(subtotal=1000, total=1000), EXPRESS))

        assert [row.type for row in rows] == ["subtotal", "fulfillment", "total"]


def test_a_delivery_knows_its_times_as_times():
    [delivery] = receipts.deliveries(choose(session(), EXPRESS))

    assert (delivery.title, delivery.carrier, delivery.is_shipped) == ("Express Shipping", "FedEx", True)
    assert delivery.earliest is None
    assert delivery.latest.isoformat() == "2026-11-23T10:00:00+00:00"


def test_an_address_is_written_as_on_an_envelope():
    address = {
        "name": "Ada Lovelace",
        "company": "Engines Ltd",
        "line_one": "12 St James's Square",
        "city": "London",
        "state": "",
        "postal_code": "SW1Y 4JH",
        "country": "GB",
    }

    assert receipts.address_lines(address) == [
        "Ada Lovelace",
        "Engines Ltd",
        "12 St James's Square",
        "London, SW1Y 4JH",
        "GB",
    ]


def test_no_address_has_no_lines():
    assert receipts.address_lines(None) == []


def test_a_buyer_is_named_in_full_or_in_parts():
    assert receipts.buyer_name(CheckoutSession(buyer={"full_name": "Ada King"})) == "Ada King"
    assert receipts.buyer_name(CheckoutSession(buyer={"last_name": "King"})) == "King"
    assert receipts.buyer_name(CheckoutSession()) == ""


def test_a_card_is_named_as_people_name_it():
    assert receipts.card(VaultToken(brand="visa", last4="4242")) == "Visa ending in 4242"
    assert receipts.card(VaultToken(brand="amex", last4="0005")) == "American Express ending in 0005"
