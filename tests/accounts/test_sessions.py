from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from forjinn.accounts import service as accounts
from tests.accounts.signing_in import Ago, Sql, is_signed_in, session_ids, sign_in
from tests.people import PASSWORD, Person

NEW = "another long password"


@pytest.fixture
def phone(app: Flask, alice: Person) -> Person:
    """Alice in a second browser."""
    return Person(app, alice.user).signed_in()


def test_a_sign_in_is_a_row_that_holds_no_token(app: Flask, alice: Person, sql: Sql) -> None:
    cookie = alice.client.get_cookie("forjinn")
    assert cookie is not None
    [(digest,)] = sql("SELECT token_digest FROM sign_in_sessions")
    assert len(bytes(digest)) == 32
    with alice.client.session_transaction() as kept:
        token = kept["_user_id"]
    assert token not in repr(sql("SELECT * FROM sign_in_sessions"))
    assert str(alice.user.id) not in repr(dict(kept))


def test_a_replayed_cookie_is_sent_to_the_sign_in_after_sign_out(app: Flask, alice: Person) -> None:
    thief = copy_of(app, alice)
    assert is_signed_in(thief)
    assert alice.post("/logout").headers["Location"] == "/login"
    answer = thief.get("/w/production/api-keys")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/login?next=/w/production/api-keys"


def test_signing_out_twice_ends_at_the_sign_in(app: Flask, alice: Person) -> None:
    other_tab = copy_of(app, alice)
    assert alice.post("/logout").status_code == 303
    again = alice.post("/logout", page="/login")
    assert (again.status_code, again.headers["Location"]) == (303, "/login")
    stale = other_tab.post("/logout", page="/login")
    assert (stale.status_code, stale.headers["Location"]) == (303, "/login")


def test_signing_out_leaves_the_other_browser_alone(alice: Person, phone: Person) -> None:
    alice.post("/logout")
    assert not is_signed_in(alice)
    assert is_signed_in(phone)


def test_a_changed_password_ends_all_other_sessions_and_keeps_this_one(
    app: Flask, alice: Person, phone: Person, bob: Person
) -> None:
    assert alice.post("/profile/password", current=PASSWORD, new=NEW, again=NEW).status_code == 303
    assert "All other sessions have ended." in alice.get("/profile").text
    assert session_ids(alice) == []
    assert not is_signed_in(phone)
    assert is_signed_in(bob)
    assert sign_in(app, alice.email, PASSWORD).status_code == 401
    assert sign_in(app, alice.email, NEW).status_code == 303


def test_a_refused_change_of_the_password_ends_no_session(alice: Person, phone: Person) -> None:
    assert alice.post("/profile/password", current=PASSWORD, new="short", again="short").status_code == 422
    assert is_signed_in(phone)


def test_a_password_set_by_the_operator_ends_every_session(app: Flask, alice: Person, phone: Person) -> None:
    result = app.test_cli_runner().invoke(
        args=["users", "password", alice.email], env={"FORJINN_PASSWORD": NEW}
    )
    assert (result.exit_code, result.stdout) == (0, "")
    assert not is_signed_in(alice)
    assert not is_signed_in(phone)
    assert sign_in(app, alice.email, NEW).status_code == 303


def test_a_session_that_was_idle_for_12_hours_has_ended(alice: Person, sql: Sql, ago: Ago) -> None:
    sql(f"UPDATE sign_in_sessions SET last_seen_at = {ago(hours=12, seconds=1)}")
    assert alice.get("/profile").headers["Location"] == "/login?next=/profile"


def test_a_session_in_use_goes_on(alice: Person, sql: Sql, ago: Ago) -> None:
    for _ in range(2):
        # Each request counts from anew, so two times eleven hours are no idle twelve.
        sql(f"UPDATE sign_in_sessions SET last_seen_at = {ago(hours=11, minutes=59)}")
        assert is_signed_in(alice)
        seen = f"SELECT count(*) FROM sign_in_sessions WHERE last_seen_at > {ago(minutes=1)}"
        assert sql(seen) == [(1,)]


def test_the_idle_time_is_a_setting(app_with: Callable[..., Flask], sql: Sql, ago: Ago) -> None:
    app = app_with(FORJINN_SESSION_IDLE_HOURS="1")
    with app.app_context():
        dora = Person(app, accounts.create_user("dora@example.com", PASSWORD)).signed_in()
    sql(f"UPDATE sign_in_sessions SET last_seen_at = {ago(minutes=59)}")
    assert is_signed_in(dora)
    sql(f"UPDATE sign_in_sessions SET last_seen_at = {ago(hours=1, seconds=1)}")
    assert not is_signed_in(dora)


def test_a_session_that_ended_by_itself_is_not_listed_and_its_row_goes_with_the_next_sign_in(
    app: Flask, alice: Person, phone: Person, sql: Sql, ago: Ago
) -> None:
    [of_phone] = session_ids(alice)
    sql(
        f"UPDATE sign_in_sessions SET last_seen_at = {ago(hours=13)} WHERE CAST(id AS TEXT) = :id",
        id=of_phone if app.config["DATABASE_URL"].startswith("postgres") else of_phone.replace("-", ""),
    )
    assert session_ids(alice) == []
    assert sql("SELECT count(*) FROM sign_in_sessions") == [(2,)]
    sign_in(app, alice.email)
    assert sql("SELECT count(*) FROM sign_in_sessions") == [(2,)]


def test_a_cookie_that_somebody_made_up_opens_nothing(app: Flask, alice: Person) -> None:
    for value in ("", "x", "eyJfdXNlcl9pZCI6IjEifQ.aaaa.bbbb"):
        client = app.test_client()
        client.set_cookie("forjinn", value)
        assert client.get("/profile").status_code == 303


def copy_of(app: Flask, person: Person) -> Person:
    """Somebody with the same cookie in another browser."""
    cookie = person.client.get_cookie("forjinn")
    assert cookie is not None
    copy = Person(app, person.user)
    copy.client.set_cookie("forjinn", cookie.value)
    return copy
