"""What posts to an address of somebody else's choice must not be led into our own network."""

import ipaddress
import socket

import pytest

from agents import posting
from agents.posting import NotAnswered, UnsafeUrl, is_public, post
from tests.agents.receivers import receiving


@pytest.fixture
def shop(settings):
    settings.SANDBOX = False


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "10.0.0.1",
            "192.168.1.1",
            "172.16.0.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "224.0.0.1",
        ),
        *("::1", "fe80::1", "fd00:ec2::254", "::ffff:10.0.0.1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "ff02::1"),
    ],
)
def test_an_address_of_our_own_is_not_public(address):
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822"])
def test_an_address_of_the_internet_is_public(address):
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "[::1]", "[::ffff:127.0.0.1]"])
def test_a_shop_does_not_connect_to_itself(shop, host):
    with pytest.raises(UnsafeUrl, match="not on the public internet"):
        post(f"https://{host}:8139/", b"", {})


def test_a_name_is_judged_by_where_it_leads_when_it_is_connected_to(shop, monkeypatch):
    """One harmless address among several does not help."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 443)) for ip in ("93.184.216.34", "169.254.169.254")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: found)

    with pytest.raises(UnsafeUrl, match="169.254.169.254"):
        post("https://agent.example/", b"", {})


def test_a_shop_does_not_post_in_the_clear(shop):
    with pytest.raises(UnsafeUrl, match="https"):
        post("http://agent.example/", b"", {})


def test_an_answer_has_its_time(monkeypatch):
    monkeypatch.setattr(posting, "TIMEOUT", 0.2)
    with receiving() as inbox:
        inbox.answers = [5.0]
        with pytest.raises(NotAnswered):
            post(inbox.url, b"{}", {})


def test_nobody_there_is_no_answer():
    with pytest.raises(NotAnswered):
        post("http://127.0.0.1:8139/", b"", {})
