"""A detached signature vouches for a request's body and the moment it was sent.

    message   = Timestamp header + "." + canonical JSON of the body (RFC 8785); an empty body is the empty string
    Signature = base64url(HMAC-SHA256(secret, message))   or   base64url(Ed25519(private key, message))

ACP names neither the canonical form nor what is covered (acp.md §5.2); this is our choice, and `manage.py
sign_request` shows it. Canonical JSON lets a body pass through a JSON library unharmed; the timestamp inside the
message keeps an old signature from vouching for a new request. Everything here is pure: no request, no database.
"""

import base64
import binascii
import hashlib
import hmac
import re
from datetime import datetime, timedelta
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.core.exceptions import ValidationError

SKEW = timedelta(seconds=300)  # how far the caller's clock and ours may differ

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def canonical_json(body: Any) -> str:
    """Return RFC 8785's one way of writing `body`.

    :raises ValueError: if it holds a number that JSON's doubles cannot (a whole number of 2^53 or more).
    """
    return rfc8785.dumps(body).decode()


def message_of(*, timestamp: str, content: str) -> bytes:
    """What a signature covers; `content` is the body's canonical JSON, or nothing."""
    return f"{timestamp}.{content}".encode()


def sign_with_secret(message: bytes, *, secret: str) -> str:
    return encode(_mac(message, secret))


def sign_with_private_key(message: bytes, *, private_key: str) -> str:
    """`private_key` is an Ed25519 key's 32 bytes as base64url. A server only verifies; clients and tests sign."""
    return encode(Ed25519PrivateKey.from_private_bytes(decode(private_key)).sign(message))


def has_valid_mac(message: bytes, signature: str, *, secret: str) -> bool:
    try:
        return hmac.compare_digest(_mac(message, secret), decode(signature))
    except ValueError:
        return False


def has_valid_ed25519(message: bytes, signature: str, *, public_key: str) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(decode(public_key)).verify(decode(signature), message)
    except (ValueError, InvalidSignature):
        return False
    return True


def timed_signature(payload: bytes, *, secret: str, timestamp: int) -> str:
    """How webhooks are signed, ours and Stripe's: the header `t=…,v1=…` that vouches for `payload`."""
    return f"t={timestamp},v1={_mac(b'%d.%b' % (timestamp, payload), secret).hex()}"


def is_timely(timestamp: str, *, now: datetime) -> bool:
    """Whether an RFC 3339 `timestamp` is about now.

    :raises ValueError: if it is not RFC 3339.
    """
    if not _RFC_3339.fullmatch(timestamp):
        raise ValueError("not an RFC 3339 timestamp")
    return abs(now - datetime.fromisoformat(timestamp.upper())) <= SKEW


def encode(data: bytes) -> str:
    """base64url, unpadded."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Read base64url, padded or not.

    :raises ValueError: if it is not base64url.
    """
    unpadded = text.rstrip("=")
    try:
        return base64.b64decode(unpadded + "=" * (-len(unpadded) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        raise ValueError("not base64url") from None


def validate_public_key(text: str) -> None:
    """A Django validator."""
    try:
        Ed25519PublicKey.from_public_bytes(decode(text))
    except ValueError:
        raise ValidationError("An Ed25519 public key is 32 bytes, written as base64url.") from None


def _mac(message: bytes, secret: str) -> bytes:
    return hmac.digest(secret.encode(), message, hashlib.sha256)
