"""Guessing from many places, at many accounts, and past every other way to have a password checked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from forjinn.accounts import service as accounts
from forjinn.accounts.models import User
from tests.accounts.signing_in import WRONG, Ago, Sql, is_signed_in, sign_in
from tests.people import PASSWORD, Person

EMAIL = "alice@example.com"
Calls = list[tuple[str, str]]
ELSEWHERE = "203.0.113.{}"


@pytest.fixture
def owner(app: Flask) -> User:
    """Alice, who has never signed in."""
    with app.app_context():
        return accounts.create_user(EMAIL, PASSWORD)


def spread(app: Flask, times: int, email: str = EMAIL) -> list[int]:
    """One guess from each of so many addresses."""
    return [sign_in(app, email, WRONG, address=ELSEWHERE.format(n)).status_code for n in range(times)]


def delayed(answer: TestResponse, low: int, high: int) -> None:
    assert answer.status_code == 429
    assert low <= int(answer.headers["Retry-After"]) <= high
    assert "Too many failed sign-ins. Try again in" in answer.text


def cookie(client: FlaskClient) -> str:
    found = client.get_cookie("forjinn_device", path="/login")
    assert found
    return found.value


@pytest.mark.parametrize(
    "addresses",
    [
        ["203.0.113.7"],
        ["2001:db8:1:2::{:x}", "2001:db8:1:2:ffff::{:x}", "2001:0DB8:1:2:aaaa:{:x}::1"],
        ["203.0.113.7", "::ffff:203.0.113.7", "::ffff:cb00:7107"],
        ["not an address"],
        [""],
    ],
    ids=["IPv4", "one IPv6 /64", "IPv4 in IPv6", "no address", "an empty one"],
)
def test_made_up_emails_from_one_address_are_bounded(
    app: Flask, bcrypt_calls: Calls, sql: Sql, addresses: list[str]
) -> None:
    def guess(number: int) -> TestResponse:
        address = addresses[number % len(addresses)].format(number + 1)
        return sign_in(app, f"nobody{number}@example.com", WRONG, address=address)

    assert [guess(number).status_code for number in range(30)] == [401] * 30
    bcrypt_calls.clear()
    for number in range(30, 40):
        delayed(guess(number), 890, 900)
    assert bcrypt_calls == []
    assert sql("SELECT count(*) FROM sign_in_failures") == [(30,)]
    assert sign_in(app, "nobody@example.com", WRONG, address="2001:db8:1:3::1").status_code == 401


def test_it_ends_after_15_minutes_for_an_address_too(app: Flask, sql: Sql, ago: Ago) -> None:
    for number in range(30):
        sign_in(app, f"nobody{number}@example.com", WRONG)
    sql(f"UPDATE sign_in_failures SET at = {ago(minutes=14)}")
    delayed(sign_in(app, "another@example.com", WRONG), 1, 60)
    sql(f"UPDATE sign_in_failures SET at = {ago(minutes=15, seconds=1)}")
    assert sign_in(app, "another@example.com", WRONG).status_code == 401
    assert sql("SELECT count(*) FROM sign_in_failures") == [(1,)]


def test_a_success_with_an_own_account_is_no_way_to_guess_others(app: Flask, owner: User) -> None:
    place = ELSEWHERE.format(1)
    for number in range(29):
        assert sign_in(app, f"nobody{number}@example.com", WRONG, address=place).status_code == 401
    assert sign_in(app, EMAIL, address=place).status_code == 303
    assert sign_in(app, "nobody29@example.com", WRONG, address=place).status_code == 401
    delayed(sign_in(app, "nobody30@example.com", WRONG, address=place), 890, 900)


@pytest.mark.parametrize("email", [EMAIL, "nobody@example.com"])
def test_many_addresses_that_guess_one_account_wait_longer_and_longer(
    app: Flask, owner: User, bcrypt_calls: Calls, sql: Sql, ago: Ago, email: str
) -> None:
    assert spread(app, 20, email) == [401] * 20
    bcrypt_calls.clear()
    for beyond in range(8):
        shortest = 2 ** (beyond + 1)
        delayed(sign_in(app, email, WRONG, address="198.51.100.1"), shortest - 1, shortest)
        delayed(sign_in(app, email, PASSWORD, address="2001:db8::1"), shortest - 1, shortest)
        assert bcrypt_calls == []
        # The delay has passed: one more may be tried, from an address that has not been there.
        sql(f"UPDATE sign_in_failures SET at = {ago(seconds=shortest)} WHERE at > {ago(seconds=shortest)}")
        place = f"198.51.100.{beyond + 2}"
        assert sign_in(app, email, WRONG, address=place).status_code == 401
        bcrypt_calls.clear()


def test_guesses_from_elsewhere_hold_up_no_known_device_and_no_known_address(app: Flask, owner: User) -> None:
    laptop, home = app.test_client(), "198.51.100.9"
    assert sign_in(app, EMAIL, client=laptop, address=home).status_code == 303
    laptop.delete_cookie("forjinn")
    spread(app, 30)
    delayed(sign_in(app, EMAIL, address="198.51.100.10"), 1, 2)
    # At home in any browser; elsewhere on the laptop, mistakes included.
    assert sign_in(app, EMAIL, address=home).status_code == 303
    for _ in range(9):
        assert sign_in(app, EMAIL, WRONG, client=laptop, address="198.51.100.11").status_code == 401
    assert sign_in(app, EMAIL, client=laptop, address="198.51.100.11").status_code == 303


def test_an_address_used_up_by_others_does_not_hold_up_who_is_known_there(app: Flask, owner: User) -> None:
    office = "198.51.100.9"
    assert sign_in(app, EMAIL, address=office).status_code == 303
    for number in range(30):
        assert sign_in(app, f"nobody{number}@example.com", WRONG, address=office).status_code == 401
    delayed(sign_in(app, "new@example.com", address=office), 890, 900)
    assert sign_in(app, EMAIL, address=office).status_code == 303


def test_a_known_device_and_a_known_address_have_small_budgets_of_their_own(app: Flask, owner: User) -> None:
    laptop, home = app.test_client(), "198.51.100.9"
    assert sign_in(app, EMAIL, client=laptop, address=home).status_code == 303
    laptop.delete_cookie("forjinn")
    for number in range(10):
        place = ELSEWHERE.format(number)
        assert sign_in(app, EMAIL, WRONG, client=laptop, address=place).status_code == 401
    delayed(sign_in(app, EMAIL, client=laptop), 890, 900)
    assert [sign_in(app, EMAIL, WRONG, address=home).status_code for _ in range(11)] == [401] * 10 + [429]
    # And what failed there holds up nobody elsewhere.
    assert sign_in(app, EMAIL, address=ELSEWHERE.format(20)).status_code == 303


def test_a_device_is_known_for_whom_it_was_used_only(app: Flask, owner: User, bob: Person) -> None:
    laptop = app.test_client()
    assert sign_in(app, EMAIL, client=laptop, address=ELSEWHERE.format(99)).status_code == 303
    laptop.delete_cookie("forjinn")
    spread(app, 20, bob.email)
    delayed(sign_in(app, bob.email, client=laptop, address=ELSEWHERE.format(98)), 1, 2)
    # Two people share it: it stays known for both.
    assert sign_in(app, bob.email, client=laptop).status_code == 303
    laptop.delete_cookie("forjinn")
    spread(app, 20)
    assert sign_in(app, EMAIL, client=laptop, address=ELSEWHERE.format(98)).status_code == 303


def test_a_made_up_or_stolen_and_renewed_cookie_is_no_known_device(app: Flask, owner: User) -> None:
    laptop, thief = app.test_client(), app.test_client()
    sign_in(app, EMAIL, client=laptop)
    before = cookie(laptop)
    laptop.delete_cookie("forjinn")
    sign_in(app, EMAIL, client=laptop)
    assert cookie(laptop) != before
    spread(app, 20)
    for value in (before, "", "x" * 3000, "\u00e9"):
        thief.set_cookie("forjinn_device", value, path="/login")
        delayed(sign_in(app, EMAIL, client=thief, address="198.51.100.1"), 1, 2)


def test_what_is_known_is_forgotten_after_90_days_and_with_a_new_password(
    app: Flask, owner: User, sql: Sql, ago: Ago
) -> None:
    laptop = app.test_client()

    def sign_in_there() -> TestResponse:
        laptop.delete_cookie("forjinn")
        return sign_in(app, EMAIL, client=laptop, address="198.51.100.9")

    assert sign_in_there().status_code == 303
    spread(app, 20)
    sql(f"UPDATE known_places SET last_used_at = {ago(hours=90 * 24 - 1)}")
    assert sign_in_there().status_code == 303
    sql(f"UPDATE known_places SET last_used_at = {ago(hours=90 * 24 + 1)}")
    delayed(sign_in_there(), 1, 2)
    sql("DELETE FROM sign_in_failures")
    assert sign_in_there().status_code == 303
    with app.app_context():
        accounts.set_password(accounts.user_by_email(EMAIL), PASSWORD)
    spread(app, 20)
    delayed(sign_in_there(), 1, 2)


def test_who_changes_the_password_stays_known_on_the_device(app: Flask, owner: User) -> None:
    person = Person(app, owner).signed_in()
    answer = person.post(
        "/profile/password", current=PASSWORD, new="another password", again="another password"
    )
    assert answer.status_code == 303
    spread(app, 20)
    person.client.delete_cookie("forjinn")
    answer = sign_in(app, EMAIL, "another password", client=person.client, address="198.51.100.9")
    assert answer.status_code == 303


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_devices_cookie_goes_to_the_sign_in_only(app: Flask, owner: User, sql: Sql, scheme: str) -> None:
    client = app.test_client()
    token = client.get("/login", base_url=f"{scheme}://localhost").text.split('csrf_token" value="')[1]
    fields = {"csrf_token": token.split('"')[0], "email": EMAIL, "password": PASSWORD}
    headers = {"Referer": "https://localhost/login"}
    answer = client.post("/login", data=fields, base_url=f"{scheme}://localhost", headers=headers)
    [line] = [line for line in answer.headers.getlist("Set-Cookie") if line.startswith("forjinn_device=")]
    parts = line.split("; ")
    assert {"Path=/login", "HttpOnly", "SameSite=Lax", f"Max-Age={90 * 24 * 3600}"} <= set(parts)
    assert ("Secure" in parts) == (scheme == "https")
    value = parts[0].removeprefix("forjinn_device=")
    assert len(value) > 43
    assert value[:43] not in repr(sql("SELECT * FROM known_places"))
    failed = sign_in(app, EMAIL, WRONG)
    assert "forjinn_device" not in str(failed.headers)


def test_an_account_is_known_at_so_many_places_at_most(app: Flask, owner: User, sql: Sql) -> None:
    for number in range(25):
        assert sign_in(app, EMAIL, address=ELSEWHERE.format(number)).status_code == 303
    assert sql("SELECT count(*) FROM known_places") == [(20,)]
    [(kept,)] = sql("SELECT count(*) FROM known_places WHERE network = '203.0.113.24'")
    assert kept == 1


def test_guesses_from_many_networks_do_not_fill_the_table(app: Flask, sql: Sql, ago: Ago) -> None:
    sign_in(app, "nobody@example.com", WRONG)
    # As if somebody had found a way to come here ten thousand times.
    digits = "(SELECT 0 AS n UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4)"
    joins = ", ".join(f"{digits} AS d{place}" for place in range(6))
    number = " + ".join(f"d{place}.n * {5**place}" for place in range(6))
    as_uuid = f"CAST('{{}}' || lpad(CAST({number} AS text), 12, '0') AS uuid)"
    as_text = f"'{{}}' || substr('000000000000' || ({number}), -12)"
    make = (as_text if "strftime" in ago(seconds=1) else as_uuid).format(
        "0" * 20 if "strftime" in ago(seconds=1) else "00000000-0000-0000-0000-"
    )
    sql(
        "INSERT INTO sign_in_failures (id, account_digest, address, at)"
        f" SELECT {make}, account_digest, 'x', {ago(minutes=10)} FROM sign_in_failures, {joins}"
    )
    [(before,)] = sql("SELECT count(*) FROM sign_in_failures")
    assert before == 5**6 + 1
    sign_in(app, "another@example.com", WRONG)
    [(after,)] = sql("SELECT count(*) FROM sign_in_failures")
    assert after <= 10_001


def test_guesses_from_many_addresses_at_once_cannot_exceed_it(app: Flask, owner: User) -> None:
    together = threading.Barrier(24)

    def guess(number: int) -> int:
        together.wait(10)
        return sign_in(app, EMAIL, WRONG, address=ELSEWHERE.format(number)).status_code

    with ThreadPoolExecutor(24) as browsers:
        answers = list(browsers.map(guess, range(24)))
    assert set(answers) <= {401, 429}
    later = [sign_in(app, EMAIL, WRONG, address=f"198.51.100.{n}").status_code for n in range(24)]
    assert answers.count(401) + later.count(401) == 20


# Where else a password is checked or hashed for a visitor.


def test_the_current_password_cannot_be_guessed_in_a_session(alice: Person, bcrypt_calls: Calls) -> None:
    def change(current: str) -> TestResponse:
        return alice.post(
            "/profile/password", current=current, new="another password", again="another password"
        )

    assert [change(WRONG).status_code for _ in range(10)] == [422] * 10
    bcrypt_calls.clear()
    for password in (WRONG, PASSWORD):
        answer = change(password)
        delayed(answer, 890, 900)
        assert 'id="password-current-error"' in answer.text
    assert bcrypt_calls == []
    assert is_signed_in(alice)
    # Nobody else is held up by it, nor is the account elsewhere.
    assert Person(alice.client.application, alice.user).signed_in()


def test_changes_that_succeed_are_bounded_too(alice: Person, bcrypt_calls: Calls) -> None:
    def change() -> int:
        return alice.post("/profile/password", current=PASSWORD, new=PASSWORD, again=PASSWORD).status_code

    assert [change() for _ in range(11)] == [303] * 10 + [429]


@pytest.mark.parametrize("password", ["ninechars", "x" * 73])
def test_a_password_that_cannot_be_costs_no_bcrypt(alice: Person, bcrypt_calls: Calls, password: str) -> None:
    bcrypt_calls.clear()
    answer = alice.post("/profile/password", current=WRONG, new=password, again=password)
    assert answer.status_code == 422
    assert bcrypt_calls == []


def test_who_finds_too_many_waiting_is_sent_away_at_once_but_the_known_find_a_place(
    app_with: Callable[..., Flask],
) -> None:
    # Slow enough for all of them to come while the first is at work.
    app = app_with(FORJINN_BCRYPT_ROUNDS="11")
    with app.app_context():
        accounts.create_user(EMAIL, PASSWORD)
    laptop = app.test_client()
    assert sign_in(app, EMAIL, client=laptop).status_code == 303
    laptop.delete_cookie("forjinn")
    together = threading.Barrier(25)

    def guess(number: int) -> TestResponse:
        client: FlaskClient = app.test_client()
        together.wait(10)
        return sign_in(
            app, f"nobody{number}@example.com", WRONG, client=client, address=ELSEWHERE.format(number)
        )

    with ThreadPoolExecutor(25) as browsers:
        flood = [browsers.submit(guess, number) for number in range(24)]
        together.wait(10)
        known = sign_in(app, EMAIL, client=laptop, address="198.51.100.9")
        answers = [one.result() for one in flood]
    assert known.status_code == 303
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) == {401, 429}
    busy = next(answer for answer in answers if answer.status_code == 429)
    assert int(busy.headers["Retry-After"]) > 0
    assert "Too many people are signing in right now." in busy.text
