import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.money import CurrencyMismatch, Money, NotAnAmount, allocate


def test_amounts_in_one_currency_add_up():
    assert Money(4_299, "usd") + Money(1, "usd") - Money(300, "usd") == Money(4_000, "usd")
    assert Money(1_500, "usd") * 3 == Money(4_500, "usd")
    assert Money(1, "usd") < Money(2, "usd") <= Money(2, "usd")


@pytest.mark.parametrize("combine", [Money.__add__, Money.__sub__, Money.__le__, Money.__lt__])
def test_currencies_do_not_mix(combine):
    with pytest.raises(CurrencyMismatch):
        combine(Money(1, "usd"), Money(1, "eur"))


@pytest.mark.parametrize("amount", [1.0, "1", True, None])
def test_an_amount_is_a_whole_number(amount):
    with pytest.raises(TypeError):
        Money(amount, "usd")


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [(199_900, "usd", "$1,999.00"), (500, "jpy", "¥500"), (1_250, "chf", "12.50 CHF"), (-5, "usd", "-$0.05")],
)
def test_it_is_shown_as_on_a_receipt(amount, currency, shown):
    assert str(Money(amount, currency)) == shown


def test_a_remainder_goes_to_somebody():
    assert allocate(100, [1, 1, 1]) == [33, 33, 34]
    assert allocate(100, [0, 0]) == [50, 50]


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**9), min_size=1, max_size=20))
def test_parts_always_add_up(amount, weights):
    parts = allocate(amount, weights)

    assert sum(parts) == amount
    assert min(parts) >= 0


class TestParse:
    @pytest.mark.parametrize(
        ("text", "currency", "amount"),
        [("12.50", "usd", 1_250), ("12.5", "usd", 1_250), (" 12 ", "usd", 1_200), ("500", "jpy", 500)]
        + [("1.234", "kwd", 1_234), ("0", "usd", 0), ("007", "usd", 700)],
    )
    def test_reads_what_a_person_types(self, text, currency, amount):
        assert Money.parse(text, currency) == Money(amount, currency)

    @pytest.mark.parametrize("text", ["", "-1", "1,000", "$5", "1.234", "1.", ".5", "1e3", "NaN", "١٢", "9" * 16])
    def test_refuses_anything_else(self, text):
        with pytest.raises(NotAnAmount, match="up to 2 decimals"):
            Money.parse(text, "usd")

    def test_knows_currencies_without_decimals(self):
        with pytest.raises(NotAnAmount, match="whole number"):
            Money.parse("1.5", "jpy")

    @pytest.mark.parametrize("money", [Money(199_900, "usd"), Money(5, "usd"), Money(1_500, "jpy"), Money(1, "kwd")])
    def test_reads_what_plain_writes(self, money):
        assert Money.parse(money.plain, money.currency) == money
