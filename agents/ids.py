"""Public ids: a prefix that says what the thing is, and 128 bits that nobody can guess."""

import secrets
import string

_ALPHABET = string.ascii_letters + string.digits
_LENGTH = 24  # 24 characters of 62 hold 142 bits


def new_id(prefix: str) -> str:
    """Return a fresh id such as `cs_8fK2…`: letters and digits only, safe in a URL."""
    return f"{prefix}_" + "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
