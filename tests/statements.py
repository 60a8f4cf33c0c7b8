"""What an engine's new connections ask of the database, seen at the driver."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

# A line of libpq's trace: what the client sent to execute something.
SENT = re.compile(r"^\S+ \S+\tF\t\d+\t(?:Execute|Query)\b", re.MULTILINE)


def counted(engine: Engine, trace: Path) -> Callable[[], int]:
    """Gives how many statements ran since the last time. `trace` is a file that libpq may write to."""
    return _on_sqlite(engine) if engine.dialect.name == "sqlite" else _on_postgres(engine, trace)


def _on_sqlite(engine: Engine) -> Callable[[], int]:
    ran: list[str] = []
    event.listen(engine, "connect", lambda connection, _record: connection.set_trace_callback(ran.append))

    def count() -> int:
        number = len(ran)
        ran.clear()
        return number

    return count


def _on_postgres(engine: Engine, trace: Path) -> Callable[[], int]:
    trace.touch()
    seen = 0

    def start(connection: Any, _record: object) -> None:
        # libpq writes to it as long as the connection lives.
        connection.pgconn.trace(os.open(trace, os.O_WRONLY | os.O_APPEND))

    def count() -> int:
        nonlocal seen
        before, seen = seen, len(SENT.findall(trace.read_text()))
        return seen - before

    event.listen(engine, "connect", start)
    return count
