"""The dashboard while the database cannot answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psycopg
import pytest
from flask import Flask

from forjinn.extensions import db
from tests.apikeys.screen import Screen
from tests.databases import POSTGRES
from tests.people import field

Away = Callable[[], AbstractContextManager[None]]


def test_a_page_says_503_and_when_to_try_again(screen: Screen, away: Away) -> None:
    screen.create("CI integration")
    with away():
        for path in (screen.path, f"{screen.path}/new", "/w/production/flows", "/profile", "/"):
            answer = screen.person.get(path)
            assert answer.status_code == 503, path
            assert answer.headers["Retry-After"] == "5"
            assert "The database cannot answer now" in answer.text
            assert "Nothing was changed. Try again in a few seconds." in answer.text
            assert "Traceback" not in answer.text
    assert screen.names() == ["CI integration"]


def test_htmx_gets_it_as_a_fragment_for_the_place_of_problems(screen: Screen, away: Away) -> None:
    with away():
        answer = screen.person.get(screen.path, htmx=True)
        assert answer.status_code == 503
        assert answer.headers["HX-Retarget"] == "#problem"
        assert "The database cannot answer now" in answer.text
        assert "<html" not in answer.text


def test_a_form_sent_meanwhile_changes_nothing_and_can_be_sent_again(screen: Screen, away: Away) -> None:
    form = screen.person.get(f"{screen.path}/new").text
    fields = {name: field(form, name) for name in ("csrf_token", "once")} | {"name": "CI integration"}
    with away():
        assert screen.person.client.post(f"{screen.path}/new", data=fields).status_code == 503
    assert screen.rows() == []
    assert screen.person.client.post(f"{screen.path}/new", data=fields).status_code == 200


def test_a_page_that_fails_midway_still_says_so(
    screen: Screen, app: Flask, sql: Callable[..., object]
) -> None:
    """The session that failed cannot be asked for the person's name or workspaces any more."""
    app.testing = False
    sql("ALTER TABLE api_keys RENAME TO api_keys_away")
    try:
        answer = screen.person.get(screen.path)
    finally:
        sql("ALTER TABLE api_keys_away RENAME TO api_keys")
    assert answer.status_code in (500, 503)
    assert "<h1" in answer.text
    assert "api_keys_away" not in answer.text


@pytest.fixture
def away(app: Flask, database_url: str, on_postgres: bool, tmp_path: Path) -> Away:
    """Take the database away for a while, and cut the connections to it."""

    @contextmanager
    def file_away() -> Iterator[None]:
        disconnect(app)
        files = list(tmp_path.glob("forjinn.db*"))
        hidden = tmp_path / "hidden"
        hidden.mkdir()
        for file in files:
            file.rename(hidden / file.name)
        (tmp_path / "forjinn.db").mkdir()
        yield
        disconnect(app)
        (tmp_path / "forjinn.db").rmdir()
        for file in files:
            (hidden / file.name).rename(file)

    @contextmanager
    def server_away() -> Iterator[None]:
        name = database_url.rpartition("/")[2]
        with psycopg.connect(POSTGRES, autocommit=True) as server:
            server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )
            yield
            server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')

    return server_away if on_postgres else file_away


def disconnect(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    app.extensions["forjinn.reader"].engine.dispose()
