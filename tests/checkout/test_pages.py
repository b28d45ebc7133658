"""The pages people see, as a program reads them; `tests/pages` looks at them in a browser."""

import re
from pathlib import Path

import pytest
from django.conf import settings as project

from catalog.models import Product
from checkout.models import Order
from tests.caller import ADDRESS, BUYER, payment

BROWSER = {"Accept": "text/html"}
ROOT = Path(project.BASE_DIR)


@pytest.fixture
def buy(caller, client):
    """Buy something; returns the path of the order's page."""

    def bought(*item_ids, **members):
        session = caller.ready(*item_ids or ("item_123",), **members)
        answer = caller.complete(session, caller.delegate(session)).json()
        return "/orders/" + answer["order"]["id"]

    return bought


def text_of(client, path):
    """What is on a page, without markup and with single spaces."""
    html = client.get(path, headers=BROWSER).content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.partition("<body")[2]))


class TestAnOrdersPage:
    def test_says_what_was_bought_what_it_cost_and_where_it_goes(self, buy, client):
        path = buy("item_456", "item_789", fulfillment_details={"address": ADDRESS | {"state": "NY"}})

        page = text_of(client, path)

        assert f"Order {Order.objects.get().number}" in page
        for seen in ("Confirmed", "Thank you, Ada", "Walnut Headphone Stand", "Braided USB-C Cable, 2 m"):
            assert seen in page
        assert re.search(r"Item discounts -\$3\.00 Subtotal \$47\.00 Delivery \$5\.00 Tax \$4\.62 Total \$56\.62", page)
        assert "12 St James&#x27;s Square San Francisco, NY 94105 US" in page
        assert "$56.62 paid Visa ending in 4242" in page

    def test_keeps_the_title_that_was_bought(self, buy, client):
        path = buy("item_456")
        Product.objects.filter(id="item_456").update(title="Something else")

        assert "Walnut Headphone Stand" in text_of(client, path)

    def test_says_that_free_delivery_is_free(self, buy, client):
        assert "Delivery Free Total $1,999.00" in text_of(client, buy("sofa_123"))

    def test_sends_digital_goods_to_an_email_not_to_an_address(self, buy, client):
        page = text_of(client, buy("ebook_123"))

        assert "Digital delivery For ada@example.com" in page
        assert "St James" not in page
        assert "Delivery $" not in page

    def test_of_free_goods_has_nothing_to_pay(self, caller, client):
        Product.objects.filter(id="ebook_123").update(unit_amount=0)
        order = caller.complete(caller.create("ebook_123"), "tok_visa").json()["order"]

        assert "Nothing to pay" in text_of(client, "/orders/" + order["id"])

    def test_shows_the_buyers_note(self, caller, client):
        session = caller.ready()
        body = payment("tok_visa") | {"order_notes": "Ring <b>"}
        order = caller.post(f"/checkout_sessions/{session['id']}/complete", body).json()["order"]

        assert "Your note Ring &lt;b&gt;" in text_of(client, "/orders/" + order["id"])

    def test_lets_no_buyer_write_markup(self, buy, client):
        address = ADDRESS | {"line_one": "<script>alert(1)</script>"}
        path = buy(buyer=BUYER | {"first_name": "<script>"}, fulfillment_details={"address": address})

        assert b"<script" not in client.get(path).content

    def test_is_kept_by_no_cache_and_found_by_no_search_engine(self, buy, client):
        response = client.get(buy())

        assert {"private", "no-store"} <= set(response["Cache-Control"].split(", "))
        assert response["Referrer-Policy"] == "same-origin"
        assert b'<meta name="robots" content="noindex">' in response.content

    def test_asks_no_more_for_more_lines(self, buy, client, django_assert_num_queries):
        short, long = buy("item_123"), buy("item_123", "item_456", "item_789", "test", "ebook_123")

        with django_assert_num_queries(6):
            client.get(short)
        with django_assert_num_queries(6):
            client.get(long)

    @pytest.mark.parametrize("id", ["ord_unknown", "%00", "a b", "é", "x" * 300])
    def test_of_an_order_that_does_not_exist_is_404(self, db, client, id):
        response = client.get(f"/orders/{id}", headers=BROWSER)

        assert response.status_code == 404
        assert b"Nothing here" in response.content

    def test_is_only_looked_at(self, buy, client):
        assert client.post(buy()).status_code == 405


class TestTheFrontOfTheShop:
    def test_shows_what_can_be_bought(self, shop, client):
        page = text_of(client, "/")

        assert "Aria Wireless Headphones $79.99" in page
        assert "$129.00 Sold out" in page
        assert "$12.00 was $15.00 $3.00 off" in page

    def test_leaves_out_what_is_not_sold(self, shop, client):
        Product.objects.filter(id="item_123").update(is_active=False)

        assert "Aria Wireless Headphones" not in text_of(client, "/")

    def test_tells_everybody_that_a_sandbox_is_one(self, shop, client, settings):
        assert "no money moves" in text_of(client, "/")
        assert "For developers" in text_of(client, "/")

        settings.SANDBOX = False
        assert "no money moves" not in text_of(client, "/")
        assert not {"/admin/", "/console"} & set(re.findall('href="([^"]+)"', client.get("/").content.decode()))

    @pytest.mark.parametrize("products", [1, 8])
    def test_asks_no_more_for_more_products(self, shop, client, django_assert_num_queries, products):
        keep = list(Product.objects.values_list("pk", flat=True)[:products])
        Product.objects.exclude(pk__in=keep).update(is_active=False)

        with django_assert_num_queries(2):
            client.get("/")


@pytest.mark.django_db
class TestEveryPage:
    PATHS = ["/", "/cart", "/terms", "/privacy", "/console", "/nothing"]

    @pytest.mark.parametrize("path", PATHS)
    def test_has_a_language_a_title_one_heading_and_its_landmarks(self, client, path):
        html = client.get(path, headers=BROWSER).content.decode()

        assert '<html lang="en">' in html
        assert re.search(r"<title>[^<]+</title>", html)
        assert [len(re.findall(tag, html)) for tag in ("<h1", "<main", "<header class", "<footer")] == [1, 1, 1, 1]

    @pytest.mark.parametrize("path", PATHS)
    def test_does_without_inline_scripts_and_styles(self, client, path):
        html = client.get(path, headers=BROWSER).content.decode()

        scripts = re.findall(r"<script([^>]*)>(?!</script>)", html)
        assert set(scripts) <= {' id="data" type="application/json"'}  # which is data
        assert not re.search(r"<style|\sstyle=|javascript:|<[^>]*\son\w+=", html)

    def test_offers_no_address_where_the_shop_has_none(self, client, settings):
        settings.SUPPORT_EMAIL = ""

        assert "mailto:" not in client.get("/terms").content.decode()


@pytest.mark.parametrize("status", [500, 503])
def test_the_page_of_a_failure_needs_nothing_that_could_fail(status):
    assert "{" not in (ROOT / "templates" / f"{status}.html").read_text()


def palettes():
    """The colors of the style sheet, by scheme."""
    css = (ROOT / "checkout" / "static" / "checkout" / "till.css").read_text()
    schemes = zip(["light", "dark"], re.findall(r":root \{(.*?)\}", css, re.S), strict=False)
    return {scheme: dict(re.findall(r"--([\w-]+): (#\w{6})", block)) for scheme, block in schemes}


def luminance(color):
    """WCAG 2's relative luminance."""
    channels = [int(color[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "text, ground",
    [
        *((text, ground) for text in ("ink", "quiet", "brand") for ground in ("paper", "ground")),
        *(
            ("brand-ink", "brand"),
            ("good", "good-ground"),
            ("wait", "wait-ground"),
            ("bad", "bad-ground"),
            ("bad", "paper"),
            ("ink", "plain-ground"),
        ),
    ],
)
def test_text_can_be_read(scheme, text, ground):
    """WCAG 2.2 AA: a contrast of 4.5 to 1."""
    palette = palettes()[scheme]
    darker, lighter = sorted(luminance(palette[name]) for name in (text, ground))

    assert (lighter + 0.05) / (darker + 0.05) >= 4.5
