"""Keeps each prediction's run with its trace, off the request path, for as long as the settings say.

What a process has not yet written (FORJINN_USAGE_FLUSH_SECONDS) is lost when it is killed.
"""

from __future__ import annotations

import json
import logging
import threading
import time
import zlib
from collections import deque
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Connection, Engine, Table, delete, select
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from forjinn.background import Repeated
from forjinn.database import insert_rows, now
from forjinn.flows.models import Exchange, Flow, PublicCalls, Run
from forjinn.flows.nodes.base import objects
from forjinn.workspaces.models import Workspace

log = logging.getLogger(__name__)

FINISHED, ERROR, STOPPED = "FINISHED", "ERROR", "STOPPED"
# What may wait to be written: more traces than this are dropped, and their runs kept without.
MOST_WAITING_BYTES = 32 << 20
MOST_WAITING = 20_000
# When so many wait they are written at once, so that a process under load needs no more memory.
BATCH = 500
TIDY_SECONDS = 3600.0
LONGEST_ERROR = 1000
# What the column holds; a provider may tell any number.
MOST_TOKENS = 2**31 - 1
COLUMNS = (
    "id",
    "workspace_id",
    "flow_id",
    "api_key_id",
    "tried_by_id",
    "session_id",
    "started_at",
    "milliseconds",
    "input_tokens",
    "output_tokens",
    "outcome",
    "error",
    "trace",
)


@dataclass(slots=True)
class Finished:
    """`started_at` is Unix time, `trace` WIRE's `agentFlowExecutedData` as JSON."""

    id: UUID
    workspace_id: UUID
    flow_id: UUID
    api_key_id: UUID | None
    session_id: str
    started_at: float
    milliseconds: int
    usage: dict[str, int] | None
    outcome: str
    error: str
    trace: str
    # Who tried it in the browser; None for a call.
    tried_by_id: UUID | None = None


class Recorder:
    """One for each process. `record` never waits."""

    def __init__(self, engine: Engine, every_seconds: float, run_days: int, conversation_days: int) -> None:
        self._engine = engine
        self._run_days, self._conversation_days = run_days, conversation_days
        self._waiting: deque[Finished] = deque()
        self._bytes = 0
        self._lock = threading.Lock()
        # For the first time a minute after the start: a process that lives shorter has better to do.
        self._tidied_at = time.monotonic() - TIDY_SECONDS + 60
        self._repeated = Repeated("runs", every_seconds, self.flush)

    def record(self, run: Finished) -> None:
        if len(self._waiting) >= MOST_WAITING:
            # The database is away; what happened first tells more than what follows from it.
            return
        if self._bytes + len(run.trace) > MOST_WAITING_BYTES:
            run = replace(run, trace="")
        self._bytes += len(run.trace)
        self._waiting.append(run)
        self._repeated.ensure()
        # Exactly: while the database is away, more wait, and asking it all the time helps nobody.
        if len(self._waiting) == BATCH:
            self._repeated.soon()

    def stop(self) -> None:
        """Write what waits; for a server that shuts down."""
        self._repeated.stop()

    def flush(self) -> None:
        """Write what waits. What cannot be written now is kept for the next time."""
        with self._lock:
            while batch := [self._waiting.popleft() for _ in range(min(len(self._waiting), BATCH))]:
                if not self._write(batch):
                    self._waiting.extendleft(reversed(batch))
                    break
                self._bytes -= sum(len(run.trace) for run in batch)
            if time.monotonic() - self._tidied_at > TIDY_SECONDS:
                self._tidied_at = time.monotonic()
                self._tidy()

    def _write(self, batch: list[Finished]) -> bool:
        try:
            with self._engine.connect().execution_options(writes=True) as connection, connection.begin():
                if rows := _rows(connection, batch):
                    insert_rows(connection, cast(Table, Run.__table__), COLUMNS, rows)
        except (IntegrityError, DataError) as error:
            # Such a batch can never be written, and would stand in the way of all later ones.
            log.warning("%d runs were dropped (%s).", len(batch), type(error).__name__)
        except SQLAlchemyError as error:
            log.warning("Runs cannot be written now (%s); they are kept.", type(error).__name__)
            return False
        return True

    def _tidy(self) -> None:
        """Delete what is older than the settings say."""
        statements = [delete(PublicCalls).where(PublicCalls.minute < int(time.time()) // 60 - 60)]
        if self._run_days:
            statements.append(delete(Run).where(Run.started_at < now() - timedelta(days=self._run_days)))
        if self._conversation_days:
            oldest = now() - timedelta(days=self._conversation_days)
            statements.append(delete(Exchange).where(Exchange.created_at < oldest))
        for statement in statements:
            try:
                with self._engine.connect().execution_options(writes=True) as connection, connection.begin():
                    connection.execute(statement)
            except SQLAlchemyError as error:
                log.warning("Old runs cannot be deleted now (%s).", type(error).__name__)


def _rows(connection: Connection, batch: list[Finished]) -> list[tuple[Any, ...]]:
    # A flow may be gone by now, and its runs with it.
    flows = set(connection.scalars(select(Flow.id).where(Flow.id.in_({run.flow_id for run in batch}))))
    silent = set(
        connection.scalars(
            select(Workspace.id).where(
                Workspace.id.in_({run.workspace_id for run in batch}), Workspace.record_texts.is_(False)
            )
        )
    )
    return [_row(run, run.workspace_id in silent) for run in batch if run.flow_id in flows]


def _row(run: Finished, silent: bool) -> tuple[Any, ...]:
    """The values of COLUMNS."""
    trace = without_texts(run.trace) if silent and run.trace else run.trace
    usage = run.usage or {}
    return (
        run.id,
        run.workspace_id,
        run.flow_id,
        run.api_key_id,
        run.tried_by_id,
        run.session_id,
        datetime.fromtimestamp(run.started_at, UTC),
        run.milliseconds,
        min(usage.get("input_tokens", 0), MOST_TOKENS),
        min(usage.get("output_tokens", 0), MOST_TOKENS),
        run.outcome,
        # A provider's message may quote what it was sent.
        "" if silent else _kept(run.error),
        zlib.compress(trace.encode(), 1) if trace else None,
    )


def _kept(error: str) -> str:
    """Cut, and without what PostgreSQL cannot hold: NUL, and halves of characters."""
    return error[:LONGEST_ERROR].replace("\x00", "").encode("utf-8", "replace").decode()


def without_texts(trace: str) -> str:
    """The trace without anything that was asked or answered: which nodes ran, how long, how many tokens.

    And which branch a Condition took: a drawing of the flow shows the way.
    """
    entries = json.loads(trace)
    for entry in entries:
        data = entry["data"]
        kept = {name: data["output"].get(name) for name in ("usageMetadata", "timeMetadata")}
        if conditions := objects(data["output"].get("conditions")):
            kept["conditions"] = [{"isFulfilled": one.get("isFulfilled") is True} for one in conditions]
        data |= {"input": {}, "output": kept, "state": {}}
    return json.dumps(entries)
