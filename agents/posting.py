"""Post to an address that somebody else chose: one request, bounded in time, and nothing it answers is followed.

Outside the sandbox an address must be https and lead to the public internet. That is checked on the very address that
is connected to, after the name was looked up, so that a name cannot lead elsewhere the second time.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

TIMEOUT = 10.0  # seconds, for everything
MOST_READ = 500  # bytes of an answer
MOST_ADDRESSES = 3  # of one name, that are tried
NAT64 = ipaddress.ip_network("64:ff9b::/96")  # addresses in it are IPv4's, and may be private ones

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class UnsafeUrl(ValueError):
    """We do not post there."""


class NotAnswered(Exception):
    """There was no answer, or none in HTTP, or not in time."""


@dataclass(frozen=True)
class Answer:
    status: int
    text: str  # how it begins

    @property
    def is_taken(self) -> bool:
        return 200 <= self.status < 300


def check_url(url: str) -> SplitResult:
    """Return the parts of a URL that may be posted to, as far as the URL itself tells.

    :raises UnsafeUrl: if it is none, or has a user in it, or, outside the sandbox, is not https.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as mistake:
        raise UnsafeUrl(f"This is not a URL: {mistake}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or not url.isprintable() or " " in url:
        raise UnsafeUrl("This is not the URL of a web server")
    if parts.username or parts.password:
        raise UnsafeUrl("A URL with a user or password in it is not accepted")
    if parts.scheme != "https" and not settings.SANDBOX:
        raise UnsafeUrl("Only https is accepted")
    return parts


def is_public(address: Address) -> bool:
    """Whether an address is the public internet's, also if it is IPv4 in IPv6's clothes."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Post `body`, and return what was answered.

    :raises UnsafeUrl: if we do not post there.
    :raises NotAnswered: if there was no answer.
    """
    parts = check_url(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        with _connection(parts) as connection:
            connection.request("POST", target, body=body, headers=dict(headers))
            response = connection.getresponse()
            return Answer(response.status, response.read(MOST_READ).decode(errors="replace"))
    except UnsafeUrl:
        raise
    except (OSError, http.client.HTTPException, ValueError) as failure:
        raise NotAnswered(f"{type(failure).__name__}: {failure}"[:MOST_READ]) from None


@contextmanager
def _connection(parts: SplitResult) -> Iterator[http.client.HTTPConnection]:
    """A connection that is cut when the time is over: one byte every nine seconds is not an answer."""
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    sockets = [_connect(host, port)]
    cut = threading.Timer(TIMEOUT, lambda: _cut(sockets[-1]))
    cut.daemon = True
    cut.start()
    try:
        connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
        if parts.scheme == "https":
            connection.default_port = 443
            context = ssl.create_default_context()
            sockets.append(context.wrap_socket(sockets[0], server_hostname=host, do_handshake_on_connect=False))
            sockets[-1].do_handshake()  # type: ignore[attr-defined]
        connection.sock = sockets[-1]
        yield connection
    finally:
        cut.cancel()
        sockets[-1].close()


def _connect(host: str, port: int) -> socket.socket:
    """:raises UnsafeUrl: if any of the host's addresses is not the public internet's, and this is not the sandbox."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for *_, address in found:
        if not settings.SANDBOX and not is_public(ipaddress.ip_address(str(address[0]).partition("%")[0])):
            raise UnsafeUrl(f"{host} leads to {address[0]}, which is not on the public internet")
    failure: OSError | None = None
    for family, kind, protocol, _, address in found[:MOST_ADDRESSES]:
        sock = socket.socket(family, kind, protocol)
        sock.settimeout(TIMEOUT)
        try:
            sock.connect(address)
            return sock
        except OSError as refused:
            sock.close()
            failure = refused
    raise failure or OSError("no address")


def _cut(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        sock.close()
