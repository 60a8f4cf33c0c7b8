"""Real databases for tests: SQLite or PostgreSQL, migrated and empty."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import flask_migrate
import psycopg

from forjinn.extensions import db
from tests.applications import close, environment, new_app
from tests.machine import skip_or_fail

POSTGRES = os.environ.get("FORJINN_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")


@contextmanager
def new_database(name: str, folder: Path, on_postgres: bool) -> Iterator[str]:
    """The URL of a database that is migrated and empty, and gone afterwards."""
    with on_postgresql(name) if on_postgres else nullcontext(f"sqlite:///{folder}/forjinn.db") as url:
        _migrate(url, folder)
        yield url


@contextmanager
def on_postgresql(name: str) -> Iterator[str]:
    """The URL of a database without a single table, which is gone afterwards."""
    name = f"forjinn_{name}_{os.getpid()}"
    try:
        server = psycopg.connect(POSTGRES, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError as error:
        skip_or_fail(f"no PostgreSQL at FORJINN_TEST_POSTGRES: {error}")
    with server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        server.execute(f'CREATE DATABASE "{name}"')
        # A test's data need not outlive a crash of the machine.
        server.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    yield POSTGRES.rsplit("/", 1)[0] + "/" + name
    with psycopg.connect(POSTGRES, autocommit=True) as server:
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _migrate(url: str, folder: Path) -> None:
    app = new_app(environment(url, folder))
    with app.app_context():
        flask_migrate.upgrade()
    close(app)


def empty(url: str) -> None:
    """Delete all rows: six times as fast as to truncate the tables, of which most are empty."""
    tables = [table.name for table in reversed(db.metadata.sorted_tables)]
    with psycopg.connect(url) as connection:
        found = " UNION ALL ".join(f"(SELECT '{name}' FROM {name} LIMIT 1)" for name in tables)
        full = {name for (name,) in connection.execute(found)}
        for name in tables:
            if name in full:
                connection.execute(f"DELETE FROM {name}")
