"""What is kept of a call holds no card, key or secret, wherever a caller put it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.redaction import HIDDEN, MOST_SECRETS, as_json, id_without_secrets, kept_text, redacted, secrets_in

PAN = "4242424242424242"


@pytest.mark.parametrize(
    "name", ["number", "card_number", "cvc", "CVC", "cvv2", "security_code", "client_secret", "api_key", "cryptogram"]
)
def test_a_member_is_hidden_by_its_name(name):
    assert redacted({"deep": [{name: "123"}]}) == {"deep": [{name: HIDDEN}]}


@pytest.mark.parametrize(
    "text",
    [PAN, "4242 4242 4242 4242", "4242-4242-4242-4242", "378282246310005", "sk_test_till", "whsec_abcdef", "till_x9Kq2"]
    + ["pi_3abcdefgh_secret_xyz", "Bearer abc.def"],
)
def test_a_value_is_hidden_by_its_look(text):
    assert text not in json.dumps(redacted({"note": f"mine is {text}!"}))


def test_a_number_in_place_of_a_string_is_hidden_too():
    assert redacted({"x": int(PAN)}) == {"x": HIDDEN}


def test_what_is_secret_under_its_name_is_secret_wherever_else_it_stands():
    body = {"card": {"cvc": "7391"}, "expires_at": "7391", "note": "code 7391.", "order": "o73912", "days": 7391}

    shown = redacted(body, secrets_in(body))

    assert shown == {
        "card": {"cvc": HIDDEN},
        "expires_at": HIDDEN,
        "note": f"code {HIDDEN}.",
        "order": "o73912",
        "days": HIDDEN,
    }


def test_a_card_as_the_name_of_a_member_is_hidden():
    assert redacted({PAN: True}) == {HIDDEN: True}


@pytest.mark.parametrize(
    "body",
    [
        {"card_number_type": "fpan", "display_last4": "4242", "exp_year": "2030"},
        {"phone_number": "+14155550100", "created": "2026-11-26T12:00:00.123456Z", "amount": 1_999_00},
        {"order": {"id": "ord_9f", "permalink_url": "https://shop.example/orders/ord_9f"}, "token": "vt_abc123"},
        {"requires_cvc": True, "cvc": None},
    ],
)
def test_what_a_developer_needs_stays(body):
    assert redacted(body) == body


@given(st.integers(0, 10**16 - 1), st.sampled_from(["", " ", "-", "."]), st.text(max_size=5))
def test_no_grouping_of_a_card_gets_through(digits, separator, around):
    pan = f"{digits:016}"
    grouped = separator.join(pan[start : start + 4] for start in range(0, 16, 4))

    shown = json.dumps(redacted({"note": f"{around}x{grouped}x"}), ensure_ascii=False)

    assert grouped not in shown


class TestIds:
    @pytest.mark.parametrize(
        "id",
        [
            "9f863210448847659215c55ad015beef",
            "a1732190400000123f",
            "1732190400000123a",
            "0f3c1f0a-1234-4234-9234-123456789012",
            "/stripe/customer/12345678-1234-4234-9234-123456789012",
            "/checkout_sessions/cs_5x1732190400000123/complete",
        ],
    )
    def test_digits_of_an_id_stay(self, id):
        assert id_without_secrets(id) == id
        assert HIDDEN in redacted(id)  # where people write, they may be a card

    @pytest.mark.parametrize("around", ["{}", "/orders/{}/x", "cs_{}", "a-{}", "7-{}", "{}.", "Ada {}", "é{}"])
    @pytest.mark.parametrize("number", [PAN, "4242 4242 4242 4242", "4242-4242-4242-4242", "378282246310005"])
    def test_a_number_by_itself_is_hidden(self, around, number):
        shown = id_without_secrets(around.format(number))

        assert HIDDEN in shown
        assert "4242" not in shown and "310005" not in shown

    @pytest.mark.parametrize("number", ["x4242 4242 4242 4242", "4242 4242 4242 4242x"])
    def test_a_number_in_groups_is_not_of_an_id(self, number):
        assert "4242 4242" not in id_without_secrets(number)

    @pytest.mark.parametrize(
        "text", ["sk_test_till", "whsec_abcdef", "till_x9Kq2", "pi_3abcdefgh_secret_xyz", "Bearer a"]
    )
    def test_keys_are_hidden_as_everywhere(self, text):
        assert text not in id_without_secrets(f"/a/{text}")

    def test_what_is_secret_elsewhere_is_secret_here(self):
        assert id_without_secrets("/a/7391b/7391", {"7391"}) == f"/a/7391b/{HIDDEN}"
        assert id_without_secrets("/a", {str(number) for number in range(MOST_SECRETS + 1)}) == HIDDEN

    @given(st.uuids())
    def test_no_uuid_is_hidden(self, id):
        assert (id_without_secrets(str(id)), id_without_secrets(id.hex)) == (str(id), id.hex)


@pytest.mark.parametrize(
    "body",
    [
        {"note": "nothing", "deep": [{"amount": 7999, "ok": True, "none": None}]},
        {"note": f"mine is {PAN}"},
        {"note": f"\x00{PAN}"},
        {"note": f"\x1f1{PAN[1:]}"},
        {"note": "till_abcdefgh"},
        {"deep": [[{"cvc": "123"}]]},
        {"deep": [[{"cvc": None}]]},
        {"pan": int(PAN)},
        [int(PAN), {"number": 1}],
        [4242, 4242, 4242, 4242],
        "Bearer abc",
        {"é": "\n", "Bearer": '"'},
        {'"': 1, '"cvc"': "123"},
        {":cvc": "123", ",": "cvc:"},
        {"": {"": {"my pin": "1234", "pin": "1234"}}},
        ['"cvc":"123"', "cvc", ":", "pan:"],
    ],
)
def test_the_text_that_is_kept_is_the_redacted_value(body):
    assert json.loads(kept_text(as_json(body))) == redacted(body)
    assert json.loads(kept_text(as_json(body), {"7999"})) == redacted(body, {"7999"})
