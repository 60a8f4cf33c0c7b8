"""The keys of a file are nowhere to be found: in no row, page, log or error."""

from __future__ import annotations

import logging

import pytest
from flask import Flask
from sqlalchemy import inspect

from forjinn.apikeys.transfer.entries import unpacked
from forjinn.extensions import db
from tests.apikeys.screen import Screen
from tests.apikeys.transfer.files import digest, flowise, plain, value
from tests.apikeys.transfer.ways import Browser, Way
from tests.calls import Sql

SECRETS = [value("one"), value("two"), flowise("x", value("one"))["apiSecret"]]
CONTENT = [flowise("CI", SECRETS[0]), *plain(Web="two")]


def test_what_waits_between_the_two_steps_are_digests(browser: Browser, app: Flask, sql: Sql) -> None:
    browser.planned(CONTENT, "add-new")
    [(waiting,)] = sql("SELECT entries FROM api_key_imports")
    entries = unpacked(bytes(waiting))
    assert [entry.digest.hex() for entry in entries] == [digest(secret) for secret in SECRETS[:2]]
    assert not any(secret in repr(entries) for secret in SECRETS)
    assert_nowhere(app, sql)


def test_no_page_of_an_import_holds_a_key(browser: Browser, screen: Screen) -> None:
    screen.create("CI")
    shown = [browser.upload(CONTENT, mode, htmx=True).text for mode in ("overwrite", "error", "replace-all")]
    plan = browser.planned(CONTENT, "overwrite")
    shown += [plan.shown, browser.person.post(plan.path, plan="").text]
    done = plan.apply()
    shown += [done.text, browser.person.get(done.location).text]
    for page in shown:
        assert len(page) > 100
        assert not any(secret in page for secret in SECRETS)


def test_no_error_repeats_a_key(way: Way) -> None:
    whole = SECRETS[0]
    wrong = [
        {"name": "A", "key": f"{whole} "},
        {"name": "B", "key": f"{whole}\n"},
        {"name": "C", "key": [whole]},
        {"name": "D", "key": {whole: whole}},
        {"name": "E", "key": whole * 20},
        {"name": "F", "key": whole[:31]},
        {"keyName": "G", "key": whole},
        whole,
        [whole],
        {"key": whole},
    ]
    found = way(wrong, "add-new")
    assert len(found.problems) == len(wrong)
    assert whole[:8] not in found.said
    broken = way(f'[{{"name": "CI", "key": "{whole}"}}, {whole}]', "add-new")
    assert "line 1, column" in broken.problems[0]
    assert whole[:8] not in broken.said


def test_nothing_is_logged_that_holds_a_key(
    way: Way, caplog: pytest.LogCaptureFixture, staging_key: str, app: Flask, sql: Sql
) -> None:
    with caplog.at_level(logging.DEBUG):
        assert way(CONTENT, "add-new").worked
        assert way([{"name": "Other", "key": staging_key}], "overwrite").refused
        assert way(CONTENT, "error").refused
    assert not any(secret in caplog.text for secret in [*SECRETS, staging_key])
    assert_nowhere(app, sql)


def assert_nowhere(app: Flask, sql: Sql) -> None:
    """No column of any table holds a key."""
    with app.app_context():
        tables = inspect(db.engine).get_table_names()
    assert "api_key_imports" in tables
    for table in tables:
        for row in sql(f"SELECT * FROM {table}"):
            text = " ".join(repr(bytes(v) if isinstance(v, memoryview) else v) for v in row)
            assert not any(secret in text for secret in SECRETS), table
