"""The console's page; `tests/pages/test_console.py` plays it in a browser."""

import re

from agents.versioning import SUPPORTED
from config.console import choices
from payments.sandbox.cards import card_numbered
from tests.checkout.conftest import shop  # noqa: F401


def test_there_is_none_where_money_is_real(db, client, settings):
    settings.SANDBOX = False

    assert client.get("/console").status_code == 404


def test_it_is_only_looked_at(db, client):
    assert client.post("/console").status_code == 405


def test_it_lets_a_browser_ask_nobody_but_us(client, shop):  # noqa: F811
    page = client.get("/console")

    assert "default-src 'self'" in page["Content-Security-Policy"]
    assert "no-store" in page["Cache-Control"]
    assert not re.findall(r"(?:src|href)=\"(?:https?:)?//", page.content.decode().partition("<main")[0])


def test_every_version_and_every_product_can_be_picked(client, shop):  # noqa: F811
    page = client.get("/console").content.decode()

    for each in (*SUPPORTED, "sofa_123", "ebook_123", "standard_shipping", "express_shipping"):
        assert each in page


def test_it_looks_well_without_any_goods(db, client):
    assert client.get("/console").status_code == 200


def test_each_card_is_there_once_and_behaves_as_it_is_typed(shop):  # noqa: F811
    cards = [card for group in choices()["cards"] for card in group["cards"]]
    numbers = [card["number"] for card in cards]

    assert len(numbers) == len(set(numbers))
    assert all(card_numbered(card["number"]).brand == card["brand"] for card in cards)


def test_it_asks_no_more_for_more_products(client, shop, django_assert_num_queries):  # noqa: F811
    with django_assert_num_queries(3):
        client.get("/console")
