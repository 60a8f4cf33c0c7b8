from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from forjinn.accounts import service as accounts
from forjinn.workspaces import service as workspaces
from tests.people import PASSWORD, Person, field

SECURE = "https://forjinn.example.com"
BEHIND_TLS = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "forjinn.example.com"}
ANY_ID = "00000000-0000-0000-0000-000000000001"


@pytest.fixture
def answers(app: Flask, alice: Person, bob: Person) -> dict[str, TestResponse]:
    """One of each kind of answer that a browser gets."""
    nobody = app.test_client()
    return {
        "page": alice.get("/w/production/api-keys"),
        "fragment": alice.get("/w/production/api-keys", htmx=True),
        "revealed key": alice.create_key("production", "CI integration"),
        "sign-in": nobody.get("/login"),
        "redirect": nobody.get("/"),
        "static file": nobody.get("/static/forjinn.css", buffered=True),
        "400": nobody.post("/login"),
        "401 of htmx": nobody.get("/profile", headers={"HX-Request": "true"}),
        "403": bob.get("/w/production/api-keys/new"),
        "404": nobody.get("/nowhere"),
        "404 fragment": alice.get(f"/w/production/api-keys/{ANY_ID}", htmx=True),
        "404 of a static file": nobody.get("/static/nowhere.css?v=1"),
        "405": nobody.get("/logout"),
        "422": alice.post("/profile/name", name=""),
        "health": nobody.get("/healthz"),
    }


def test_every_answer_carries_a_strict_policy(answers: dict[str, TestResponse]) -> None:
    for name, answer in answers.items():
        policy = parsed(answer.headers["Content-Security-Policy"])
        assert policy["default-src"] == ["'none'"], name
        assert policy["frame-ancestors"] == policy["base-uri"] == ["'none'"], name
        assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == ["'self'"], name
        assert policy["form-action"] == ["'self'"], name
        sources = {source for allowed in policy.values() for source in allowed}
        assert sources == {"'none'", "'self'", "data:"}, name
        assert [directive for directive in policy if "data:" in policy[directive]] == ["img-src"]


def test_every_answer_forbids_guessing_its_type_and_telling_other_sites(
    answers: dict[str, TestResponse],
) -> None:
    for name, answer in answers.items():
        assert answer.headers["X-Content-Type-Options"] == "nosniff", name
        assert answer.headers["Referrer-Policy"] == "same-origin", name
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin", name
        assert "camera=()" in answer.headers["Permissions-Policy"], name


def test_what_only_its_reader_may_see_is_kept_by_no_cache(answers: dict[str, TestResponse]) -> None:
    for name, answer in answers.items():
        kept = answer.headers["Cache-Control"]
        if name not in ("static file", "health", "revealed key"):
            assert kept == "no-cache, private", name
    assert answers["revealed key"].headers["Cache-Control"] == "no-store"


def test_a_static_file_with_its_version_is_kept_for_a_year(client: FlaskClient) -> None:
    for address in linked(client.get("/login").text):
        answer = client.get(address, buffered=True)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    without = client.get("/static/forjinn.css", buffered=True)
    assert "immutable" not in without.headers["Cache-Control"]


def test_the_api_is_neither_cached_nor_sniffed_and_sets_no_cookie(client: FlaskClient, alice: Person) -> None:
    calls = [("GET", "/api/v1/ping"), ("GET", "/api/v1/chatflows"), ("GET", "/api/nowhere")]
    calls += [("POST", f"/api/v1/prediction/{ANY_ID}"), ("OPTIONS", f"/api/v1/prediction/{ANY_ID}")]
    for method, path in calls:
        answer = alice.client.open(path, method=method)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "Set-Cookie" not in answer.headers
        assert "Vary" not in answer.headers or "Cookie" not in answer.headers["Vary"]


def test_pages_are_never_open_to_other_origins(answers: dict[str, TestResponse]) -> None:
    for name, answer in answers.items():
        assert not [header for header in answer.headers if header[0].startswith("Access-Control-")], name


def test_a_cookie_is_kept_from_scripts_and_other_sites(alice: Person) -> None:
    for cookie in cookies_of(alice):
        # The cookie of a known device is for the sign-in only.
        path = "Path=/login" if cookie.startswith("forjinn_device=") else "Path=/"
        assert {"HttpOnly", "SameSite=Lax", path} <= attributes(cookie), cookie
        assert "Secure" not in attributes(cookie)
        assert not any(attribute.startswith("Domain") for attribute in attributes(cookie))


def test_over_tls_a_cookie_is_secure_and_the_browser_stays_with_tls(app: Flask, alice: Person) -> None:
    client = app.test_client()
    answers = sign_in_and_choose_theme(client, base_url=SECURE, headers={"Referer": f"{SECURE}/login"})
    check_secure(answers)


def test_behind_a_trusted_proxy_its_word_on_tls_counts(app_with: Callable[..., Flask]) -> None:
    app = app_with(FORJINN_TRUSTED_PROXIES="1")
    with app.app_context():
        workspaces.grant(
            accounts.create_user("alice@example.com", PASSWORD), workspaces.create("Production"), "Viewer"
        )
    headers = BEHIND_TLS | {"Referer": f"{SECURE}/login"}
    check_secure(sign_in_and_choose_theme(app.test_client(), headers=headers))


def test_without_a_trusted_proxy_nobodys_word_on_tls_counts(app: Flask, alice: Person) -> None:
    for answer in sign_in_and_choose_theme(app.test_client(), headers=BEHIND_TLS):
        for cookie in answer.headers.getlist("Set-Cookie"):
            assert "Secure" not in attributes(cookie)
        assert "Strict-Transport-Security" not in answer.headers


def test_the_address_is_taken_from_a_trusted_proxy_only(
    app: Flask, app_with: Callable[..., Flask], alice: Person
) -> None:
    forwarded = {"X-Forwarded-For": "198.51.100.1, 203.0.113.7"}
    for number, expected in (("0", "127.0.0.1"), ("1", "203.0.113.7"), ("2", "198.51.100.1")):
        client = app_with(FORJINN_TRUSTED_PROXIES=number).test_client()
        sign_in_and_choose_theme(client, headers=forwarded)
        assert f">{expected}</td>" in client.get("/profile").text


def sign_in_and_choose_theme(client: FlaskClient, **how: Any) -> list[TestResponse]:
    shown = client.get("/login", **how)
    fields = {
        "csrf_token": field(shown.text, "csrf_token"),
        "email": "alice@example.com",
        "password": PASSWORD,
    }
    signed_in = client.post("/login", data=fields, **how)
    assert signed_in.status_code == 303
    profile = client.get("/profile", **how)
    fields = {"csrf_token": field(profile.text, "csrf_token"), "theme": "dark", "next": "/profile"}
    themed = client.post("/theme", data=fields, **how)
    return [signed_in, profile, themed]


def check_secure(answers: list[TestResponse]) -> None:
    cookies = [cookie for answer in answers for cookie in answer.headers.getlist("Set-Cookie")]
    assert {cookie.partition("=")[0] for cookie in cookies} == {"forjinn", "forjinn_device", "theme"}
    for cookie in cookies:
        assert {"Secure", "HttpOnly", "SameSite=Lax"} <= attributes(cookie), cookie
    for answer in answers:
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def cookies_of(person: Person) -> list[str]:
    person.post("/logout")
    answers = [
        person.post("/login", page="/login", email=person.email, password=PASSWORD),
        person.post("/theme", theme="dark"),
    ]
    cookies = [cookie for answer in answers for cookie in answer.headers.getlist("Set-Cookie")]
    assert {cookie.partition("=")[0] for cookie in cookies} == {"forjinn", "forjinn_device", "theme"}
    return cookies


def attributes(cookie: str) -> set[str]:
    return {part.strip() for part in cookie.split(";")[1:]}


def linked(html: str) -> list[str]:
    return [
        part.partition('"')[0].replace("&amp;", "&") for part in html.split('="') if part[:8] == "/static/"
    ]


def parsed(policy: str) -> dict[str, list[str]]:
    directives = [directive.split() for directive in policy.split(";")]
    return {name: sources for name, *sources in directives}
