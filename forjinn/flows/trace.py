"""What is told of a run: each node's entry is written as JSON once, for the record and for the caller."""

from __future__ import annotations

import re
from typing import Any

from forjinn.flows.call import LimitReached
from forjinn.flows.hidden_values import HiddenValues
from forjinn.flows.masking import MASK
from forjinn.jsons import written

# In characters: what a node was told and said stands in it again and again.
LONGEST = 16 << 20
ORIGIN = re.compile(r"([^/?#]*//(?:[^/?#]*@)?[^/?#]*)[/?#]*(.*)", re.DOTALL)


class Trace:
    """WIRE's `agentFlowExecutedData`. `hidden` are the values that a caller must not read in it.

    Without `hidden`, whoever is told of the run may read all that is recorded of it.
    """

    def __init__(self, hidden: HiddenValues | None = None) -> None:
        self._hidden = hidden
        self._entries: list[str] = []
        self._told: list[str] = []
        self._size = 0

    def add(self, entry: dict[str, Any]) -> None:
        """Raises LimitReached when all that the run tells would become too long."""
        text = written(entry)
        self._size += len(text)
        if self._size > LONGEST:
            raise LimitReached(f"The trace of this run would be longer than {LONGEST >> 20} MB.")
        self._entries.append(text)
        if self._hidden is not None:
            told = _for_callers(entry, self._hidden)
            self._told.append(text if told is entry else written(told))

    @property
    def json(self) -> str:
        """For the record."""
        return f"[{','.join(self._entries)}]"

    @property
    def told_json(self) -> str:
        """For whoever asked."""
        return self.json if self._hidden is None else f"[{','.join(self._told)}]"


def _for_callers(entry: dict[str, Any], hidden: HiddenValues) -> dict[str, Any]:
    """The entry without values of the workspace, and without the path and the text that an HTTP node sent."""
    is_http = entry["data"]["name"] == "httpAgentflow" and entry["data"]["input"]
    if not (hidden or is_http):
        return entry
    told: dict[str, Any] = hidden.json(entry)
    if is_http:
        data = told["data"]
        sent = data["input"]
        sent = (
            sent | {"url": _origin(sent["url"])} | ({"body": MASK} if isinstance(sent["body"], str) else {})
        )
        told = told | {"data": data | {"input": sent}}
    return told


def _origin(url: str) -> str:
    """The URL with no more of its path than that there is one: a part of it may be a credential."""
    match = ORIGIN.fullmatch(url)
    return f"{match[1]}/{MASK if match[2] else ''}" if match else MASK
