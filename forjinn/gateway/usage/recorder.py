"""Counts what went through the gateway in memory, and writes it in batches, off the request path.

With the counts of days goes each request: for ever the counts, for some days the requests.

What a process counted since its last write (FORJINN_USAGE_FLUSH_SECONDS) is lost when it is killed.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Connection, Engine, bindparam, delete, or_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from forjinn.background import Repeated
from forjinn.gateway.keys.models import GatewayKey, GatewayMinute, GatewayReservation, GatewayUsage
from forjinn.gateway.usage import keeping
from forjinn.gateway.usage.called import Called
from forjinn.gateway.usage.texts import packed

log = logging.getLogger(__name__)

MOST_WAITING = 100_000
# When so many wait they are written at once, so that a process under load needs no more memory.
BATCH = 500
# Of the requests themselves; while the database is away the first of them tell more than the last.
MOST_REQUESTS = 20_000
# More texts than this are dropped, and their requests kept without.
MOST_WAITING_BYTES = 32 << 20
TIDY_SECONDS = 3600.0
SUMS = ("requests", "errors", "input_tokens", "output_tokens", "money")


class Recorder:
    """One for each process. `record` never waits. `days` is how long single requests are kept."""

    def __init__(self, engine: Engine, every_seconds: float, days: int) -> None:
        self._engine, self._days = engine, days
        # Each with its texts as they are written, packed before the transaction that writes them.
        self._requests: list[tuple[Called, bytes | None]] = []
        # Of the texts that wait to be packed, and of those that wait to be written.
        self._bytes = self._packed_bytes = 0
        self._waiting: deque[Called] = deque(maxlen=MOST_WAITING)
        self._sums: dict[tuple[str, int, str], list[int]] = {}
        self._last_use: dict[str, tuple[float, str]] = {}
        self._lock = threading.Lock()
        self._tidied_at = 0.0
        self._repeated = Repeated("gateway usage", every_seconds, self.flush)

    def record(self, called: Called) -> None:
        if called.texts is not None:
            self._bytes += called.texts.size
            if self._bytes > MOST_WAITING_BYTES:
                called = replace(called, texts=None)
        self._waiting.append(called)
        self._repeated.ensure()
        # Exactly: while the database is away, more wait, and asking it all the time helps nobody.
        if len(self._waiting) == BATCH:
            self._repeated.soon()

    def stop(self) -> None:
        """Write what was counted; for a server that shuts down."""
        self._repeated.stop()

    def flush(self) -> None:
        """Write what was counted. What cannot be written now is kept for the next time."""
        with self._lock:
            while self._waiting:
                self._add(self._waiting.popleft())
            # Counted anew, since threads that add to it at the same time may lose one.
            self._bytes = sum(called.texts.size for called in list(self._waiting) if called.texts)
            if not self._sums:
                return
            try:
                with (
                    self._engine.connect().execution_options(writes=True) as connection,
                    connection.begin(),
                ):
                    _write(connection, self._sums, self._last_use)
                    keeping.write(connection, self._requests)
            except (IntegrityError, DataError) as error:
                # Such a batch can never be written, and would stand in the way of all later ones.
                log.warning("Usage of gateway keys was dropped: %s.", type(error).__name__)
            except SQLAlchemyError as error:
                log.warning(
                    "Usage of gateway keys cannot be written now (%s); it is kept.", type(error).__name__
                )
                return
            self._sums, self._last_use, self._requests = {}, {}, []
            self._packed_bytes = 0
            self._tidy()

    def _tidy(self) -> None:
        """Delete, once in a while, what counts no longer."""
        if time.monotonic() - self._tidied_at < TIDY_SECONDS:
            return
        self._tidied_at = time.monotonic()
        at = int(time.time())
        try:
            with self._engine.connect().execution_options(writes=True) as connection, connection.begin():
                connection.execute(delete(GatewayMinute).where(GatewayMinute.minute < at // 60 - 60))
                connection.execute(delete(GatewayReservation).where(GatewayReservation.until < at))
                keeping.tidy(connection, self._days)
        except SQLAlchemyError as error:
            log.warning("Old counts of gateway keys cannot be deleted now (%s).", type(error).__name__)

    def _add(self, called: Called) -> None:
        if len(self._requests) < MOST_REQUESTS:
            room = self._packed_bytes < MOST_WAITING_BYTES
            kept = packed(called.texts) if called.texts and room else None
            self._packed_bytes += len(kept or b"")
            self._requests.append((replace(called, texts=None), kept))
        key = str(called.key)
        sums = self._sums.setdefault((key, int(called.at) // 86400, called.model), [0] * len(SUMS))
        one = (1, int(called.failed), called.input_tokens, called.output_tokens, called.money)
        sums[:] = [before + more for before, more in zip(sums, one, strict=True)]
        # A stream that began earlier may end later.
        self._last_use[key] = max(self._last_use.get(key, (0.0, "")), (called.at, called.address))


def _write(
    connection: Connection,
    sums: dict[tuple[str, int, str], list[int]],
    last_use: dict[str, tuple[float, str]],
) -> None:
    # Sorted, so that two processes lock the rows in the same order and never wait for each other.
    rows = [
        {"key_id": UUID(key), "day": day, "model": model, **dict(zip(SUMS, counted, strict=True))}
        for (key, day, model), counted in sorted(sums.items())
    ]
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(GatewayUsage)
    added = {name: getattr(GatewayUsage, name) + statement.excluded[name] for name in SUMS}
    connection.execute(
        statement.on_conflict_do_update(index_elements=["key_id", "day", "model"], set_=added), rows
    )
    connection.execute(
        update(GatewayKey.__table__)  # type: ignore[arg-type]
        .where(
            GatewayKey.id == bindparam("key"),
            or_(GatewayKey.last_used_at.is_(None), GatewayKey.last_used_at < bindparam("at")),
        )
        .values(last_used_at=bindparam("at"), last_used_address=bindparam("address")),
        [
            {"key": UUID(key), "at": datetime.fromtimestamp(at, UTC), "address": address}
            for key, (at, address) in sorted(last_use.items())
        ],
    )
