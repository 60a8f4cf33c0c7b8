"""What is told of a run: each node's entry is written as JSON once, for the answer and for the record."""

from __future__ import annotations

from typing import Any

from forjinn.flows.call import LimitReached
from forjinn.jsons import written

# In characters: what a node was told and said stands in it again and again.
LONGEST = 16 << 20


class Trace:
    """WIRE's `agentFlowExecutedData`."""

    def __init__(self) -> None:
        self._entries: list[str] = []
        self._size = 0

    def add(self, entry: dict[str, Any]) -> None:
        """Raises LimitReached when all that the run tells would become too long."""
        text = written(entry)
        self._size += len(text)
        if self._size > LONGEST:
            raise LimitReached(f"The trace of this run would be longer than {LONGEST >> 20} MB.")
        self._entries.append(text)

    @property
    def json(self) -> str:
        return f"[{','.join(self._entries)}]"
