"""Nobody is sent to another site from here: `next=` at the sign-in and at the theme."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.accounts.signing_in import sign_in
from tests.people import Person, field

ELSEWHERE = [
    "//evil.example",
    "///evil.example",
    "////evil.example/w",
    "//evil.example@localhost",
    "//[",
    "//",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/\\/evil.example",
    "https://evil.example",
    "https:evil.example",
    "https:/evil.example",
    "http:///evil.example",
    "HTTPS://evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/ /evil.example",
    "/\x00/evil.example",
    "/\x0b/evil.example",
    "evil.example",
    "%2f%2fevil.example",
    "?//evil.example",
    "",
]
# A browser does not decode these before it takes the host from the address, so they stay here.
HERE = [
    "/profile",
    "/w/production/api-keys?q=a%20b&after=",
    "/w/production/flows#top",
    "/%2f/evil.example",
    "/%2fevil.example",
    "/%5cevil.example",
    "/%09/evil.example",
    "/w/https://evil.example",
    "/@evil.example",
]


def test_the_sign_in_form_carries_no_other_site(client: FlaskClient) -> None:
    for target in ELSEWHERE:
        assert field(client.get("/login", query_string={"next": target}).text, "next") == "/", target


def test_a_sign_in_leads_to_no_other_site(app: Flask, alice: Person) -> None:
    for target in ELSEWHERE:
        answer = sign_in(app, alice.email, next=target)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/"), target


def test_who_is_signed_in_already_is_led_to_no_other_site(alice: Person) -> None:
    for target in ELSEWHERE:
        answer = alice.client.get("/login", query_string={"next": target})
        assert (answer.status_code, answer.headers["Location"]) == (303, "/"), target


def test_the_theme_leads_to_no_other_site(alice: Person) -> None:
    for target in ELSEWHERE:
        answer = alice.post("/theme", theme="dark", next=target)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/"), target


def test_a_sign_in_leads_back_to_where_it_was_asked_for(app: Flask, alice: Person) -> None:
    for target in HERE:
        assert sign_in(app, alice.email, next=target).headers["Location"] == target


def test_the_theme_leads_back_and_is_remembered(alice: Person) -> None:
    answer = alice.post("/theme", theme="dark", next="/profile")
    assert answer.headers["Location"] == "/profile"
    assert 'data-bs-theme="dark"' in alice.get("/profile").text
    alice.post("/theme", theme="system", next="/profile")
    assert "data-bs-theme" not in alice.get("/profile").text


@pytest.mark.parametrize("theme", ["", "blue", '"><script>', "a" * 5000])
def test_an_unknown_theme_changes_nothing(alice: Person, theme: str) -> None:
    assert "Set-Cookie" not in alice.post("/theme", theme=theme).headers
    alice.client.set_cookie("theme", "blue")
    assert "data-bs-theme" not in alice.get("/profile").text


def test_a_page_asks_to_sign_in_and_comes_back(app: Flask, client: FlaskClient, alice: Person) -> None:
    asked = client.get("/w/production/api-keys?q=web%20app")
    assert asked.status_code == 303
    form = client.get(asked.headers["Location"])
    fields = {name: field(form.text, name) for name in ("csrf_token", "next")}
    fields = {name: value.replace("&amp;", "&") for name, value in fields.items()}
    answer = client.post("/login", data=fields | {"email": alice.email, "password": "correct horse battery"})
    assert answer.headers["Location"] == "/w/production/api-keys?q=web%20app"


def test_htmx_is_told_to_go_to_the_sign_in_as_a_whole(client: FlaskClient) -> None:
    answer = client.get("/w/production/api-keys", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/login"
    assert answer.text == ""
