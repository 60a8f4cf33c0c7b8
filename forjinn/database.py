"""How Forjinn talks to its database: SQLite or PostgreSQL, the same code for both."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, DateTime, Dialect, Engine, Table, bindparam, event, insert, make_url
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator

from forjinn import sqlite as sqlite_files
from forjinn.extensions import db

BUSY_SECONDS = 5


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, always in UTC. SQLite keeps no zone, so it is taken off on the way in and put back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def now() -> datetime:
    return datetime.now(UTC)


def engine_options(url: str, connections: int) -> dict[str, Any]:
    """Arguments of `create_engine`. `connections` is how many threads of this process may hold one."""
    options: dict[str, Any] = {
        "pool_size": connections,
        "max_overflow": 4,
        "pool_timeout": BUSY_SECONDS,
        # A failed statement is logged without its values, which may be digests or addresses.
        "hide_parameters": True,
    }
    if make_url(url).get_backend_name() == "sqlite":
        # The driver must not open transactions of its own: `_begin` says which kind it is.
        return options | {"connect_args": {"timeout": BUSY_SECONDS, "isolation_level": None}}
    # Without the pre-ping, the first requests after PostgreSQL's restart would fail on dead connections.
    # Nor prepared statements: a plan made while a table was small would be kept when it has grown.
    arguments = {"connect_timeout": 3, "prepare_threshold": None}
    return options | {"pool_pre_ping": True, "connect_args": arguments}


def prepare(engine: Engine) -> None:
    """Set up each new connection of the engine."""
    sqlite_files.keep_private(engine)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _pragmas)
        event.listen(engine, "begin", _begin)


def _pragmas(connection: Any, _record: object) -> None:
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # A deferred transaction that turns into a writer fails at once when another one writes;
    # an immediate one waits its turn, up to the busy time-out.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def writing() -> Iterator[Session]:
    """One transaction that may write. Commits at the end; any error rolls all of it back.

    Ends the read transaction that the request may have begun, so what decides must be read inside.
    """
    session: Session = db.session()
    session.commit()
    try:
        session.connection(execution_options={"writes": True})
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise


def insert_rows(
    connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert many rows of plain values, in the order of the columns, in the connection's transaction.

    By the driver's `executemany` on SQLite, by COPY on PostgreSQL: `execute` with a dictionary a row costs
    twice as much. Raises what `execute` would.
    """
    dialect = connection.dialect
    types = [table.c[name].type.dialect_impl(dialect) for name in columns]
    prepared = [kind.bind_processor(dialect) for kind in types]
    as_columns = zip(prepared, zip(*rows, strict=True), strict=True)
    values = list(zip(*(_prepared(prepare, column) for prepare, column in as_columns), strict=True))
    if dialect.name == "sqlite":
        statement = insert(table).values({name: bindparam(name) for name in columns})
        connection.exec_driver_sql(str(statement.compile(dialect=sqlite.dialect())), values)
    else:
        _copy(connection, f"COPY {table.name} ({', '.join(columns)}) FROM STDIN", values)


def _copy(connection: Connection, command: str, rows: Iterable[Sequence[Any]]) -> None:
    driver: Any = connection.connection.driver_connection
    errors = connection.dialect.loaded_dbapi.Error
    try:
        with driver.cursor() as cursor, cursor.copy(command) as copy:
            for row in rows:
                copy.write_row(row)
    except errors as error:
        # As SQLAlchemy wraps the errors of what it executes.
        raise DBAPIError.instance(command, None, error, errors) from error


def _prepared(prepare: Callable[[Any], Any] | None, column: Iterable[Any]) -> Iterable[Any]:
    if prepare is None:
        return column
    return _each_prepared(prepare, column)


def _each_prepared(prepare: Callable[[Any], Any], column: Iterable[Any]) -> Iterator[Any]:
    last = made = None
    for value in column:
        # Rows of one import share their workspace and mostly their moment.
        if value is not last:
            last, made = value, prepare(value)
        yield made
