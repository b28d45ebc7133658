import copy
import pickle
from datetime import date

import pytest

from payments.cards import brand_of, flaw_of, passes_luhn, without_numbers
from tests.payments.factories import card

TODAY = date(2026, 11, 21)


class TestBrandOf:
    @pytest.mark.parametrize(
        ("number", "brand"),
        [
            ("4242424242424242", "visa"),
            ("5555555555554444", "mastercard"),
            ("2223003122003222", "mastercard"),
            ("2720990000000007", "mastercard"),
            ("378282246310005", "amex"),
            ("6011111111111117", "discover"),
            ("3056930009020004", "diners"),
            ("36227206271667", "diners"),
            ("3566002020360505", "jcb"),
            ("6205500000000000004", "unionpay"),
        ],
    )
    def test_knows_a_number_by_its_beginning(self, number, brand):
        assert brand_of(number) == brand

    @pytest.mark.parametrize(
        "number",
        ["", "4", "42424242424242424", "2721000000000004", "9999999999999995", "４２４２４２４２４２４２４２４２"],
    )
    def test_is_empty_for_a_number_nobody_issues(self, number):
        assert brand_of(number) == ""


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("4242424242424242", "…"),
        ("card 4242 4242-4242.4242 737, thanks", "card …, thanks"),
        ("12 378282246310005", "…"),
        ("call +49 170 1234 5678 at 8 30", "call +49 170 1234 5678 at 8 30"),
        ("order 4242424242424241", "order 4242424242424241"),
    ],
)
def test_what_somebody_wrote_is_kept_without_numbers(written, kept):
    assert without_numbers(written) == kept


def test_many_digits_are_read_quickly():
    assert without_numbers("1 " * 2500) == "1 " * 2500


class TestPassesLuhn:
    def test_accepts_a_number_with_its_check_digit(self):
        assert passes_luhn("4242424242424242")
        assert passes_luhn("378282246310005")

    @pytest.mark.parametrize("number", ["4242424242424241", "4242 4242 4242 4242", "abc", ""])
    def test_refuses_any_other(self, number):
        assert not passes_luhn(number)


class TestFlawOf:
    def test_finds_none_in_a_good_card(self):
        assert flaw_of(card(), today=TODAY) is None

    def test_finds_none_in_a_card_that_expires_this_month(self):
        assert flaw_of(card(exp_month=11, exp_year=2026), today=TODAY) is None

    def test_finds_none_without_a_security_code(self):
        assert flaw_of(card(cvc=None), today=TODAY) is None

    def test_lets_amex_have_four_digits_of_security_code(self):
        assert flaw_of(card("378282246310005", cvc="1234"), today=TODAY) is None

    @pytest.mark.parametrize(
        ("changes", "code", "field"),
        [
            ({"number": "4242424242424241"}, "incorrect_number", "number"),
            ({"number": "9999999999999995"}, "incorrect_number", "number"),
            ({"number": "card"}, "incorrect_number", "number"),
            ({"exp_month": 13}, "invalid_expiry_month", "exp_month"),
            ({"exp_month": 0}, "invalid_expiry_month", "exp_month"),
            ({"exp_year": 1995}, "invalid_expiry_year", "exp_year"),
            ({"exp_year": 2025}, "invalid_expiry_year", "exp_year"),
            ({"exp_year": 20340}, "invalid_expiry_year", "exp_year"),
            ({"exp_year": 2026, "exp_month": 10}, "invalid_expiry_month", "exp_month"),
            ({"cvc": "99"}, "invalid_cvc", "cvc"),
            ({"cvc": "1234"}, "invalid_cvc", "cvc"),
            ({"cvc": "12a"}, "invalid_cvc", "cvc"),
        ],
    )
    def test_names_the_field_that_is_wrong(self, changes, code, field):
        flaw = flaw_of(card(**changes), today=TODAY)

        assert flaw is not None
        assert (flaw.code, flaw.field) == (code, field)


class TestCard:
    @pytest.mark.parametrize("shown", [repr, str, vars, "{!r}".format, "{}".format])
    def test_shows_no_number_and_no_code(self, shown):
        text = str(shown(card("4000056655665556", cvc="737")))

        assert "4000056655665556" not in text
        assert "5556" not in text
        assert "737" not in text

    @pytest.mark.parametrize("keep", [pickle.dumps, copy.copy, copy.deepcopy])
    def test_is_never_written_down(self, keep):
        with pytest.raises(TypeError, match="never written down"):
            keep(card())
