"""A database that cannot answer: 503, never 401 and never 200, and back by itself."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from forjinn.apikeys import listing, token
from forjinn.apikeys import service as apikeys
from tests.calls import bearer, eventually
from tests.databases import POSTGRES, new_database
from tests.served import Served, serving
from tests.sockets import Answer, exchange

TABLES = ("api_keys", "flows", "alembic_version")


def test_while_the_database_is_away_calls_get_503_and_afterwards_they_are_answered(
    fragile: Served, break_: Callable[[], None], mend: Callable[[], None]
) -> None:
    assert call(fragile).status == 200
    break_()

    for key in (fragile.key, token.new(), fragile.key):
        answer = call(fragile, key)
        assert answer.status == 503
        assert answer.headers["retry-after"] == "5"
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "www-authenticate" not in answer.headers
        problem = json.loads(answer.body)
        assert (problem["code"], problem["statusCode"], problem["success"]) == ("unavailable", 503, False)
        assert problem["message"] == problem["error"] == "The database cannot answer now. Try again shortly."
    assert get(fragile, "/readyz").status == 503
    assert get(fragile, "/healthz").status == 200
    assert get(fragile, "/api/v1/ping").status == 200

    mend()
    since = time.monotonic()
    eventually(lambda: call(fragile).status == 200, 10)
    eventually(lambda: get(fragile, "/readyz").status == 200, 10)
    assert time.monotonic() - since < 10
    # A refusal is a refusal again, and both were never mixed up.
    assert call(fragile, token.new()).status == 401

    # What was answered before is counted, although it could not be written at once.
    eventually(lambda: counted(fragile) >= 2, 5)
    log = fragile.server.log.read_text()
    assert "The database cannot answer" in log
    assert fragile.key not in log
    assert token.digest(fragile.key).hex() not in log


def call(served: Served, key: str | None = None) -> Answer:
    headers = [f"{name}: {value}" for name, value in bearer(key or served.key).items()]
    return exchange(served.server.port, "POST", served.path, *headers)


def get(served: Served, target: str) -> Answer:
    return exchange(served.server.port, "GET", target, body=b"")


def counted(served: Served) -> int:
    with served.app.app_context():
        key = apikeys.named(served.workspace, "Shared")
        return listing.row(key).calls_7d


@pytest.fixture
def url(on_postgres: bool, tmp_path: Path) -> Iterator[str]:
    """A database of its own, which may be taken away."""
    with new_database("fragile", tmp_path, on_postgres) as url:
        yield url


@pytest.fixture
def fragile(url: str, tmp_path: Path) -> Iterator[Served]:
    with serving(url, tmp_path) as served:
        yield served


@pytest.fixture
def break_(url: str, on_postgres: bool) -> Callable[[], None]:
    """PostgreSQL refuses connections and drops those it has; SQLite's file lacks its tables."""
    if not on_postgres:
        return lambda: rename(url, "", "_away")
    name = make_url(url).database

    def away() -> None:
        with psycopg.connect(POSTGRES, autocommit=True) as server:
            server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            server.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")

    return away


@pytest.fixture
def mend(url: str, on_postgres: bool) -> Callable[[], None]:
    if not on_postgres:
        return lambda: rename(url, "_away", "")

    def back() -> None:
        with psycopg.connect(POSTGRES, autocommit=True) as server:
            server.execute(f'ALTER DATABASE "{make_url(url).database}" ALLOW_CONNECTIONS true')

    return back


def rename(url: str, before: str, after: str) -> None:
    file = url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(file, isolation_level=None, timeout=5)) as connection:
        for table in TABLES:
            connection.execute(f"ALTER TABLE {table}{before} RENAME TO {table}{after}")
