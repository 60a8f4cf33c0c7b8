"""Statements that PostgreSQL has prepared, each run with one call of libpq.

A cursor's `execute` lets the interpreter's lock go half a dozen times a statement, and each time a thread
that waits for it is woken. With 16 clients, that costs a prediction more than the statement itself;
`exec_prepared` lets it go once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import psycopg.adapt
from psycopg import Connection, abc
from psycopg.adapt import PyFormat
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult
from sqlalchemy import PoolProxiedConnection
from sqlalchemy.dialects.postgresql.psycopg import dialect

from forjinn.fast import Rows, Statement

_DIALECT = dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]


class Postgres:
    """Runs SELECTs on connections in autocommit."""

    def __init__(self) -> None:
        self._compiled: dict[Statement, _Compiled] = {}

    def all(
        self, connection: PoolProxiedConnection, statement: Statement, parameters: dict[str, Any]
    ) -> Rows:
        """All rows. Raises psycopg.Error; the connection is then not to be used any more."""
        compiled = self._compiled.get(statement)
        if compiled is None:
            compiled = self._compiled[statement] = _Compiled(statement, len(self._compiled))
        runner = connection.info.get("prepared")
        if runner is None:
            driver: Any = connection.driver_connection
            runner = connection.info["prepared"] = _Runner(driver)
        rows: Rows = runner.all(compiled, parameters)
        return rows


class _Compiled:
    """`names` gives the parameters in their order."""

    def __init__(self, statement: Statement, number: int) -> None:
        compiled = statement.compile(dialect=_DIALECT)
        self.sql, self.names = str(compiled).encode(), tuple(compiled.positiontup or ())
        # Two threads that compile at once may give two statements one number: the text tells them apart.
        self.name = b"forjinn_%d_%x" % (number, hash(self.sql) & 0xFFFF_FFFF)
        # As text, which PostgreSQL reads as the type that the statement says.
        self.formats = [PyFormat.TEXT] * len(self.names)


@dataclass(slots=True)
class _Runner:
    """What belongs to one connection, and ends with it."""

    connection: Connection[Any]
    adapt: abc.Transformer = field(init=False)
    prepared: set[bytes] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.adapt = psycopg.adapt.Transformer(self.connection)

    def all(self, compiled: _Compiled, parameters: dict[str, Any]) -> Rows:
        server, adapt = self.connection.pgconn, self.adapt
        values: Any = adapt.dump_sequence([parameters[name] for name in compiled.names], compiled.formats)
        if compiled.name not in self.prepared:
            self._check(server.prepare(compiled.name, compiled.sql), ExecStatus.COMMAND_OK)
            self.prepared.add(compiled.name)
        result = server.exec_prepared(compiled.name, values, adapt.formats)
        self._check(result, ExecStatus.TUPLES_OK)
        adapt.set_pgresult(result)
        rows = adapt.load_rows(0, result.ntuples, tuple)
        # Else it would stay in memory until the connection is used again.
        adapt.set_pgresult(None)
        return rows

    def _check(self, result: PGresult, expected: ExecStatus) -> None:
        if result.status != expected:
            raise error_from_result(result, self.connection.info.encoding)
