"""FORJINN_ALLOWED_HOSTS: which hosts the server answers to. Walks every route."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask
from werkzeug.test import EnvironBuilder, TestResponse, run_wsgi_app

from forjinn.settings import SettingError, load
from forjinn.workspaces.models import Workspace
from tests.people import field
from tests.structure.test_guards import GUARDS, calls

AppWith = Callable[..., Flask]
HEALTH = ("/healthz", "/readyz")
ALLOWED = "forjinn.example.com, 10.0.0.5,[2001:db8::1]"
OTHERS = (
    "evil.example",
    "forjinn.example.com.evil.example",
    "evil-forjinn.example.com",
    "sub.forjinn.example.com",
    "example.com",
    "10.0.0.50",
    "localhost",
    "[2001:db8::2]",
    "2001:db8::1",
    "forjinn.example.com:evil",
    "forjinn.example.com:80:80",
    "forjinn.example.com:99999",
    "evil.example:443@forjinn.example.com",
    "forjinn.example.com@evil.example",
    "forjinn.example.com,evil.example",
    "forjinn.example.com evil.example",
    "forjinn.example.com/evil",
    "forjinn.example.com#evil",
    "forjinn.example.com..",
    "",
)
IMPOSSIBLE = (
    "a b",
    " ",
    'a"><script>x',
    "<img src=x onerror=alert(1)>",
    "x' onload='alert(1)",
    "user@host",
    "host/path",
    "host\\path",
    "host?query",
    "host#fragment",
    "a,b",
    "a\tb",
    "a\x7fb",
    "a..b",
    ".",
    "-a",
    "[::1",
    "[::g]",
    "::1",
    "a:b",
    "a:70000",
    "b\xc3\xbccher.example",
    "{{7*7}}",
    "a" * 64,
    "a." * 127 + "a",
    "a" * 5_000,
    "",
)


def asked(app: Flask, path: str, host: str, method: str = "GET", **headers: str) -> TestResponse:
    """As it stands in the head: the test's client would make some hosts another."""
    environ = {f"HTTP_{name.upper()}": text for name, text in headers.items()} | {"HTTP_HOST": host}
    return app.test_client().open(path, method=method, environ_overrides=environ)


def status_without_host(app: Flask, path: str) -> int:
    environ = EnvironBuilder(path=path).get_environ()
    del environ["HTTP_HOST"]
    _body, status, _headers = run_wsgi_app(app, environ, buffered=True)
    return int(status[:3])


def assert_refused(path: str, answer: TestResponse, host: str) -> None:
    """A 400 in the form that the path asks for, which does not repeat the host."""
    assert answer.status_code == 400, f"{path} {host!r}"
    text = unescape(answer.text)
    assert not host.strip() or len(host) < 4 or host not in text, f"{path} {host!r}"
    assert "Location" not in answer.headers
    if path.startswith("/api/"):
        content = answer.get_json()
        assert content["statusCode"] == 400
        assert content["success"] is False
        assert content["message"] == content["error"]
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    elif path.startswith("/gateway/"):
        assert answer.get_json()["error"]["message"]
    else:
        assert answer.content_type == "text/html; charset=utf-8"
        assert "This request cannot be answered" in text


def everything(app: Flask) -> list[tuple[str, str]]:
    more = ["/static/icons.svg", "/nothing", "/api/nothing", "/gateway/nothing", "//api/v1/ping"]
    preflight = [("OPTIONS", "/api/v1/prediction/x"), ("HEAD", "/login")]
    return [*calls(app, *GUARDS), *(("GET", path) for path in more), *preflight]


@pytest.fixture
def limited(app_with: AppWith) -> Flask:
    return app_with(FORJINN_ALLOWED_HOSTS=ALLOWED)


def test_another_host_is_refused_everywhere_but_on_health_checks(limited: Flask) -> None:
    for method, path in everything(limited):
        answer = asked(limited, path, "evil.example", method)
        if path in HEALTH:
            assert answer.status_code == 200, path
        elif method == "HEAD":
            assert answer.status_code == 400
        else:
            assert_refused(path, answer, "evil.example")


@pytest.mark.parametrize("host", OTHERS)
def test_no_other_spelling_passes_for_an_allowed_host(limited: Flask, host: str) -> None:
    for path in ("/login", "/api/v1/ping", "/gateway/production/default/v1/models"):
        assert_refused(path, asked(limited, path, host), host)
    for path in HEALTH:
        assert asked(limited, path, host).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "forjinn.example.com",
        "FORJINN.Example.COM",
        "forjinn.example.com.",
        "forjinn.example.com:5000",
        "Forjinn.example.com.:443",
        "forjinn.example.com:",
        "10.0.0.5",
        "10.0.0.5:8080",
        "[2001:db8::1]",
        "[2001:DB8:0:0::1]:5000",
    ],
)
def test_an_allowed_host_is_answered_however_it_is_spelled(limited: Flask, host: str) -> None:
    assert asked(limited, "/api/v1/ping", host).text == "pong"
    assert asked(limited, "/login", host).status_code == 200
    assert asked(limited, "/", host).location.partition("?")[0] == "/login"


def test_a_request_without_a_host_is_refused_where_hosts_are_named(app: Flask, limited: Flask) -> None:
    assert [status_without_host(limited, path) for path in ("/login", "/api/v1/ping")] == [400, 400]
    assert [status_without_host(limited, path) for path in HEALTH] == [200, 200]
    assert [status_without_host(app, path) for path in ("/login", "/api/v1/ping")] == [200, 200]


def test_the_host_of_the_base_url_is_always_one(app_with: AppWith) -> None:
    both = app_with(FORJINN_ALLOWED_HOSTS="10.0.0.5", FORJINN_BASE_URL="https://Keys.example.com:8443/")
    assert asked(both, "/login", "keys.example.com").status_code == 200
    assert asked(both, "/login", "10.0.0.5").status_code == 200
    assert asked(both, "/login", "forjinn.example.com").status_code == 400
    # By itself it says how samples look, and refuses nobody.
    only = app_with(FORJINN_BASE_URL="https://keys.example.com")
    assert asked(only, "/login", "10.0.0.5").status_code == 200


def test_behind_a_proxy_the_host_that_people_asked_for_counts(app_with: AppWith) -> None:
    behind = app_with(FORJINN_ALLOWED_HOSTS="forjinn.example.com", FORJINN_TRUSTED_PROXIES="1")
    good, evil = "forjinn.example.com", "evil.example"
    assert asked(behind, "/login", "backend:5000", x_forwarded_host=good).status_code == 200
    assert asked(behind, "/login", good).status_code == 200
    for host, forwarded in ((good, evil), (good, f"{good}, {evil}"), ("backend", evil), (good, "a b")):
        for path in ("/login", "/api/v1/ping"):
            assert_refused(path, asked(behind, path, host, x_forwarded_host=forwarded), evil)
        assert asked(behind, "/healthz", host, x_forwarded_host=forwarded).status_code == 200
    # Nobody sets the header here, so whoever sends it has made it up.
    alone = app_with(FORJINN_ALLOWED_HOSTS="forjinn.example.com")
    assert asked(alone, "/login", good, x_forwarded_host=evil).status_code == 200
    assert asked(alone, "/login", evil, x_forwarded_host=good).status_code == 400


@pytest.mark.parametrize("scheme", ["javascript", "https://evil.example/x", "x<y"])
def test_a_made_up_scheme_comes_into_no_link(app_with: AppWith, scheme: str) -> None:
    behind = app_with(FORJINN_TRUSTED_PROXIES="1")
    answer = asked(behind, "/login", "forjinn.example.com", x_forwarded_proto=scheme)
    assert_refused("/login", answer, scheme)
    assert asked(behind, "/login", "forjinn.example.com", x_forwarded_proto="HTTPS").status_code == 200


@pytest.mark.parametrize("host", IMPOSSIBLE)
def test_what_cannot_be_a_host_is_refused_without_the_setting_too(app: Flask, host: str) -> None:
    for path in ("/login", "/", "/api/v1/ping", "/gateway/production/default/v1/models", "/static/icons.svg"):
        assert_refused(path, asked(app, path, host), host)
    for path in HEALTH:
        assert asked(app, path, host).status_code == 200


def test_what_cannot_be_a_host_is_refused_on_every_route(app: Flask, production: Workspace) -> None:
    host = 'a"><script>x'
    for method, path in everything(app):
        answer = asked(app, path, host, method)
        if path not in HEALTH and method != "HEAD":
            assert_refused(path, answer, host)


@pytest.mark.parametrize(
    "host", ["forjinn", "my_app:5000", "192.0.2.7:8080", "[::1]:5000", "a.b.example.com."]
)
def test_any_other_host_is_answered_without_the_setting(app: Flask, host: str) -> None:
    answer = asked(app, "/login", host)
    assert answer.status_code == 200
    # Also of a form of that page, which names where it comes from.
    client = app.test_client()
    environ = {"HTTP_HOST": host, "HTTP_ORIGIN": f"http://{host}"}
    token = field(client.get("/login", environ_overrides=environ).text, "csrf_token")
    fields = {"csrf_token": token, "email": "nobody@example.com", "password": "wrong wrong"}
    assert client.post("/login", data=fields, environ_overrides=environ).status_code == 401


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("forjinn.example.com:443", "port"),
        ("[2001:db8::1]:443", "port"),
        ("https://forjinn.example.com", "address"),
        ("forjinn.example.com/", "address"),
        ("a.example,,b.example", "empty"),
        ("a.example,", "empty"),
        (",", "empty"),
        (" ", "empty"),
        ("*", "not a host"),
        ("*.example.com", "not a host"),
        (".example.com", "not a host"),
        ("a b", "not a host"),
        ("b\u00fccher.example", "not a host"),
        ("user@host", "not a host"),
        ("[::g]", "not a host"),
        ("a" * 64, "not a host"),
    ],
)
def test_a_value_that_names_no_hosts_is_refused_at_the_start(value: str, what: str) -> None:
    with pytest.raises(SettingError, match="FORJINN_ALLOWED_HOSTS: ") as refused:
        load({"FORJINN_ALLOWED_HOSTS": value})
    assert what in str(refused.value)


def test_a_value_is_read_as_it_is_meant() -> None:
    def allowed(value: str) -> frozenset[str]:
        found: frozenset[str] = load({"FORJINN_ALLOWED_HOSTS": value})["FORJINN_ALLOWED_HOSTS"]
        return found

    assert allowed("") == frozenset()
    assert allowed(" A.example. ,b.example,a.example") == {"a.example", "b.example"}
    assert allowed("::1,[2001:DB8:0::1]") == {"[::1]", "[2001:db8::1]"}
