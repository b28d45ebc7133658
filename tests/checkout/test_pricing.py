"""Totals add up, whatever they are made of."""

from hypothesis import given
from hypothesis import strategies as st

from checkout.pricing import LineAmounts, SessionAmounts

amounts = st.integers(min_value=0, max_value=10**9)
lines = st.builds(
    lambda subtotal, discount, tax: LineAmounts(base=subtotal + discount, discount=discount, tax=tax),
    amounts,
    amounts,
    amounts,
)


def by_type(totals):
    return {total["type"]: total["amount"] for total in totals}


def test_a_session_shows_every_kind_of_total():
    session = SessionAmounts(
        lines=[LineAmounts(base=10_000, discount=1_000, tax=720)],
        discount=900,
        discount_name="Ten percent off",
        fulfillment=500,
        fulfillment_tax=40,
        fee=150,
        fee_name="Handling",
    )

    assert by_type(session.totals()) == {
        "items_base_amount": 10_000,
        "items_discount": 1_000,
        "subtotal": 9_000,
        "discount": 900,
        "fulfillment": 500,
        "tax": 760,
        "fee": 150,
        "total": 9_510,
    }


def test_discounts_and_fees_are_explained():
    session = SessionAmounts(lines=[], discount=1, discount_name="Spring", fee=2, fee_name="Handling")

    explained = {total["type"]: total.get("description") for total in session.totals()}

    assert (explained["discount"], explained["fee"], explained["total"]) == ("Spring", "Handling", None)


@given(st.lists(lines, min_size=1, max_size=8), amounts, amounts, amounts, amounts)
def test_totals_add_up(some_lines, discount, fulfillment, fulfillment_tax, fee):
    session = SessionAmounts(
        lines=some_lines, discount=discount, fulfillment=fulfillment, fulfillment_tax=fulfillment_tax, fee=fee
    )
    amount = by_type(session.totals())

    assert amount["subtotal"] == amount["items_base_amount"] - amount["items_discount"]
    assert amount["total"] == (
        amount["subtotal"] - amount["discount"] + amount["fulfillment"] + amount["tax"] + amount["fee"]
    )
    assert amount["tax"] == sum(line.tax for line in some_lines) + fulfillment_tax


@given(lines)
def test_a_line_adds_up(line):
    amount = by_type(line.totals())

    assert amount["total"] == amount["items_base_amount"] - amount["items_discount"] + amount["tax"]
