"""The read connection of the prediction path: one statement, no session, no transaction.

Measured in-process on SQLite, SQLAlchemy Core costs 185 µs a statement; the statement it compiles,
run on the pooled driver connection, costs a fraction of that. So it is compiled once per database.
"""

from __future__ import annotations

import logging
import time
from typing import Any, Protocol

from sqlalchemy import Engine, PoolProxiedConnection, Select, create_engine, make_url
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import SQLAlchemyError

from forjinn.database import BUSY_SECONDS
from forjinn.errors import DatabaseUnavailable
from forjinn.sqlite import keep_private

# A SELECT of any columns: a constant of its module, since it is compiled once, whose values are all
# parameters with a name.
Statement = Select[*tuple[Any, ...]]
Rows = list[tuple[Any, ...]]

log = logging.getLogger(__name__)

STATEMENT_MILLISECONDS = 5000
TELL_EVERY_SECONDS = 5.0


class Reader:
    """Runs compiled SELECTs in autocommit. One for each application; safe for its threads."""

    def __init__(self, url: str, connections: int) -> None:
        self._sqlite = make_url(url).get_backend_name() == "sqlite"
        self.engine = self._make_engine(url, connections)
        self._told_at = -TELL_EVERY_SECONDS
        self._driver: Driver = _Sqlite() if self._sqlite else _postgres()
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
                "connect_timeout": 3,
                "options": f"-c statement_timeout={STATEMENT_MILLISECONDS}",
            }
        engine = create_engine(
            url, pool_reset_on_return=None, hide_parameters=True, connect_args=arguments, **shared
        )
        keep_private(engine)
        return engine

    def first(self, statement: Statement, parameters: dict[str, Any]) -> tuple[Any, ...] | None:
        """The first row, as the driver gives it, or None. Raises DatabaseUnavailable."""
        rows = self.all(statement, parameters)
        return rows[0] if rows else None

    def all(self, statement: Statement, parameters: dict[str, Any]) -> Rows:
        """All rows, as the driver gives them. Raises DatabaseUnavailable."""
        try:
            return self._all(statement, parameters)
        except self._errors:
            # The pool may hold connections from before a restart of the database; a new one decides.
            self.engine.dispose()
        try:
            return self._all(statement, parameters)
        except self._errors as error:
            self._tell(error)
            raise DatabaseUnavailable("The database cannot answer now.") from error

    def _tell(self, error: Exception) -> None:
        """Log why, at most once in some seconds: an outage under load must not fill the disk."""
        if time.monotonic() - self._told_at > TELL_EVERY_SECONDS:
            self._told_at = time.monotonic()
            # The driver's message names no parameters.
            log.warning("The database cannot answer: %s: %s", type(error).__name__, error)

    def _all(self, statement: Statement, parameters: dict[str, Any]) -> Rows:
        connection = self.engine.raw_connection()
        try:
            rows = self._driver.all(connection, statement, parameters)
        except BaseException:
            connection.invalidate()
            raise
        connection.close()
        return rows


class Driver(Protocol):
    """How a statement is run on one of the databases."""

    def all(
        self, connection: PoolProxiedConnection, statement: Statement, parameters: dict[str, Any]
    ) -> Rows: ...


class _Sqlite:
    def __init__(self) -> None:
        self._compiled: dict[Statement, str] = {}

    def all(
        self, connection: PoolProxiedConnection, statement: Statement, parameters: dict[str, Any]
    ) -> Rows:
        sql = self._compiled.get(statement)
        if sql is None:
            compiled = statement.compile(dialect=sqlite.dialect(paramstyle="named"))
            sql = self._compiled[statement] = str(compiled)
        driver: Any = connection.driver_connection
        rows: Rows = driver.execute(sql, parameters).fetchall()
        return rows


def _postgres() -> Driver:
    # Not at the top: the driver's memory is nothing that SQLite should pay for.
    from forjinn.prepared import Postgres

    return Postgres()
