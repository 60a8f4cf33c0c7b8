"""Runs migrations on the application's own engine, all of them in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import Connection, text

from forjinn.database import UtcDateTime

# What SQLite needs to change a table that others point to: it is made anew under its name, and with
# foreign keys on, dropping the old one would take along whatever points to it (sqlite.org/lang_altertable).
FOREIGN_KEYS = "PRAGMA foreign_keys = {}"
# Two machines that start at once migrate one after the other.
LOCK = 5_034_201


def render_item(kind: str, item: Any, _autogen: Any) -> str | bool:
    """Write our own column types as plain ones: a migration must not depend on later code."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def run() -> None:
    db = current_app.extensions["migrate"].db
    with db.engine.connect().execution_options(writes=True) as connection, _whole(connection):
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            compare_type=True,
            render_item=render_item,
            render_as_batch=connection.dialect.name == "sqlite",
        )
        context.run_migrations()


@contextmanager
def _whole(connection: Connection) -> Iterator[None]:
    """One transaction, at whose end every row that is pointed to is there."""
    if connection.dialect.name != "sqlite":
        with connection.begin():
            yield
        return
    # Past SQLAlchemy, which would begin a transaction first; inside of one the pragma does nothing.
    driver: Any = connection.connection.dbapi_connection
    driver.execute(FOREIGN_KEYS.format("OFF"))
    try:
        with connection.begin():
            yield
            if broken := connection.execute(text("PRAGMA foreign_key_check")).all():
                raise RuntimeError(f"rows point to rows that are not there: {broken[:5]}")
    finally:
        driver.execute(FOREIGN_KEYS.format("ON"))


run()
