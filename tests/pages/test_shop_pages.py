"""The front of the shop and what its footer leads to, as a visitor sees them."""

import pytest

on_both_sizes = pytest.mark.parametrize("size", ["desktop", "phone"])


@on_both_sizes
def test_the_front_of_the_shop(visitor, bag):
    assert visitor.open("/") == 200

    assert visitor.sees("Fjord Three-Seat Sofa", "$1,999.00", "Sold out", bag.title, "For developers")
    assert visitor.pictures_are_there()
    assert not visitor.scrolls_sideways()


@on_both_sizes
@pytest.mark.parametrize("name, heading", [("Terms", "Terms of use"), ("Privacy", "Privacy")])
def test_the_footer_leads_to_terms_and_privacy(visitor, shop, settings, name, heading):
    settings.TERMS_URL, settings.PRIVACY_URL = "/terms", "/privacy"
    visitor.open("/")

    visitor.page.get_by_role("link", name=name).click()
    visitor.page.wait_for_url(f"**/{name.lower()}")

    assert visitor.page.inner_text("h1") == heading
    assert not visitor.scrolls_sideways()


def test_an_address_that_leads_nowhere(visitor, db):
    assert visitor.open("/orders/ord_mistyped") == 404

    assert visitor.sees("Nothing here", "If you followed the link of an order")
    visitor.page.get_by_role("link", name="To the front of the shop").click()
    visitor.page.wait_for_url(visitor.url + "/")


def test_what_somebody_slipped_into_a_page_is_not_run(visitor, shop):
    visitor.open("/")

    visitor.page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'slipped = 1'}))"
    )

    assert not visitor.page.evaluate("'slipped' in window")
    assert visitor.complaints and "script-src" in visitor.complaints[0]
    visitor.complaints.clear()


def test_the_documents_page_reads_the_document(visitor):
    visitor.open("/docs")

    visitor.page.get_by_text("/checkout_sessions/{session_id}/complete", exact=True).wait_for()
    assert visitor.sees("delegate_payment")
