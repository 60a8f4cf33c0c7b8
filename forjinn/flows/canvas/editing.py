"""One change of a draft while it is being made."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from forjinn.errors import Refused
from forjinn.flows.canvas.document import Document
from forjinn.flows.canvas.spans import Span
from forjinn.flows.canvas.splices import Splice, inverse, ordered
from forjinn.flows.nodes.base import shown

Rounds = list[list[Splice]]


class Editing:
    """The document as it is now, and the rounds of splices that made it so. `said` tells it in words."""

    def __init__(self, document: Document) -> None:
        self.before = self.document = document
        self.rounds: Rounds = []
        self.said = "Changed"

    def make(self, splices: Iterable[Splice]) -> None:
        found = ordered(splices)
        if found:
            self.rounds.append(found)
            self.document = self.document.spliced(found)

    def node(self, key: str) -> Span:
        """Raises Refused when it is not there."""
        found = self.document.nodes.get(key)
        if found is None:
            raise Refused("This node is not there any more.")
        return found

    def edge(self, key: str) -> Span:
        """Raises Refused when it is not there."""
        found = self.document.edges.get(key)
        if found is None:
            raise Refused("This connection is not there any more.")
        return found


def as_text(rounds: Rounds) -> str:
    return json.dumps(rounds, ensure_ascii=False, separators=(",", ":"))


def from_text(text: str) -> Rounds:
    return [[Splice(*one) for one in splices] for splices in json.loads(text)]


def way(rounds: Rounds, *, back: bool) -> Rounds:
    """The rounds that do a change again, or take it back."""
    return [inverse(splices) for splices in reversed(rounds)] if back else rounds


def label_of(raw: dict[str, Any]) -> str:
    """What a step calls a node."""
    data = raw.get("data")
    label = data.get("label") if isinstance(data, dict) else None
    return shown(label)[:60] if isinstance(label, str) and label else "a node"
