"""Send requests over a few connections that stay open, and say how long each took.

It is as small as can be, for it shares the machine with the server: bytes made beforehand, sockets, threads.
"""

import json
import socket
import statistics
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

CONNECTIONS = 8


@dataclass(frozen=True)
class Load:
    """What came of some requests."""

    seconds: float
    latencies: Sequence[float]  # seconds, of each
    answers: Sequence[bytes] = field(repr=False)

    @property
    def rate(self) -> float:
        """Requests per second."""
        return len(self.latencies) / self.seconds

    @property
    def p50(self) -> float:
        """Milliseconds."""
        return 1000 * statistics.median(self.latencies)

    @property
    def p99(self) -> float:
        """Milliseconds."""
        return 1000 * statistics.quantiles(self.latencies, n=100)[98]

    def documents(self) -> list[Any]:
        return [json.loads(answer) for answer in self.answers]


def request(method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> bytes:
    lines = {"Host": "127.0.0.1", "Content-Length": str(len(body))} | dict(headers or {})
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body


def send(port: int, requests: Sequence[bytes], *, connections: int = CONNECTIONS, keep: bool = False) -> Load:
    """Send all of `requests`, each once, as fast as they are answered.

    :raises RuntimeError: if one of them is not answered with 2xx.
    """
    pending, lock = iter(requests), threading.Lock()
    latencies: list[float] = []
    answers: list[bytes] = []
    trouble: list[BaseException] = []

    def work() -> None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for payload in _shared(pending, lock):
                    began = time.perf_counter()
                    connection.sendall(payload)
                    answer = _answer(connection)
                    latencies.append(time.perf_counter() - began)
                    if keep:
                        answers.append(answer)
        except BaseException as error:
            trouble.append(error)

    threads = [threading.Thread(target=work) for _ in range(connections)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    if trouble:
        raise trouble[0]
    return Load(seconds, latencies, answers)


def _shared(pending: Iterator[bytes], lock: threading.Lock) -> Iterator[bytes]:
    while True:
        with lock:
            payload = next(pending, None)
        if payload is None:
            return
        yield payload


def _answer(connection: socket.socket) -> bytes:
    received = bytearray()
    while (end := received.find(b"\r\n\r\n")) < 0:
        received += _more(connection)
    head = bytes(received[:end]).lower()
    length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
    while len(received) < end + 4 + length:
        received += _more(connection)
    body = bytes(received[end + 4 :])
    if head.split(b" ", 2)[1][:1] != b"2":
        raise RuntimeError(f"{head.splitlines()[0]!r}: {body[:500]!r}")
    return body


def _more(connection: socket.socket) -> bytes:
    chunk = connection.recv(65536)
    if not chunk:
        raise RuntimeError("the server closed the connection")
    return chunk
