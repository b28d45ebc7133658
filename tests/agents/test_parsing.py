"""From bytes to a schema, or to a refusal that says where."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, SecretStr, field_validator
from rest_framework.exceptions import ParseError

from agents.errors import ApiError
from agents.parsing import DEEPEST, Email, Wire, loads, validated

SELL, ORDER = "/counter/a/sell", "/counter/a/order"


def nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


class TestLoads:
    def test_reads_json(self):
        assert loads('{"a": [1, -2.5, true, null, "é\\ud83d\\ude00"]}'.encode()) == {"a": [1, -2.5, True, None, "é😀"]}

    @pytest.mark.parametrize("text", ["1.0", "1e0", "10E-1"])
    def test_reads_a_whole_number_as_one_however_it_is_written(self, text):
        assert type(loads(text.encode())) is int

    def test_takes_what_is_nested_deep_enough(self):
        assert loads(nested(DEEPEST))

    @pytest.mark.parametrize(
        "content",
        [
            b"", b" ", b"{", b"{'a': 1}", b"[1,]", b"{} {}", b"\xff", b'\xef\xbb\xbf{}', '{"a": 1}'.encode("utf-16"),
            b"NaN", b"[Infinity]", b"[-Infinity]", b"1e400", b"-1e400", b"1" * 5000,
            b'"\x00"', b'"\\u0000"', b'{"\\u0000": 1}', b'"\\ud800"', b'{"a": "\\udc00\\ud800"}',
            b'{"a": 1, "a": 1}', b'[{"a": {"b": 1, "b": 2}}]',
            nested(DEEPEST + 1), nested(100_000), b'{"a":' * 65 + b"1" + b"}" * 65,
        ],
    )  # fmt: skip
    def test_refuses_what_is_not_json_or_may_mean_two_things(self, content):
        with pytest.raises(ParseError):
            loads(content)

    def test_does_not_repeat_what_it_refuses(self):
        for content in (b'{"number": 4242424242424242 "cvc"}', b'{"4242424242424242": 1, "4242424242424242": 2}'):
            with pytest.raises(ParseError) as refusal:
                loads(content)
            assert "4242" not in str(refusal.value.detail)


class Card(Wire):
    kind: Literal["card"]
    number: SecretStr


class Voucher(Wire):
    kind: Literal["voucher"]
    code: str


class Item(Wire):
    id: str
    quantity: Annotated[int, Field(ge=1)] = 1


class Basket(Wire):
    items: list[Item] = []
    email: Email | None = None
    expires_at: datetime | None = None
    payment: Annotated[Card | Voucher, Field(discriminator="kind")] | None = None
    extra: dict[str, int] = {}
    weight: Decimal | None = None
    gift: bool = False

    @field_validator("email")
    @classmethod
    def _is_not_ours(cls, email: str | None) -> str | None:
        if email == "till@example.com":
            raise ValueError("This is our own address")
        return email


def refusal_of(body: dict[str, Any]) -> ApiError:
    with pytest.raises(ApiError) as refusal:
        validated(Basket, body)
    return refusal.value


class TestValidated:
    def test_gives_the_schema(self):
        basket = validated(Basket, {"items": [{"id": "a", "quantity": 2}], "expires_at": "2026-01-01T00:00:00Z"})

        assert basket.items[0].quantity == 2
        assert basket.expires_at is not None and basket.expires_at.year == 2026

    @pytest.mark.parametrize(
        ("body", "code", "param"),
        [
            ({"items": [{"id": "a"}, {}]}, "missing_required_field", "$.items[1].id"),
            ({"items": [{"id": "a", "size": 1}]}, "unknown_field", "$.items[0].size"),
            ({"odd name's": 1}, "unknown_field", "$['odd name\\'s']"),
            ({"items": {}}, "invalid_type", "$.items"),
            ({"items": [{"id": 7}]}, "invalid_type", "$.items[0].id"),
            ({"items": [{"id": "a", "quantity": 1.5}]}, "invalid_type", "$.items[0].quantity"),
            ({"items": [{"id": "a", "quantity": "1"}]}, "invalid_type", "$.items[0].quantity"),
            ({"items": [{"id": "a", "quantity": True}]}, "invalid_type", "$.items[0].quantity"),
            ({"items": [{"id": "a", "quantity": 0}]}, "invalid", "$.items[0].quantity"),
            ({"gift": 1}, "invalid_type", "$.gift"),
            ({"email": "nobody"}, "invalid", "$.email"),
            ({"email": "till@example.com"}, "invalid", "$.email"),
            ({"expires_at": "tomorrow"}, "invalid", "$.expires_at"),
            ({"payment": {"kind": "card"}}, "missing_required_field", "$.payment.number"),
            ({"payment": {"kind": "voucher", "code": 1}}, "invalid_type", "$.payment.code"),
            ({"payment": {"kind": "4242424242424242"}}, "invalid", "$.payment"),
            ({"extra": {"a.b": "x"}}, "invalid_type", "$.extra['a.b']"),
        ],
    )
    def test_says_what_is_wrong_and_where(self, body, code, param):
        """Statement 11: `param` is an RFC 9535 JSONPath."""
        refusal = refusal_of(body)

        assert (refusal.status, refusal.code, refusal.param) == (400, code, param)

    def test_says_it_in_a_sentence(self):
        assert refusal_of({"email": "till@example.com"}).message == "This is our own address"
        assert refusal_of({"items": {}}).message == "Input should be a valid array"

    @pytest.mark.parametrize(
        "body",
        [
            {"payment": {"kind": "card", "number": 4242424242424242}},
            {"payment": {"kind": "4242424242424242"}},
            {"email": "4242424242424242"},
            {"expires_at": "4242424242424242-"},
            {"weight": "4242x"},
        ],
    )
    def test_never_repeats_a_value(self, body):
        """Statement 13: what may be a card is not repeated."""
        refusal = refusal_of(body)

        assert "4242" not in f"{refusal.message} {refusal.param} {refusal!r}"
        assert refusal.__cause__ is refusal.__context__ is None

    def test_a_schema_is_not_printed_with_its_secrets(self):
        basket = validated(Basket, {"payment": {"kind": "card", "number": "4242424242424242"}})

        assert "4242" not in repr(basket)

    @pytest.mark.parametrize("email", ["a@b.co", "a+b@c.d.e", "ü@example.com"])
    def test_takes_an_address_that_may_be_one(self, email):
        assert validated(Basket, {"email": email}).email == email

    @pytest.mark.parametrize("email", ["", "@b.co", "a@b", "a b@c.de", "a@b.co\n", "a@@b.co", "a" * 250 + "@b.co"])
    def test_refuses_an_address_that_cannot_be_one(self, email):
        assert refusal_of({"email": email}).param == "$.email"


@pytest.mark.django_db
@pytest.mark.urls("tests.agents.counter")
class TestARequest:
    @pytest.mark.parametrize("body", ["[]", "null", '"text"', "1"])
    def test_whose_body_is_not_an_object_is_refused(self, api, body):
        answer = api.post(SELL, body)

        assert answer.status_code == 400
        assert (answer.json()["code"], answer.json()["param"]) == ("invalid_type", "$")

    def test_whose_body_is_not_json_is_refused(self, api):
        """Statement 9: errors are flat."""
        answer = api.post(SELL, "{")

        assert answer.status_code == 400
        assert answer.json()["code"] == "invalid_json"
        assert set(answer.json()) == {"type", "code", "message"}

    def test_of_another_media_type_is_415(self, api):
        answer = api.post(SELL, "a=1", headers={"Content-Type": "application/x-www-form-urlencoded"})

        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")

    def test_may_name_a_charset(self, api):
        assert api.post(SELL, "{}", headers={"Content-Type": "application/json; charset=utf-8"}).status_code == 201

    @pytest.mark.parametrize("media_type", ["", "application/x-www-form-urlencoded", "text/plain"])
    def test_without_a_body_needs_no_media_type(self, api, media_type):
        assert api.post(SELL, "", headers={"Content-Type": media_type}).status_code == 201

    def test_in_chunks_is_refused_rather_than_read_as_empty(self, api):
        answer = api.post(SELL, '{"a": 1}', headers={"Transfer-Encoding": "chunked", "Content-Length": ""})

        assert (answer.status_code, answer.json()["code"]) == (411, "length_required")

    def test_that_is_too_large_is_413(self, api, settings):
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
        answer = api.post(SELL, '{"a": "' + "x" * 100 + '"}')

        assert (answer.status_code, answer.json()["code"]) == (413, "request_too_large")

    def test_is_validated_with_its_own_path(self, api):
        answer = api.post(ORDER, {"items": [{"id": "a", "quantity": 1.5}]})

        assert answer.json() == {
            "type": "invalid_request",
            "code": "invalid_type",
            "message": answer.json()["message"],
            "param": "$.items[0].quantity",
        }

    def test_may_write_a_whole_number_with_a_point(self, api):
        assert api.post(ORDER, '{"items": [{"id": "a", "quantity": 2.0}]}').json()["items"][0]["quantity"] == 2
