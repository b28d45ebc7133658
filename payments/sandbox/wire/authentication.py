"""Whose key a request carries: `Authorization: Bearer sk_test_…`, or `curl -u sk_test_…:`."""

import base64
import binascii
from dataclasses import dataclass

from payments.sandbox.accounts import account_of, is_publishable
from payments.sandbox.wire.errors import Unauthorized

MISSING = (
    "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth "
    "(e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
)


@dataclass(frozen=True)
class Caller:
    """The account that asks. In a buyer's browser, it asks with a publishable key."""

    account: str
    is_publishable: bool

    @property
    def scope(self) -> str:
        """What idempotency keys are unique in: a browser does not see what a server was answered."""
        return f"{self.account}/pk" if self.is_publishable else self.account


def caller_of(header: str | None) -> Caller:
    """:raises Unauthorized: if the `Authorization` header names no account."""
    key = _key_in(header or "")
    if not key:
        raise Unauthorized(MISSING)
    account = account_of(key)
    if account is None:
        raise Unauthorized(f"Invalid API Key provided: {_masked(key)}")
    return Caller(account, is_publishable(key))


def _key_in(header: str) -> str:
    scheme, _, credentials = header.partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(credentials, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""


def _masked(key: str) -> str:
    """A key may be a live one that was sent here by mistake."""
    return key[:8] + "*" * 8 + key[-4:] if len(key) > 16 else "*" * len(key)
