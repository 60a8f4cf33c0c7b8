"""A flow's HTTP call follows redirects as browsers do, and takes no credential elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest
from flask import Flask

from forjinn import outgoing
from forjinn.errors import DomainError
from forjinn.flows import request
from forjinn.flows.fetch import Fetched, fetch
from tests.web import Web, a_scope, an_app

SECRET = "hidden-word-4711"


@pytest.mark.parametrize(
    ("status", "method", "then"),
    [
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (303, "POST", "GET"),
        (303, "PUT", "GET"),
        (307, "POST", "POST"),
        (308, "PUT", "PUT"),
        (302, "GET", "GET"),
        (301, "PUT", "PUT"),
    ],
)
def test_a_redirect_is_followed_as_browsers_do(web: Web, status: int, method: str, then: str) -> None:
    web.sends_on("/a/b", "../c?d=1", status)
    web.says("there", at="/c")
    assert fetch(a_scope(), method, f"{web.url}/a/b", body=request.json("[1]")).text == "there"
    assert (web.last.method, web.last.path) == (then, "/c?d=1")
    assert web.last.body == (b"" if method != then else b"[1]")
    assert ("content-type" in web.last.headers) == (method == then)


def test_five_redirects_are_followed_and_no_more(web: Web) -> None:
    for number in range(6):
        web.sends_on(f"/{number}", f"/{number + 1}")
    web.says("there", at="/6")
    assert get(f"{web.url}/1").text == "there"
    with pytest.raises(DomainError, match="redirected more than 5 times"):
        get(f"{web.url}/0")


CREDENTIALS = [
    ("Authorization", f"Bearer {SECRET}"),
    ("Cookie", SECRET),
    ("X-Api-Key", SECRET),
    ("token", SECRET),
]


def test_credentials_stay_with_their_origin(web: Web) -> None:
    with Web() as other:
        web.sends_on("/here", "/there")
        web.sends_on("/away", other.url)
        headers = [*CREDENTIALS, ("Accept-Language", "de")]
        get(f"{web.url}/here", headers=headers)
        assert str(web.last).count(SECRET) == 4
        get(f"{web.url}/away", headers=headers)
    assert SECRET not in str(other.last)
    assert other.last.headers["accept-language"] == "de"


def test_a_password_in_the_url_is_sent_as_a_header_and_stays_with_its_origin(web: Web) -> None:
    with Web() as other:
        web.sends_on("/away", other.url.replace("//", "//evil:one@"))
        get(f"{web.url}/away".replace("//", "//me:p%40ss@"))
        assert web.last.headers["authorization"] == "Basic bWU6cEBzcw=="
    assert "authorization" not in other.last.headers


@pytest.mark.parametrize("to", ["ftp://127.0.0.1/x", "file:///etc/passwd", "javascript:alert(1)"])
def test_a_redirect_to_what_is_not_http_is_refused(web: Web, to: str) -> None:
    web.sends_on("/", to)
    with pytest.raises(DomainError, match=r"does not begin with http|not valid"):
        get(web.url + "/")


@pytest.mark.parametrize(
    "host", ["127.0.0.2", "localhost.localdomain", "[::1]", "169.254.169.254", "0.0.0.0"]
)
def test_a_redirect_to_a_private_address_is_refused(host: str) -> None:
    # One private address is allowed, as if it were of the internet: the server that sends on is there.
    guard = outgoing.Guard(allows=lambda address: str(address) == "127.0.0.3")
    with Web("0.0.0.0") as web, an_app().app_context() as context:
        web.sends_on("/away", f"http://{host}:{web.port}/inside")
        client = outgoing.client(guarded=True, timeout=httpx2.Timeout(2), guard=guard)
        context.app.extensions["forjinn.fetch"] = client
        with client, pytest.raises(DomainError, match=r"is private|cannot be reached"):
            get(f"http://127.0.0.3:{web.port}/away")
    assert [received.path for received in web.received] == ["/away"]


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
