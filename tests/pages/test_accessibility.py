"""Pages that a buyer may meet keep nobody out: axe finds nothing serious on them."""

import pytest


@pytest.mark.parametrize("size", ["desktop", "phone"])
@pytest.mark.parametrize("address", ["/", "/terms", "/privacy", "/coins", "/orders/ord_mistyped"])
def test_a_page_that_anybody_may_open(visitor, accessible, shop, address):
    visitor.open(address)

    assert accessible(visitor.page)


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_an_order(visitor, accessible, buy):
    visitor.open(f"/orders/{buy('item_456', 'ebook_123').id}")

    assert accessible(visitor.page)
