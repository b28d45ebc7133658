"""Whose objects are whose. A secret key is an account, and `sk_test_x` and `pk_test_x` are keys of the same one.

An account is no row: any test key has one, and its id follows from the key.
"""

import hashlib
import re

_KEY = re.compile(r"(sk|pk)_test_([A-Za-z0-9_]{1,200})")


def account_of(key: str) -> str | None:
    """Return the account that an API key opens, or None if it is no test key."""
    match = _KEY.fullmatch(key)
    return f"acct_{hashlib.sha256(match[2].encode()).hexdigest()[:16]}" if match else None


def is_publishable(key: str) -> bool:
    """Whether a key may be shown to a buyer's browser, and therefore opens little."""
    return key.startswith("pk_")


TILL = str(account_of("sk_test_till"))  # the demo key's, and the one Till itself works with in process
