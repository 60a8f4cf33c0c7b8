"""A call out ends when nobody waits for it any more."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from forjinn.outgoing import Abandoned, DeadlinePassed, client, patience
from tests.web import Web, dripping, line

TIMEOUT = httpx2.Timeout(5)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n"


def test_a_server_that_says_nothing_is_left_when_the_caller_leaves(caller: httpx2.Client) -> None:
    gone = threading.Event()
    with line(lambda _: None) as served:
        threading.Thread(target=lambda: served.asked.wait(5) and gone.set()).start()
        began = time.monotonic()
        with patience(gone=gone.is_set), pytest.raises(Abandoned):
            caller.get(f"http://127.0.0.1:{served.port}/")
        assert time.monotonic() - began < 0.5
        assert served.closed.wait(0.5)


def test_a_server_that_stalls_in_its_answer_is_left_when_the_caller_leaves(caller: httpx2.Client) -> None:
    gone = threading.Event()
    with line(lambda talking: talking.sendall(HEAD + b"half")) as served, patience(gone=gone.is_set):
        with caller.stream("GET", f"http://127.0.0.1:{served.port}/") as response:
            pieces = response.iter_bytes()
            assert next(pieces) == b"half"
            gone.set()
            began = time.monotonic()
            with pytest.raises(Abandoned):
                next(pieces)
        assert time.monotonic() - began < 0.5
        assert served.closed.wait(0.5)


def test_a_server_that_never_stops_talking_is_left_too(caller: httpx2.Client) -> None:
    def talks(talking: socket.socket) -> None:
        talking.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            talking.sendall(b"x" * 65536)

    until = time.monotonic() + 0.3
    with line(talks) as served, patience(gone=lambda: time.monotonic() > until), pytest.raises(Abandoned):
        caller.get(f"http://127.0.0.1:{served.port}/")
    assert time.monotonic() < until + 0.5


def test_a_server_that_does_not_listen_to_a_long_request_is_left_too(caller: httpx2.Client) -> None:
    until = time.monotonic() + 0.3
    with line(lambda _: time.sleep(2)) as served, patience(gone=lambda: time.monotonic() > until):
        with pytest.raises(Abandoned):
            caller.post(f"http://127.0.0.1:{served.port}/", content=b"x" * (64 << 20))
        assert time.monotonic() < until + 0.5


def test_no_call_goes_on_after_the_deadline(caller: httpx2.Client) -> None:
    with line(lambda _: None) as served:
        began = time.monotonic()
        with patience(deadline=began + 0.3), pytest.raises(DeadlinePassed, match="ran longer than it may"):
            caller.get(f"http://127.0.0.1:{served.port}/")
        assert 0.25 < time.monotonic() - began < 0.6


def test_no_call_begins_for_somebody_who_has_left(caller: httpx2.Client) -> None:
    with line(lambda _: None) as served:
        with patience(gone=lambda: True), pytest.raises(Abandoned):
            caller.get(f"http://127.0.0.1:{served.port}/")
        with patience(deadline=time.monotonic() - 1), pytest.raises(DeadlinePassed):
            caller.get(f"http://127.0.0.1:{served.port}/")
        assert served.connections == 0


def test_patience_inside_another_is_never_longer_and_ends_with_it(caller: httpx2.Client, web: Web) -> None:
    with patience(gone=lambda: True):
        with patience(deadline=time.monotonic() + 60), pytest.raises(Abandoned):
            caller.get(web.url)
        with patience(gone=lambda: False), pytest.raises(Abandoned):
            caller.get(web.url)
    assert caller.get(web.url).status_code == 200


def test_a_connection_that_was_left_is_not_used_again(caller: httpx2.Client) -> None:
    with line(lambda talking: dripping(talking, [HEAD, b"12345678"], 0.4)) as served:
        url = f"http://127.0.0.1:{served.port}/"
        with patience(deadline=time.monotonic() + 0.1), pytest.raises(DeadlinePassed):
            caller.get(url)
        assert caller.get(url).content == b"12345678"
        assert served.connections == 2


def test_the_time_out_for_reading_is_still_the_client_s(caller: httpx2.Client) -> None:
    with line(lambda _: None) as served:
        began = time.monotonic()
        with pytest.raises(httpx2.ReadTimeout):
            caller.get(f"http://127.0.0.1:{served.port}/", timeout=0.5)
        assert 0.45 < time.monotonic() - began < 0.9


def test_bytes_that_come_slowly_are_all_there(caller: httpx2.Client) -> None:
    pieces = [b"HTTP/1.1 200", b" OK\r\nContent-", b"Length: 4\r\n\r\n", b"a", b"b", b"c", b"d"]
    with line(lambda talking: dripping(talking, pieces, 0.3)) as served:
        assert caller.get(f"http://127.0.0.1:{served.port}/").content == b"abcd"


def test_bytes_that_are_there_are_not_waited_for(caller: httpx2.Client, web: Web) -> None:
    web.says("now")
    caller.get(web.url)
    began = time.monotonic()
    for _ in range(20):
        assert caller.get(web.url).text == "now"
    assert time.monotonic() - began < 2


def test_a_cookie_is_not_kept(caller: httpx2.Client, web: Web) -> None:
    web.says("", headers={"Set-Cookie": "session=of-one-flow"})
    caller.get(web.url)
    caller.get(web.url)
    assert "cookie" not in web.last.headers


def test_neither_proxies_nor_passwords_of_the_machine_are_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, web: Web
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login operator password hidden\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with client(guarded=False, timeout=TIMEOUT) as caller:
        assert caller.get(web.url).status_code == 200
    assert "authorization" not in web.last.headers


def test_a_redirect_is_not_followed(caller: httpx2.Client, web: Web) -> None:
    web.sends_on("/", "/elsewhere")
    assert caller.get(web.url).status_code == 302


@pytest.fixture
def caller() -> Iterator[httpx2.Client]:
    with client(guarded=False, timeout=TIMEOUT) as caller:
        yield caller
