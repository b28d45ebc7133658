"""Headers as agents send them."""

import base64
import gzip
import json
from typing import Any

import pytest

from tests.caller import Caller
from tests.checkout.conftest import shop  # noqa: F401
from tests.payments.sandbox.conftest import Wire

SEEDS_SESSION = "eyJwYXltZW50X2hpc3RvcnkiOltdLCJjdXN0b21lcl9pZCI6ImN1c19hYmMxMjMifQ=="
CONTEXT = {"OCP-Context-ID": "payment-session-123"}


def packed(value: Any, *, compressed: bool = False) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return (
        "gzip:" + base64.b64encode(gzip.compress(data, mtime=0)).decode()
        if compressed
        else base64.b64encode(data).decode()
    )


@pytest.fixture
def caller(shop) -> Caller:  # noqa: F811
    return Caller()


class Talker(Wire):
    """An account that calls `/v1` in a conversation."""

    def __init__(self, key: str = "sk_test_talker", **headers: str) -> None:
        super().__init__(key)
        self.context = {**CONTEXT, **{name.replace("_", "-"): value for name, value in headers.items()}}

    def _headers(self, headers: dict[str, str]) -> dict[str, str]:
        return super()._headers(headers) | self.context


@pytest.fixture
def talker(transactional_db) -> Talker:
    return Talker()
