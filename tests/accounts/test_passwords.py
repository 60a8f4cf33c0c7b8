from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from forjinn import settings
from forjinn.accounts import service as accounts
from forjinn.errors import Refused
from tests.accounts.signing_in import Sql, sign_in
from tests.people import PASSWORD, Person

LONGEST = ["a" * 72, "é" * 36, "€" * 24, "🔑" * 18]
TOO_LONG = ["a" * 73, "a" * 1000, "é" * 37, "€" * 25, "🔑" * 18 + "a"]


def test_a_password_is_kept_as_a_bcrypt_hash_of_cost_12(app_with: Callable[..., Flask], sql: Sql) -> None:
    with app_with(FORJINN_BCRYPT_ROUNDS="").app_context():
        accounts.create_user("dora@example.com", PASSWORD)
    [[kept]] = sql("SELECT password_hash FROM users")
    assert kept.startswith("$2b$12$")
    assert len(kept) == 60


def test_the_cost_is_the_setting(app_with: Callable[..., Flask], sql: Sql) -> None:
    with app_with(FORJINN_BCRYPT_ROUNDS="5").app_context():
        accounts.create_user("dora@example.com", PASSWORD)
    [[kept]] = sql("SELECT password_hash FROM users")
    assert kept.startswith("$2b$05$")


def test_the_cost_cannot_be_set_below_what_bcrypt_has() -> None:
    with pytest.raises(settings.SettingError, match="FORJINN_BCRYPT_ROUNDS"):
        settings.load({"FORJINN_BCRYPT_ROUNDS": "3"})


def test_72_bytes_are_a_password(app: Flask) -> None:
    for number, password in enumerate(LONGEST):
        email = f"dora{number}@example.com"
        with app.app_context():
            accounts.create_user(email, password)
        assert sign_in(app, email, password).status_code == 303
        assert sign_in(app, email, password[:-1]).status_code == 401


def test_more_than_72_bytes_are_refused_and_the_old_password_stays(app: Flask, alice: Person) -> None:
    for password in TOO_LONG:
        answer = change(alice, password)
        assert answer.status_code == 422
        assert "longer than 72 bytes" in answer.text
        assert sign_in(app, alice.email, password).status_code == 401
    assert sign_in(app, alice.email, PASSWORD).status_code == 303


def test_no_user_is_made_with_more_than_72_bytes(in_app: None, sql: Sql) -> None:
    for password in TOO_LONG:
        with pytest.raises(Refused, match="72 bytes"):
            accounts.create_user("dora@example.com", password)
    assert sql("SELECT count(*) FROM users") == [(0,)]


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("ninechars", "at least 10 characters"),
        ("with a NUL\x00 in it", "NUL character"),
        ("with half a pair \ud83d", "no text in UTF-8"),
        ("", "at least 10 characters"),
    ],
)
def test_what_no_password_can_be(in_app: None, sql: Sql, password: str, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        accounts.create_user("dora@example.com", password)
    assert sql("SELECT count(*) FROM users") == [(0,)]


@pytest.mark.parametrize("password", ["ninechars", "with a NUL\x00 in it"])
def test_the_profile_says_beside_the_field_what_no_password_can_be(alice: Person, password: str) -> None:
    answer = change(alice, password)
    assert answer.status_code == 422
    assert 'id="password-new-error"' in answer.text


def test_a_password_is_what_was_typed_spaces_and_case_included(app: Flask) -> None:
    with app.app_context():
        accounts.create_user("dora@example.com", "  Spaces count  ")
    assert sign_in(app, "dora@example.com", "  Spaces count  ").status_code == 303
    for other in ("Spaces count", "  spaces count  ", "  Spaces count "):
        assert sign_in(app, "dora@example.com", other).status_code == 401


def test_a_new_password_must_be_typed_twice_and_the_current_one_be_right(app: Flask, alice: Person) -> None:
    assert "differs from the new password" in change(alice, "one new password", again="other").text
    wrong = change(alice, "one new password", current="guessed current")
    assert wrong.status_code == 422
    assert "not your current password" in wrong.text
    assert sign_in(app, alice.email, PASSWORD).status_code == 303


def change(person: Person, new: str, *, again: str | None = None, current: str = PASSWORD) -> TestResponse:
    return person.post("/profile/password", current=current, new=new, again=new if again is None else again)
