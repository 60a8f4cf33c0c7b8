"""The read connection of the prediction path: one statement, no session, no transaction.

Measured in-process on SQLite, SQLAlchemy Core costs 185 µs a statement; the statement it compiles,
run on the pooled driver connection, costs a fraction of that. So it is compiled once per database.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from sqlalchemy import Engine, Select, create_engine, make_url
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import SQLAlchemyError

from forjinn.database import BUSY_SECONDS
from forjinn.errors import DatabaseUnavailable

# A SELECT of any columns.
Statement = Select[*tuple[Any, ...]]

log = logging.getLogger(__name__)

STATEMENT_MILLISECONDS = 5000
TELL_EVERY_SECONDS = 5.0


class Reader:
    """Runs compiled SELECTs in autocommit. One for each application; safe for its threads."""

    def __init__(self, url: str, connections: int) -> None:
        self._sqlite = make_url(url).get_backend_name() == "sqlite"
        self.engine = self._make_engine(url, connections)
        self._told_at = -TELL_EVERY_SECONDS
        self._compiled: dict[Statement, str] = {}
        self._errors = (self.engine.dialect.loaded_dbapi.Error, SQLAlchemyError)

    def _make_engine(self, url: str, connections: int) -> Engine:
        shared: dict[str, Any] = {
            "pool_size": connections,
            "max_overflow": 4,
            "pool_timeout": BUSY_SECONDS,
        }
        if self._sqlite:
            arguments: dict[str, Any] = {"timeout": BUSY_SECONDS, "isolation_level": None}
        else:
            arguments = {
                "autocommit": True,
                "prepare_threshold": 0,
                "connect_timeout": 3,
                "options": f"-c statement_timeout={STATEMENT_MILLISECONDS}",
            }
        return create_engine(
            url, pool_reset_on_return=None, hide_parameters=True, connect_args=arguments, **shared
        )

    def compiled(self, statement: Statement) -> str:
        """The statement's SQL with named parameters, for `first`; compiled at its first use."""
        sql = self._compiled.get(statement)
        if sql is None:
            dialect = sqlite.dialect(paramstyle="named") if self._sqlite else self.engine.dialect
            sql = self._compiled[statement] = str(statement.compile(dialect=dialect))
        return sql

    def first(self, sql: str, parameters: dict[str, Any]) -> tuple[Any, ...] | None:
        """The first row, as the driver gives it, or None. Raises DatabaseUnavailable."""
        rows = self.all(sql, parameters)
        return rows[0] if rows else None

    def all(self, sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
        """All rows, as the driver gives them. Raises DatabaseUnavailable."""
        try:
            return self._all(sql, parameters)
        except self._errors:
            # The pool may hold connections from before a restart of the database; a new one decides.
            self.engine.dispose()
        try:
            return self._all(sql, parameters)
        except self._errors as error:
            self._tell(error)
            raise DatabaseUnavailable("The database cannot answer now.") from error

    def _tell(self, error: Exception) -> None:
        """Log why, at most once in some seconds: an outage under load must not fill the disk."""
        if time.monotonic() - self._told_at > TELL_EVERY_SECONDS:
            self._told_at = time.monotonic()
            # The driver's message names no parameters.
            log.warning("The database cannot answer: %s: %s", type(error).__name__, error)

    def _all(self, sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
        connection = self.engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute(sql, parameters)
            rows = [tuple(row) for row in cursor.fetchall()]
            cursor.close()
        except BaseException:
            connection.invalidate()
            raise
        connection.close()
        return rows
