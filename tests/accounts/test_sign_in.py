from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forjinn.accounts import service as accounts
from tests.accounts.signing_in import WRONG, Sql, is_signed_in, sign_in, without_tokens
from tests.people import PASSWORD, Person, field

STRANGE = {
    "empty": "",
    "blank": "   ",
    "NUL": "a\x00b",
    "73 bytes": "a" * 73,
    "73 bytes of the right one and more": PASSWORD + "a" * 60,
    "multibyte": "🔑" * 40,
    "very long": "x" * 1000,
    "a placeholder": "decoy",
    "another placeholder": "nobody's password",
}


@pytest.mark.parametrize("email", ["alice@example.com", "nobody@example.com"])
def test_a_strange_password_is_only_wrong(app: Flask, alice: Person, email: str) -> None:
    for name, password in STRANGE.items():
        assert sign_in(app, email, password).status_code == (401 if password else 422), name


def test_a_strange_email_is_only_wrong(app: Flask, alice: Person) -> None:
    for email in ("a", "@", "a@b@c", "a\x00@example.com", "a" * 900 + "@example.com", "%", "_@%", "'--@x"):
        assert sign_in(app, email).status_code == 401, email
    assert sign_in(app, "").status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        '{"email": "alice@example.com", "password": 5}',
        '{"email": "alice@example.com", "password": "\\ud800\\ud800 and more"}',
        '{"email": "\\ud800@example.com", "password": "long enough"}',
        '{"email": ["alice@example.com"], "password": {"a": 1}}',
        "[1]",
        "null",
        "{",
    ],
)
def test_only_a_form_signs_in_never_json(client: FlaskClient, alice: Person, body: str) -> None:
    token = field(client.get("/login").text, "csrf_token")
    headers = {"X-CSRFToken": token}
    answer = client.post("/login", data=body, content_type="application/json", headers=headers)
    assert answer.status_code == 422


def test_a_file_in_place_of_the_password_is_no_password(client: FlaskClient, alice: Person) -> None:
    fields = {
        "csrf_token": field(client.get("/login").text, "csrf_token"),
        "email": alice.email,
        "password": (io.BytesIO(PASSWORD.encode()), "password.txt"),
    }
    answer = client.post("/login", data=fields, content_type="multipart/form-data")
    assert answer.status_code == 422


def test_an_email_is_found_whatever_its_case_and_the_spaces_around_it(app: Flask, alice: Person) -> None:
    assert sign_in(app, "  Alice@EXAMPLE.com ").status_code == 303


def test_a_known_and_an_unknown_email_get_the_same_page(app: Flask, alice: Person) -> None:
    known, unknown = (sign_in(app, email, WRONG) for email in (alice.email, "nobody@example.com"))
    assert known.status_code == unknown.status_code == 401
    assert "This e-mail and password do not belong together." in known.text
    assert without_tokens(known.text) == without_tokens(unknown.text).replace("nobody@", "alice@")


@pytest.mark.parametrize("password", [WRONG, *STRANGE.values()], ids=["wrong", *STRANGE])
def test_a_known_and_an_unknown_email_cost_the_same_bcrypt_work(
    app: Flask, alice: Person, bcrypt_calls: list[tuple[str, str]], password: str
) -> None:
    sign_in(app, "nobody@example.com", WRONG)
    bcrypt_calls.clear()
    sign_in(app, alice.email, password)
    known = bcrypt_calls.copy()
    bcrypt_calls.clear()
    sign_in(app, "nobody@example.com", password)
    assert bcrypt_calls == known
    assert known == ([("check", "04")] if password else [])


@pytest.mark.parametrize(("email", "cost"), [("alice@example.com", "05"), ("nobody@example.com", "06")])
def test_the_first_sign_in_of_a_process_tells_no_more(
    app_with: Callable[..., Flask], bcrypt_calls: list[tuple[str, str]], email: str, cost: str
) -> None:
    # A cost that no other test signs in with: nothing is prepared for it in this process.
    app = app_with(FORJINN_BCRYPT_ROUNDS=cost)
    with app.app_context():
        accounts.create_user("alice@example.com", PASSWORD)
    bcrypt_calls.clear()
    sign_in(app, email, WRONG)
    assert sorted(bcrypt_calls) == [("check", cost), ("hash", cost)]


def test_the_sign_in_page_names_its_fields(client: FlaskClient) -> None:
    page = client.get("/login").text
    assert ">Email</label>" in page
    assert ">Password</label>" in page
    assert ">Sign in</button>" in page


def test_what_was_typed_stays_after_a_mistake_but_for_the_password(app: Flask) -> None:
    answer = sign_in(app, "dora@example.com", "my secret typing", next="/profile")
    assert 'value="dora@example.com"' in answer.text
    assert field(answer.text, "next") == "/profile"
    assert "my secret typing" not in answer.text


def test_without_a_csrf_token_nobody_is_signed_in(client: FlaskClient, alice: Person, sql: Sql) -> None:
    before = sql("SELECT count(*) FROM sign_in_sessions")
    answer = client.post("/login", data={"email": alice.email, "password": PASSWORD})
    assert answer.status_code == 400
    assert sql("SELECT count(*) FROM sign_in_sessions") == before


def test_a_token_from_before_the_sign_in_is_worth_nothing_after_it(app: Flask, alice: Person) -> None:
    client = app.test_client()
    token = field(client.get("/login").text, "csrf_token")
    fields = {"csrf_token": token, "email": alice.email, "password": PASSWORD}
    assert client.post("/login", data=fields).status_code == 303
    assert client.post("/profile/name", data={"csrf_token": token, "name": "Mallory"}).status_code == 400


def test_who_is_signed_in_is_not_asked_again(alice: Person) -> None:
    answer = alice.get("/login?next=/profile")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/profile")
    assert is_signed_in(alice)
