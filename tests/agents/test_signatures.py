"""Signing, without a request: vectors that a client's author can check by hand."""

from datetime import UTC, datetime

import pytest
from django.core.exceptions import ValidationError

from agents import signatures

NOW = datetime(2026, 4, 17, 12, 0, tzinfo=UTC)
MESSAGE = b'2026-04-17T12:00:00Z.{"items":[{"id":"item_123","quantity":1}]}'
MAC = "oIp3vUJbTsHdA5jyOsuzNKnZE0kiD2LtArdd2r1Xpgw"  # printf %s … | openssl dgst -sha256 -hmac s3cret -binary | base64
# RFC 8032 §7.1, test 1: an empty message
PRIVATE_KEY = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
PUBLIC_KEY = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
SIGNATURE = "5VZDAMNgrHKQhuLMgG6CioSHfx645dl02HPgZSJJAVVfuIIVkKM7rMYeOXAc-bRr0lv18FlbviRlUUFDjnoQCw"


def test_the_message_is_the_timestamp_a_dot_and_the_canonical_json():
    content = signatures.canonical_json({"items": [{"quantity": 1.0, "id": "item_123"}]})

    assert signatures.message_of(timestamp="2026-04-17T12:00:00Z", content=content) == MESSAGE


def test_a_mac_is_what_openssl_computes():
    assert signatures.sign_with_secret(MESSAGE, secret="s3cret") == MAC
    assert signatures.has_valid_mac(MESSAGE, MAC, secret="s3cret")
    assert not signatures.has_valid_mac(MESSAGE, MAC, secret="another")


def test_an_ed25519_signature_is_the_one_of_rfc_8032():
    assert signatures.sign_with_private_key(b"", private_key=PRIVATE_KEY) == SIGNATURE
    assert signatures.has_valid_ed25519(b"", SIGNATURE, public_key=PUBLIC_KEY)
    assert not signatures.has_valid_ed25519(b"another", SIGNATURE, public_key=PUBLIC_KEY)


@pytest.mark.parametrize(
    "timestamp",
    ["2026-04-17T12:00:00Z", "2026-04-17t12:00:00.123456789z", "2026-04-17T14:00:00+02:00", "2026-04-17 11:55:00Z"],
)
def test_a_timestamp_may_be_written_in_all_the_ways_of_rfc_3339(timestamp):
    assert signatures.is_timely(timestamp, now=NOW)


@pytest.mark.parametrize("timestamp", ["2026-04-17T11:54:59Z", "2026-04-17T12:05:01Z", "0001-01-01T00:00:00+14:00"])
def test_a_timestamp_more_than_five_minutes_off_is_not_timely(timestamp):
    assert not signatures.is_timely(timestamp, now=NOW)


@pytest.mark.parametrize(
    "timestamp", ["", "20260417T120000Z", "2026-04-17T12:00:00", "2026-02-30T12:00:00Z", "２026-04-17T12:00:00Z"]
)
def test_anything_else_is_no_timestamp(timestamp):
    with pytest.raises(ValueError):
        signatures.is_timely(timestamp, now=NOW)


@pytest.mark.parametrize("text", ["", "AAAA", "*", PUBLIC_KEY + PUBLIC_KEY])
def test_anything_but_32_bytes_is_no_public_key(text):
    with pytest.raises(ValidationError):
        signatures.validate_public_key(text)
