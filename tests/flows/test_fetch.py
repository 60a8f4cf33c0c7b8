"""A flow's HTTP call ends in an answer of bounded size, or in a sentence that holds no secret."""

from __future__ import annotations

import gzip
import json
import socket
import time
import tracemalloc
import zlib
from collections.abc import Iterator

import brotli
import pytest
from flask import Flask

from forjinn import outgoing
from forjinn.errors import DomainError
from forjinn.flows import request
from forjinn.flows.fetch import Fetched, fetch
from tests.web import ClosesAtTheSecond, Web, a_scope, an_app, line, listening

SECRET = "hidden-word-4711"


def test_an_answer_is_given_whatever_its_status(web: Web) -> None:
    web.says("no such thing", 404, headers={"X-Reason": "gone"})
    answer = get(web.url)
    assert (answer.status, answer.reason, answer.text) == (404, "Not Found", "no such thing")
    assert answer.headers["x-reason"] == "gone"


def test_parameters_are_added_to_those_of_the_url(web: Web) -> None:
    get(f"{web.url}/a?b=1", params=[("c", "x&y=z ü"), ("c", "2")])
    assert web.last.path == "/a?b=1&c=x%26y%3Dz+%C3%BC&c=2"


def test_each_kind_of_body_says_what_it_is(web: Web) -> None:
    bodies = {
        "application/json": request.json('{"a": "ü"}'),
        "application/x-www-form-urlencoded": request.form([("a", "1&2"), ("a", "ü")]),
        "text/plain; charset=utf-8": request.raw("ü"),
    }
    sent = {}
    for body in bodies.values():
        fetch(a_scope(), "POST", web.url, body=body)
        sent[web.last.headers["content-type"]] = web.last.body.decode()
    assert sent == dict(zip(bodies, ['{"a": "ü"}', "a=1%262&a=%C3%BC", "ü"], strict=True))


def test_the_author_s_content_type_stands(web: Web) -> None:
    headers = [("content-type", "application/vnd.api+json")]
    fetch(a_scope(), "POST", web.url, headers=headers, body=request.json("{}"))
    assert web.last.headers["content-type"] == "application/vnd.api+json"


def test_a_form_of_parts_has_its_own_boundary(web: Web) -> None:
    headers = [("Content-Type", "multipart/form-data")]
    fetch(a_scope(), "POST", web.url, headers=headers, body=request.multipart([("a", "1"), ("a", "ü")]))
    boundary = web.last.headers["content-type"].partition("boundary=")[2]
    assert boundary
    assert web.last.body.count(f"--{boundary}".encode()) == 3
    assert web.last.body.count(b'name="a"') == 2


def test_private_addresses_are_refused_where_nobody_allowed_them() -> None:
    with an_app().app_context(), Web() as web:
        for url in (web.url, f"http://localhost:{web.port}", f"http://2130706433:{web.port}"):
            with pytest.raises(outgoing.AddressRefused):
                get(url)
    assert web.received == []


def test_an_answer_may_be_as_large_as_the_setting_says(app: Flask, web: Web) -> None:
    app.config["FORJINN_HTTP_RESPONSE_BYTES"] = 1000
    web.says(b"x" * 1000)
    assert len(get(web.url).body) == 1000
    web.says(b"x" * 1001)
    with pytest.raises(DomainError, match="the answer is larger than 1000 bytes"):
        get(web.url)


def test_an_answer_of_two_gigabytes_is_left_at_once() -> None:
    sent = 0

    def serve(talking: socket.socket) -> None:
        nonlocal sent
        talking.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2147483648\r\n\r\n")
        while True:
            sent += talking.send(b"x" * 65536)

    with line(serve) as served, an_app(FORJINN_ALLOW_PRIVATE_ADDRESSES="1").app_context():
        began = time.monotonic()
        with pytest.raises(DomainError, match="larger than 1048576 bytes"):
            get(f"http://127.0.0.1:{served.port}/")
        assert time.monotonic() - began < 1
    assert sent < 32 << 20


@pytest.mark.parametrize("packing", ["gzip, gzip", "deflate", "br"])
def test_an_answer_that_unpacks_to_far_more_is_left_at_once(web: Web, packing: str) -> None:
    content = bytes(64 << 20)
    match packing:
        case "deflate":
            web.says(zlib.compress(content), headers={"Content-Encoding": packing})
        case "br":
            web.says(brotli.compress(content, quality=1), headers={"Content-Encoding": packing})
        case _:
            web.says(gzip.compress(gzip.compress(content)), headers={"Content-Encoding": packing})
    tracemalloc.start()
    with pytest.raises(DomainError, match="larger than"):
        get(web.url)
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 16 << 20


def test_a_packed_answer_is_unpacked(web: Web) -> None:
    web.says(gzip.compress("grüße".encode()), headers={"Content-Encoding": "gzip"})
    assert get(web.url).text == "grüße"


@pytest.mark.parametrize(
    ("content_type", "body", "text"),
    [
        ("text/plain; charset=iso-8859-1", b"gr\xfc\xdfe", "grüße"),
        ('text/plain; charset="utf-16"', "grüße".encode("utf-16"), "grüße"),
        ("text/plain", b"gr\xfc", "gr\N{REPLACEMENT CHARACTER}"),
        ("text/plain; charset=punycode", b"abc-", "abc-"),
        ("text/plain; charset=utf-nothing", b"abc", "abc"),
    ],
)
def test_text_is_read_in_its_encoding(web: Web, content_type: str, body: bytes, text: str) -> None:
    web.says(body, headers={"Content-Type": content_type})
    assert get(web.url).text == text


def test_a_server_that_does_not_answer_in_time_is_told_without_the_query(web: Web) -> None:
    with line(lambda _: None) as served:
        url = f"http://me:{SECRET}@127.0.0.1:{served.port}/{SECRET}?key={SECRET}"
        with pytest.raises(DomainError) as failed:
            fetch(a_scope(), "GET", url, timeout_seconds=0.3)
    assert str(failed.value) == f"http://127.0.0.1:{served.port} did not answer in time."
    assert SECRET not in repr(failed.value.__cause__)


def test_a_server_that_is_not_there_is_told_without_the_query() -> None:
    with an_app(FORJINN_ALLOW_PRIVATE_ADDRESSES="1").app_context():
        for host in ("127.0.0.1:1", "nobody.invalid", "[::1]:1", "a..b", "x" * 70, ".example"):
            with pytest.raises(DomainError) as failed:
                get(f"http://{host}/{SECRET}?key={SECRET}")
            assert str(failed.value) == f"http://{host} cannot be reached."


@pytest.mark.parametrize(
    "said", [b"", b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"]
)
def test_an_answer_that_is_not_http_is_told(app: Flask, said: bytes) -> None:
    def serve(talking: socket.socket) -> None:
        talking.sendall(said)
        talking.shutdown(socket.SHUT_WR)

    with line(serve) as served, pytest.raises(DomainError, match="did not answer properly"):
        get(f"http://127.0.0.1:{served.port}/")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com/x",
        "ftp://example.com",
        "file:///etc/passwd",
        "http://",
        "http:///x",
        "http://x:99999/",
        "http://x:port/",
        "http://[::1",
        "http://x\n.example/",
        "http://\ud800/",
        "{{ nobody }}",
    ],
)
def test_what_is_no_http_url_is_refused(app: Flask, url: str) -> None:
    with pytest.raises(DomainError, match=r"^the URL "):
        get(url)


@pytest.mark.parametrize(
    "name",
    ["Host", "content-length", "Transfer-Encoding", "Connection", "Upgrade", "", "a b", "a:b", "a\nb", "ü"],
)
def test_a_header_that_is_not_the_flow_s_to_set_is_refused(web: Web, name: str) -> None:
    with pytest.raises(DomainError, match="cannot be sent"):
        get(web.url, headers=[(name, "x")])
    assert web.received == []


@pytest.mark.parametrize("value", ["a\r\nX-Admin: 1", "a\nb", "a\0b", "a\x7fb"])
def test_a_header_s_value_cannot_begin_another_header(web: Web, value: str) -> None:
    with pytest.raises(DomainError, match="control character") as failed:
        get(web.url, headers=[("X-Name", value)])
    assert "Admin" not in str(failed.value)
    assert web.received == []


def test_a_header_may_hold_any_letter(web: Web) -> None:
    get(web.url, headers=[("X-Name", " Zoë \n")])
    assert web.last.headers["x-name"].encode("latin-1").decode() == "Zoë"


def test_the_flow_s_deadline_ends_the_call(app: Flask) -> None:
    with line(lambda _: None) as served:
        began = time.monotonic()
        with pytest.raises(outgoing.DeadlinePassed):
            fetch(a_scope(seconds=0.3), "GET", f"http://127.0.0.1:{served.port}/")
        assert time.monotonic() - began < 0.8


def test_a_caller_who_leaves_ends_the_call(app: Flask) -> None:
    until = time.monotonic() + 0.2
    with line(lambda _: None) as served:
        with outgoing.patience(gone=lambda: time.monotonic() > until), pytest.raises(outgoing.Abandoned):
            get(f"http://127.0.0.1:{served.port}/")
        assert served.closed.wait(0.5)


def test_all_calls_of_an_application_share_their_connections(web: Web) -> None:
    web.says(json.dumps({}))
    began = time.monotonic()
    for _ in range(30):
        get(web.url)
    # A client of its own reads all certificates first, which alone takes about 0.02 s.
    assert time.monotonic() - began < 2


def test_a_kept_connection_that_ended_is_replaced_where_that_does_no_harm(
    app: Flask, subtests: pytest.Subtests
) -> None:
    for method in ("GET", "PUT"):
        server = ClosesAtTheSecond(b"{}")
        with subtests.test(method), listening(server.serve) as url:
            assert [fetch(a_scope(), method, url).status for _ in range(3)] == [200, 200, 200]
            assert [len(requests) for requests in server.requests] == [2, 1, 1]
    with listening(ClosesAtTheSecond(b"{}").serve) as url:
        assert fetch(a_scope(), "POST", url).status == 200
        with pytest.raises(DomainError, match="did not answer properly"):
            fetch(a_scope(), "POST", url)


def get(url: str, **given: list[tuple[str, str]]) -> Fetched:
    return fetch(a_scope(), "GET", url, headers=given.get("headers", ()), params=given.get("params", ()))


@pytest.fixture
def app() -> Iterator[Flask]:
    app = an_app(FORJINN_ALLOW_PRIVATE_ADDRESSES="1")
    with app.app_context():
        yield app
    if client := app.extensions.get("forjinn.fetch"):
        client.close()


@pytest.fixture
def web(app: Flask) -> Iterator[Web]:
    with Web() as web:
        yield web
