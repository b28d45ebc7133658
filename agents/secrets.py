"""Secrets that must be read again (an HMAC key, not an API key) are sealed before they are stored.

The seal is Fernet, keyed from SECRET_KEY: a stolen database alone opens nothing. What was sealed with a key that has
moved to SECRET_KEY_FALLBACKS still opens.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac


class SealBroken(Exception):
    """A sealed secret does not open: SECRET_KEY was replaced, or the row was tampered with."""


def seal(text: str) -> str:
    """Return `text` as it may be stored. Sealing the same text twice gives two different seals."""
    return _fernet().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Return the text that was sealed.

    :raises SealBroken: if none of our keys opens it.
    """
    try:
        return _fernet().decrypt(sealed).decode()
    except InvalidToken:
        raise SealBroken("A stored secret does not open with SECRET_KEY or any of SECRET_KEY_FALLBACKS") from None


def _fernet() -> MultiFernet:
    return MultiFernet([_fernet_of(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _fernet_of(secret: str) -> Fernet:
    key = salted_hmac("agents.secrets", "fernet", secret=secret, algorithm="sha256").digest()
    return Fernet(base64.urlsafe_b64encode(key))
