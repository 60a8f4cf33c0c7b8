"""Flows reach no address that is private, however it is spelled or found."""

from __future__ import annotations

import time
from collections.abc import Iterator
from ipaddress import ip_address

import httpx2
import pytest

from forjinn.addresses import is_public
from forjinn.outgoing import AddressRefused, Guard, client
from tests.web import Web, line

TIMEOUT = httpx2.Timeout(5)
PRIVATE = [
    "127.0.0.1",
    "localhost",
    "[::1]",
    "0.0.0.0",
    "[::]",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "2130706433",
    "0x7f.1",
    "0x7f000001",
    "017700000001",
    "127.1",
    "[::ffff:127.0.0.1]",
    "[::ffff:10.0.0.1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::]",
    "[fe80::1]",
    "[fd00::1]",
    "[ff02::1]",
]
PUBLIC = ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "64:ff9b::808:808"]


@pytest.mark.parametrize("host", PRIVATE)
def test_an_address_that_is_private_is_refused_however_it_is_spelled(
    guarded: httpx2.Client, host: str
) -> None:
    with pytest.raises(AddressRefused, match="is private; calls to private addresses are not allowed here"):
        guarded.get(f"http://{host}:9/")


def test_a_private_server_that_listens_gets_no_connection(guarded: httpx2.Client) -> None:
    with line(lambda _: None) as served:
        for host in ("127.0.0.1", "localhost", "0.0.0.0", "[::ffff:127.0.0.1]"):
            with pytest.raises(AddressRefused):
                guarded.get(f"http://{host}:{served.port}/")
        time.sleep(0.1)
        assert served.connections == 0


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(ip_address(address))


def test_a_name_with_one_private_address_among_its_addresses_is_refused() -> None:
    guard = Guard(resolve=lambda _host, _port: iter(["8.8.8.8", "10.0.0.1"]))
    with (
        client(guarded=True, timeout=TIMEOUT, guard=guard) as caller,
        pytest.raises(AddressRefused, match="address two\\.example is private"),
    ):
        caller.get("http://two.example/")


def test_the_address_that_was_checked_is_the_one_that_is_called() -> None:
    answers = iter([["127.0.0.1"], ["127.0.0.2"]])
    guard = Guard(lambda _host, _port: iter(next(answers)), lambda address: str(address) == "127.0.0.1")
    with Web() as web, client(guarded=True, timeout=TIMEOUT, guard=guard) as caller:
        assert caller.get(f"http://rebound.example:{web.port}/").status_code == 200
    assert web.last.headers["host"] == f"rebound.example:{web.port}"


@pytest.mark.parametrize("host", ["nobody.invalid", "a..b", "x" * 70])
def test_a_name_that_leads_nowhere_is_a_connection_that_failed(guarded: httpx2.Client, host: str) -> None:
    with pytest.raises(httpx2.ConnectError):
        guarded.get(f"http://{host}/")


def test_the_first_address_that_answers_is_used() -> None:
    guard = Guard(lambda _host, _port: iter(["127.0.0.2", "127.0.0.1"]), lambda _address: True)
    with Web() as web, client(guarded=True, timeout=TIMEOUT, guard=guard) as caller:
        assert caller.get(f"http://two.example:{web.port}/").status_code == 200


@pytest.fixture
def guarded() -> Iterator[httpx2.Client]:
    with client(guarded=True, timeout=httpx2.Timeout(2)) as guarded:
        yield guarded
