"""What happens while a flow runs, in the order it happens. The JSON answer and the stream read the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class NodeStarted:
    node_id: str
    label: str


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the answer's text."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolsCalled:
    """Each of `calls` is {"tool", "toolInput", "toolOutput"}."""

    calls: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class NodeEnded:
    """`entry` is the node's entry of WIRE's `agentFlowExecutedData`."""

    entry: dict[str, Any]


Event = NodeStarted | Token | ToolsCalled | NodeEnded
