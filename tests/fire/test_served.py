"""What only a real server can be sent: bodies that never end, and lines that no client would write."""

import socket
from collections.abc import Iterator

import pytest

from tests.config.test_serve import database, environment, port, serving  # noqa: F401

pytestmark = pytest.mark.slow
POST = "POST /checkout_sessions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"


@pytest.fixture(scope="module")
def served(environment: dict[str, str]) -> Iterator[int]:  # noqa: F811
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free: int = probe.getsockname()[1]
    with serving(environment, free):
        yield free


def said(port: int, text: str) -> str:  # noqa: F811
    """What comes back, until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(text.encode("latin-1"))
        parts = []
        while part := connection.recv(65_536):
            parts.append(part)
    return b"".join(parts).decode("latin-1")


def test_bodies_that_never_come_keep_nobody_waiting(served: int) -> None:
    """More of them than the server has threads: who asks properly is answered all the same."""
    waiting = [socket.create_connection(("127.0.0.1", served), timeout=20) for _ in range(40)]
    try:
        for connection in waiting:
            connection.sendall(f"{POST}Content-Length: 1000\r\n\r\n{{".encode())

        answer = said(served, "GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    finally:
        for connection in waiting:
            connection.close()

    assert answer.startswith("HTTP/1.1 200")


@pytest.mark.parametrize(
    "header",
    [
        "Request-Id: a\rSet-Cookie: b=c",
        "Request-Id: a\nSet-Cookie: b=c",
        "Request-Id: a%0d%0aSet-Cookie: b=c",
        "Request-Id: a\x00b",
        "Idempotency-Key: a\rSet-Cookie: b=c",
        "OCP-Context-ID: a\nSet-Cookie: b=c",
    ],
)
def test_no_header_of_a_caller_makes_one_of_ours(served: int, header: str) -> None:
    answer = said(
        served, f"{POST}API-Version: 2026-04-17\r\n{header}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}"
    )

    status, head = answer.split(" ", 2)[1], answer.split("\r\n\r\n")[0]
    assert status == "400"
    assert not any(line.lower().startswith("set-cookie") for line in head.replace("\r", "\n").split("\n"))


def test_two_lengths_are_no_two_requests(served: int) -> None:
    """What a proxy before us reads as one request and we as two is how requests are smuggled."""
    inner = "GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    answer = said(
        served, f"{POST}Content-Length: 0\r\nContent-Length: {len(inner)}\r\nConnection: close\r\n\r\n{inner}"
    )

    assert answer.count("HTTP/1.1 ") <= 1
    assert " 200 " not in answer
