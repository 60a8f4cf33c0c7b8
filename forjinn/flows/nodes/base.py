from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from forjinn import names
from forjinn.flows import richtext, strict_json
from forjinn.flows.call import VARIABLE_OF_WORKSPACE, Message, Scope
from forjinn.flows.events import Event
from forjinn.flows.variables import mentioned

LONGEST_SHOWN = 200


@dataclass(slots=True)
class Outcome:
    """What a node did. `input`, `output` and `usage` are for the trace; they hold no credential."""

    content: str
    input: dict[str, Any]
    # Beside the content: {"http": …}, {"conditions": …}, or the members of structured output.
    output: dict[str, Any] = field(default_factory=dict)
    usage: dict[str, int] | None = None
    # Each {"tool", "toolInput", "toolOutput"}.
    tools: list[dict[str, Any]] = field(default_factory=list)
    # Which of its outputs the flow leaves the node by; None means all.
    branch: int | None = None
    # The node to go back to.
    loop_to: str | None = None
    # What was said to and by a model, for the models that follow.
    said: list[Message] = field(default_factory=list)
    # What Update Flow State sets.
    state: dict[str, Any] = field(default_factory=dict)


# Events while the node works, and at the end what it did. Raises DomainError when it fails.
Steps = Generator[Event, None, Outcome]


class Node:
    """A node of one flow, made from its agentflow JSON once and run many times."""

    name: ClassVar[str]
    title: ClassVar[str]
    # The inputs that a flow's owner may let `overrideConfig` change.
    OVERRIDABLE: ClassVar[tuple[str, ...]] = ()

    def __init__(self, node_id: str, data: dict[str, Any]) -> None:
        self.id = node_id
        self.data = data
        label = data.get("label")
        self.label = shown(label) if isinstance(label, str) and label else self.title
        inputs = data.get("inputs")
        self.inputs: dict[str, Any] = inputs if isinstance(inputs, dict) else {}

    def problems(self) -> list[str]:
        """Everything that is wrong with it, one sentence each: such a flow is refused."""
        return []

    def missing(self) -> list[str]:
        """What it needs that is not there: such a flow is kept, and cannot be deployed."""
        return []

    def models(self) -> tuple[str, ...]:
        """The names of the models that it calls."""
        return ()

    def flows(self) -> tuple[str, ...]:
        """The ids of the flows that it calls."""
        return ()

    def mentions(self, variable: str) -> bool:
        """Whether one of its texts may name the variable."""
        # The editor's Markdown writes `chat\\_history`.
        return variable in richtext.unescaped(json.dumps(self.inputs)).replace("\\", "")

    def told_variables(self) -> set[str]:
        """The names of the workspace's variables in its texts, but for what it sends in an HTTP call."""
        return variables_in(self.inputs)

    def remembers(self) -> bool:
        """Whether it needs the conversation's earlier messages."""
        return False

    def changed(self, inputs: Mapping[str, Any]) -> Self:
        """The same node with other inputs, for one call. Rows of a list come after those that it has."""
        made = {
            name: [*objects(self.inputs.get(name)), *value] if isinstance(value, list) else value
            for name, value in inputs.items()
        }
        return type(self)(self.id, self.data | {"inputs": self.inputs | made})

    def run(self, scope: Scope) -> Steps:
        raise NotImplementedError


def variables_in(inputs: object) -> set[str]:
    """The names of the workspace's variables that texts of the file mention."""
    text = richtext.unescaped(json.dumps(inputs, ensure_ascii=False)).replace("\\", "")
    return {match[1] for path in mentioned(text) if (match := VARIABLE_OF_WORKSPACE.match(path)) is not None}


def added(tokens: dict[str, int], more: dict[str, int]) -> dict[str, int]:
    return tokens | {name: tokens.get(name, 0) + count for name, count in more.items()}


def text_of(value: object) -> str:
    return value if isinstance(value, str) else ""


def objects(value: object) -> list[dict[str, Any]]:
    """The rows of a list of the editor, which some versions of it store as JSON text."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        with suppress(ValueError):
            value = strict_json.loads(value)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def shown(text: str) -> str:
    """A text of the file as a sentence may show it: short, and on one line."""
    return names.harmless(text[:LONGEST_SHOWN])


def is_on(value: object) -> bool:
    """A switch of the editor, which is stored as a boolean or as text."""
    return value is True or value == "true"
