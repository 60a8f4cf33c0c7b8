"""Counts calls in memory and writes them in batches, off the request path.

What a process counted since its last write (FORJINN_USAGE_FLUSH_SECONDS) is lost when it is killed.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Connection, Engine, bindparam, or_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from forjinn.apikeys.models import ApiKey, ApiKeyUsage
from forjinn.background import Repeated

log = logging.getLogger(__name__)

NO_FLOW = UUID(int=0)
# While the database is away, counts are kept as sums; this bounds what may wait to be summed.
MOST_WAITING = 100_000
# So many are summed up and written at once, so that a process under load needs no more memory.
BATCH = 2000


def hour_of(moment: datetime) -> int:
    """Hours since 1970, UTC."""
    return int(moment.timestamp()) // 3600


@dataclass(slots=True)
class Sums:
    """(key, hour, flow) -> [calls, failures]; key -> (moment, address) of its last use."""

    calls: dict[tuple[str, int, str], list[int]] = field(default_factory=dict)
    last_use: dict[str, tuple[float, str]] = field(default_factory=dict)

    def add(self, key: str, flow: str, at: float, failed: bool, address: str) -> None:
        counted = self.calls.setdefault((key, int(at) // 3600, flow), [0, 0])
        counted[0] += 1
        counted[1] += failed
        self.last_use[key] = (at, address)


class Recorder:
    """One for each process. `record` costs a microsecond and never waits."""

    def __init__(self, engine: Engine, every_seconds: float) -> None:
        self._engine = engine
        self._waiting: deque[tuple[str, str, float, bool, str]] = deque(maxlen=MOST_WAITING)
        self._sums = Sums()
        self._lock = threading.Lock()
        self._repeated = Repeated("usage", every_seconds, self.flush)

    def record(self, key: object, flow: object, at: float, failed: bool, address: str) -> None:
        """Count one call. `key` and `flow` are ids as the database gave them; `at` is Unix time."""
        self._waiting.append((str(key), str(flow or NO_FLOW), at, failed, address))
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
                self._sums.add(*self._waiting.popleft())
            if not self._sums.calls:
                return
            try:
                with (
                    self._engine.connect().execution_options(writes=True) as connection,
                    connection.begin(),
                ):
                    _write(connection, self._sums)
            except (IntegrityError, DataError) as error:
                # Such a batch can never be written, and would stand in the way of all later ones.
                log.warning("Usage of API keys was dropped: %s.", type(error).__name__)
            except SQLAlchemyError as error:
                log.warning(
                    "Usage of API keys cannot be written now (%s); it is kept.",
                    type(error).__name__,
                )
                return
            self._sums = Sums()


def _write(connection: Connection, sums: Sums) -> None:
    # Sorted, so that two processes lock the rows in the same order and never wait for each other.
    rows = [
        {
            "api_key_id": UUID(key),
            "hour": hour,
            "flow_id": UUID(flow),
            "calls": counted[0],
            "failures": counted[1],
        }
        for (key, hour, flow), counted in sorted(sums.calls.items())
    ]
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(ApiKeyUsage)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["api_key_id", "hour", "flow_id"],
            set_={
                "calls": ApiKeyUsage.calls + statement.excluded.calls,
                "failures": ApiKeyUsage.failures + statement.excluded.failures,
            },
        ),
        rows,
    )
    # Only these two columns: nothing here can bring a deleted key back.
    connection.execute(
        update(ApiKey.__table__)  # type: ignore[arg-type]
        .where(
            ApiKey.id == bindparam("key"),
            or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at < bindparam("at")),
        )
        .values(last_used_at=bindparam("at"), last_used_address=bindparam("address")),
        [
            {"key": UUID(key), "at": datetime.fromtimestamp(at, UTC), "address": address}
            for key, (at, address) in sorted(sums.last_use.items())
        ],
    )
