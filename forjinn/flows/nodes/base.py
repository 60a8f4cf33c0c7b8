from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID


@dataclass(slots=True)
class Call:
    """What a flow is called with, and what its nodes have said so far."""

    workspace_id: UUID
    question: str
    chat_id: str
    form: dict[str, Any] = field(default_factory=dict)
    # Earlier messages that the caller sent: {"role": "user" | "assistant", "content": …}.
    history: list[dict[str, str]] = field(default_factory=list)
    # What `{{ … }}` may name; a node's output stands under the node's id.
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a node did. `input` and `usage` are for the trace; they hold no credential."""

    content: str
    input: dict[str, Any]
    usage: dict[str, int] | None = None


class Node:
    """A node of one flow, made from its agentflow JSON once and run many times."""

    name: ClassVar[str]
    title: ClassVar[str]

    def __init__(self, node_id: str, data: dict[str, Any]) -> None:
        self.id = node_id
        label = data.get("label")
        self.label = label if isinstance(label, str) and label else self.title
        inputs = data.get("inputs")
        self.inputs: dict[str, Any] = inputs if isinstance(inputs, dict) else {}

    def problems(self) -> list[str]:
        """Everything that keeps this node from running, one sentence each."""
        return []

    def models(self) -> tuple[str, ...]:
        """The names of the models that it calls."""
        return ()

    def run(self, call: Call) -> Outcome:
        """Raises DomainError when it fails."""
        raise NotImplementedError
