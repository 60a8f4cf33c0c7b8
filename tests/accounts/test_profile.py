from __future__ import annotations

from uuid import uuid4

import pytest
from flask import Flask

from tests.accounts.signing_in import Sql, is_signed_in, session_ids
from tests.people import Person

PHONE = "Phone/1.0 <img src=x onerror=alert(1)>"


@pytest.fixture
def phone(app: Flask, alice: Person) -> Person:
    """Alice in a second browser, with a name that would like to be markup."""
    phone = Person(app, alice.user)
    phone.client.environ_base["HTTP_USER_AGENT"] = PHONE
    phone.client.environ_base["REMOTE_ADDR"] = "203.0.113.7"
    return phone.signed_in()


def test_the_profile_lists_the_open_sessions_and_marks_this_one(alice: Person, phone: Person) -> None:
    page = alice.get("/profile").text
    assert "Phone/1.0 &lt;img" in page
    assert "203.0.113.7" in page
    assert page.count("This browser") == 1
    assert len(session_ids(alice)) == 1
    assert page.count("<time datetime=") == 4


def test_a_session_is_ended_in_the_profile(alice: Person, phone: Person) -> None:
    [of_phone] = session_ids(alice)
    answer = alice.post(f"/profile/sessions/{of_phone}/end")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/profile")
    assert "The session was ended." in alice.get("/profile").text
    assert session_ids(alice) == []
    assert is_signed_in(alice)
    assert not is_signed_in(phone)


def test_another_users_session_cannot_be_ended(alice: Person, phone: Person, bob: Person) -> None:
    [of_phone] = session_ids(alice)
    foreign = bob.post(f"/profile/sessions/{of_phone}/end")
    said = bob.get("/profile").text
    invented = bob.post(f"/profile/sessions/{uuid4()}/end")
    assert foreign.status_code == invented.status_code == 303
    assert "This session has ended already." in said
    assert "This session has ended already." in bob.get("/profile").text
    assert is_signed_in(phone)
    assert session_ids(alice) == [of_phone]


def test_another_users_sessions_are_not_listed(alice: Person, bob: Person) -> None:
    assert session_ids(alice) == session_ids(bob) == []


def test_the_name_is_changed_and_shown(alice: Person) -> None:
    assert alice.post("/profile/name", name="  Alice A.  ").status_code == 303
    page = alice.get("/profile").text
    assert "Your name was changed." in page
    assert '<span class="person text-truncate">Alice A.</span>' in page


@pytest.mark.parametrize("name", ["", "   ", "a" * 101, "line\nbreak", "NUL\x00", "\u202egnp.exe"])
def test_what_no_name_can_be(alice: Person, sql: Sql, name: str) -> None:
    before = sql("SELECT name FROM users")
    answer = alice.post("/profile/name", name=name)
    assert answer.status_code == 422
    assert 'id="profile-name-error"' in answer.text
    assert sql("SELECT name FROM users") == before


def test_a_name_is_shown_as_text(alice: Person) -> None:
    alice.post("/profile/name", name="<img src=x onerror=alert(1)>")
    page = alice.get("/profile").text
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "<img src=x" not in page


def test_a_changed_name_changes_nobody_elses(alice: Person, bob: Person, sql: Sql) -> None:
    bob.post("/profile/name", name="Robert")
    assert sorted(sql("SELECT name FROM users")) == [("Robert",), ("alice",)]


def test_nobody_sees_a_profile_without_signing_in(app: Flask) -> None:
    answer = app.test_client().get("/profile")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login?next=/profile")
