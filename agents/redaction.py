"""What may be kept of a call, and shown to staff: all but cards, keys and secrets, wherever a caller put them.

A secret is known by the name of its member or by its own look; and what is secret under its name is secret wherever
else in the call it stands. Names are judged generously: what is hidden without need costs a developer a glance into
their own log, what is shown without need cannot be taken back.

Ids are judged more finely, for a log without them is of no use, and one in thirty that are hexadecimal has twelve
digits in a row by chance. Digits in one word with letters are an id's own there, and so are a UUID's; in a text that
somebody wrote they may be a card's.
"""

import json
import re
from collections.abc import Collection
from functools import lru_cache
from typing import Any

HIDDEN = "[hidden]"
SHORTEST, MOST_SECRETS = 3, 20  # characters of a secret (a card's code); secrets of one call
_SECRET_NAMES = re.compile(
    r"^number$|(card|account|routing)[_-]?number$|^pan$|cvc|cvv|cvn|^csc$|security[_-]?code|secret|passw|^pin$"
    r"|api[_-]?key|private[_-]?key|authorization|cookie|cryptogram|^signature$|iban",
    re.IGNORECASE,
)
_NUMBER = r"(?<![0-9])(?:[0-9][ .-]?){11,18}[0-9](?![0-9])"  # a card's, however it is grouped
_KEY = (
    r"(?:(?<![A-Za-z0-9])|(?<=\\[nrt])|(?<=%[0-9A-Fa-f]{2}))"  # where a word begins, perhaps after an escape
    r"(?:sk|rk|pk|whsec|till|api_key|psp_api_key)_[A-Za-z0-9_]{3,}"
    r"|(?<![A-Za-z0-9_])[A-Za-z0-9_]{8,}_secret_[A-Za-z0-9]+"
    r"|Bearer +\S+"
)
_UUID = r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![0-9A-Za-z])"
_OF_AN_ID = rf"(?<![0-9A-Za-z])(?:{_UUID}|[0-9]*+[A-Za-z][0-9A-Za-z]*+)"
_SECRET_LOOKS, _SECRET_IN_AN_ID = re.compile(f"{_NUMBER}|{_KEY}"), re.compile(f"{_KEY}|({_OF_AN_ID})|{_NUMBER}")
# Whatever looks like a secret has one of these in it, which is quicker to see.
_SIGNS = ("sk_", "rk_", "pk_", "whsec_", "till_", "api_key_", "_secret_", "Bearer ")
_DIGITS = re.compile(r"[0-9](?:[ .-]?[0-9]){11}")


def kept_text(text: str, secrets: Collection[str] = ()) -> str:
    """Return a JSON text without what must not be kept, nor any of `secrets`.

    Most calls hold nothing of the kind, which a few looks at the whole text tell. (Not so where a character is escaped:
    it would seem to be part of what follows.)
    """
    if secrets or "\\" in text or any(sign in text for sign in _SIGNS) or _DIGITS.search(text):
        return as_json(redacted(json.loads(text), secrets))
    # Where nothing is escaped, each name ends where '":' begins. (More may seem to be one: judged generously.)
    names = {before.rpartition('"')[2] for before in text.split('":')}
    return as_json(redacted(json.loads(text))) if any(map(_is_secret_name, names)) else text


def secrets_in(value: Any) -> set[str]:
    """Return what stands under the name of a secret in a JSON value."""
    if isinstance(value, list):
        return set().union(*map(secrets_in, value))
    if not isinstance(value, dict):
        return set()
    named = (child for name, child in value.items() if _is_secret_name(name))
    return {text for child in named for text in _leaves(child)}.union(*map(secrets_in, value.values()))


def redacted(value: Any, secrets: Collection[str] = ()) -> Any:
    """Return a copy of a JSON value without what must not be kept, nor any of `secrets`. Other values become text."""
    if len(secrets) > MOST_SECRETS:  # nobody has so many, and looking for each everywhere would take long
        return HIDDEN
    if isinstance(value, dict):
        return {without_secrets(name, secrets): _member(name, child, secrets) for name, child in value.items()}
    if isinstance(value, list | tuple):
        return [redacted(child, secrets) for child in value]
    if isinstance(value, str):
        return without_secrets(value, secrets)
    if value is None or isinstance(value, bool):
        return value
    text = without_secrets(str(value), secrets)
    if isinstance(value, int | float):
        return value if text == str(value) else HIDDEN
    return text


def without_secrets(text: str, secrets: Collection[str] = ()) -> str:
    """Return `text` with all hidden that is one of `secrets`, or looks like a card's number, a key or a secret."""
    return _SECRET_LOOKS.sub(HIDDEN, _without(secrets, text))


def id_without_secrets(id: str, secrets: Collection[str] = ()) -> str:
    """The same of a text that is made of ids, such as a path."""
    if len(secrets) > MOST_SECRETS:
        return HIDDEN
    return _SECRET_IN_AN_ID.sub(lambda found: found[1] or HIDDEN, _without(secrets, id))


def _without(secrets: Collection[str], text: str) -> str:
    for secret in secrets:
        text = re.sub(rf"(?<![0-9A-Za-z]){re.escape(secret)}(?![0-9A-Za-z])", HIDDEN, text)
    return text


def _member(name: str, value: Any, secrets: Collection[str]) -> Any:
    if _is_secret_name(name) and not isinstance(value, bool | None):
        return HIDDEN
    return redacted(value, secrets)


@lru_cache(1000)
def _is_secret_name(name: str) -> bool:
    return _SECRET_NAMES.search(name) is not None


def as_json(value: Any) -> str:
    """Return a JSON value as text, on one line. Other values become text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def _leaves(value: Any) -> list[str]:
    if isinstance(value, dict | list):
        return [text for child in (value.values() if isinstance(value, dict) else value) for text in _leaves(child)]
    text = "" if isinstance(value, bool | None) else str(value)
    return [text] if len(text) >= SHORTEST else []
