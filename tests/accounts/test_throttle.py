from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from tests.accounts.signing_in import WRONG, Ago, Sql, sign_in, without_tokens
from tests.people import PASSWORD, Person

EMAIL = "alice@example.com"
UNKNOWN = "nobody@example.com"


def fail(app: Flask, times: int, email: str = EMAIL, **place: str) -> list[int]:
    return [sign_in(app, email, WRONG, **place).status_code for _ in range(times)]


@pytest.mark.parametrize("email", [EMAIL, UNKNOWN])
def test_after_ten_failures_the_eleventh_must_wait(app: Flask, alice: Person, email: str) -> None:
    assert fail(app, 10, email) == [401] * 10
    answer = sign_in(app, email, WRONG)
    assert answer.status_code == 429
    assert 890 <= int(answer.headers["Retry-After"]) <= 900
    assert "Too many failed sign-ins. Try again in 15 min." in answer.text


def test_even_the_right_password_must_wait(app: Flask, alice: Person) -> None:
    fail(app, 10)
    assert sign_in(app, EMAIL, PASSWORD).status_code == 429


def test_a_known_and_an_unknown_email_are_slowed_down_in_the_same_words(app: Flask, alice: Person) -> None:
    fail(app, 10, EMAIL)
    fail(app, 10, UNKNOWN)
    known, unknown = (without_tokens(sign_in(app, email, PASSWORD).text) for email in (EMAIL, UNKNOWN))
    assert known == unknown.replace(UNKNOWN, EMAIL)


def test_another_address_is_not_affected(app: Flask, alice: Person) -> None:
    fail(app, 11, address="203.0.113.7")
    assert sign_in(app, EMAIL, PASSWORD, address="203.0.113.8").status_code == 303


def test_another_account_is_not_affected(app: Flask, alice: Person, bob: Person) -> None:
    fail(app, 11)
    assert sign_in(app, bob.email, PASSWORD).status_code == 303


def test_another_spelling_of_the_email_is_the_same_account(app: Flask, alice: Person) -> None:
    fail(app, 5, "ALICE@example.com")
    fail(app, 5, "  alice@Example.com ")
    assert sign_in(app, EMAIL, WRONG).status_code == 429


def test_it_ends_after_15_minutes(app: Flask, alice: Person, sql: Sql, ago: Ago) -> None:
    fail(app, 11)
    sql(f"UPDATE sign_in_failures SET at = {ago(minutes=14)}")
    answer = sign_in(app, EMAIL, PASSWORD)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    sql(f"UPDATE sign_in_failures SET at = {ago(minutes=15, seconds=1)}")
    assert sign_in(app, EMAIL, PASSWORD).status_code == 303


def test_waiting_ends_failure_by_failure(app: Flask, alice: Person, sql: Sql, ago: Ago) -> None:
    fail(app, 1)
    sql(f"UPDATE sign_in_failures SET at = {ago(minutes=15, seconds=1)}")
    assert fail(app, 11) == [401] * 10 + [429]


def test_refused_attempts_do_not_prolong_it(app: Flask, alice: Person, sql: Sql, ago: Ago) -> None:
    fail(app, 10)
    sql(f"UPDATE sign_in_failures SET at = {ago(minutes=14)}")
    assert fail(app, 10) == [429] * 10
    sql(f"UPDATE sign_in_failures SET at = {ago(minutes=15, seconds=1)} WHERE at < {ago(minutes=1)}")
    assert sign_in(app, EMAIL, PASSWORD).status_code == 303


def test_a_success_clears_the_failures(app: Flask, alice: Person) -> None:
    assert fail(app, 9) == [401] * 9
    assert sign_in(app, EMAIL, PASSWORD).status_code == 303
    assert fail(app, 10) == [401] * 10


def test_a_success_clears_only_its_own_account_and_address(app: Flask, alice: Person, bob: Person) -> None:
    fail(app, 10, bob.email)
    fail(app, 10, address="203.0.113.7")
    assert sign_in(app, EMAIL, PASSWORD).status_code == 303
    assert fail(app, 1, bob.email) == [429]
    assert fail(app, 1, address="203.0.113.7") == [429]


def test_an_incomplete_form_is_no_failure(app: Flask, alice: Person) -> None:
    assert {sign_in(app, EMAIL, "").status_code for _ in range(11)} == {422}
    assert sign_in(app, EMAIL, PASSWORD).status_code == 303


def test_guesses_that_come_at_once_cannot_exceed_it(app: Flask, alice: Person) -> None:
    together = threading.Barrier(16)

    def guess(_number: int) -> int:
        together.wait(10)
        return sign_in(app, EMAIL, WRONG).status_code

    with ThreadPoolExecutor(16) as browsers:
        answers = list(browsers.map(guess, range(16)))
    assert set(answers) <= {401, 429}
    assert answers.count(401) <= 10
    # The rest of what is allowed can still be tried, one after the other, and no more.
    later = fail(app, 11)
    assert answers.count(401) + later.count(401) == 10
    assert later[-1] == 429


def test_what_was_typed_is_not_kept(app: Flask, sql: Sql) -> None:
    sign_in(app, "a password typed into the wrong field", WRONG)
    [row] = sql("SELECT * FROM sign_in_failures")
    assert not re.search("password|field|not the", repr(row))


def test_failures_are_forgotten_with_the_next_attempt_of_anybody(
    app: Flask, alice: Person, sql: Sql, ago: Ago
) -> None:
    fail(app, 3, UNKNOWN)
    sql(f"UPDATE sign_in_failures SET at = {ago(minutes=16)}")
    fail(app, 1)
    assert sql("SELECT count(*) FROM sign_in_failures") == [(1,)]


def test_an_address_longer_than_any_is_cut_not_refused(app: Flask, alice: Person) -> None:
    assert fail(app, 11, address="x" * 300) == [401] * 10 + [429]
