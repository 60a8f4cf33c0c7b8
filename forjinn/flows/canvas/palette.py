"""The nodes that can be added, and what each is when it is new."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forjinn.flows.canvas import kinds

# What the format's editor asks for each node, in its own terms: the node opens there with all its fields.
PARAMETERS: dict[str, list[dict[str, Any]]] = json.loads(
    Path(__file__).with_name("parameters.json").read_text(encoding="utf-8")
)
SIZE = {"width": 300, "height": 250}
FRAME = SIZE | {"style": SIZE}
SHAPES = {kinds.ITERATION: "iteration", "stickyNoteAgentflow": "stickyNote"}


@dataclass(frozen=True)
class Kind:
    """`icon` is a name of the sprite, `group` the heading that it stands under."""

    name: str
    title: str
    description: str
    icon: str
    group: str
    # As the format's editor has them; edges take their colors from their ends.
    color: str
    version: float = 1


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("llmAgentflow", "LLM", "Asks a model.", "message", "Models", "#64B5F6"),
        Kind("agentAgentflow", "Agent", "Asks a model that may use tools.", "tool", "Models", "#4DD0E1"),
        Kind(
            "conditionAgentAgentflow",
            "Condition Agent",
            "Has a model choose the way.",
            "arrows-split",
            "Ways",
            "#ff8fab",
        ),
        Kind(
            "conditionAgentflow",
            "Condition",
            "Chooses the way by comparing values.",
            "git-fork",
            "Ways",
            "#FFB938",
        ),
        Kind("loopAgentflow", "Loop", "Goes back to an earlier node.", "repeat", "Ways", "#FFA07A", 1.2),
        Kind(
            "iterationAgentflow",
            "Iteration",
            "Runs its nodes for each item of a list.",
            "stack-2",
            "Ways",
            "#9C89B8",
        ),
        Kind("httpAgentflow", "HTTP", "Calls an address.", "world", "Actions", "#FF7F7F", 1.1),
        Kind(
            "executeFlowAgentflow",
            "Execute Flow",
            "Asks another flow of this workspace.",
            "route",
            "Actions",
            "#a3b18a",
            1.2,
        ),
        Kind(
            "directReplyAgentflow",
            "Direct Reply",
            "Answers with a text.",
            "message-reply",
            "Actions",
            "#4DDBBB",
        ),
        Kind("startAgentflow", "Start", "Where a flow begins.", "player-play", "Other", "#7EE787", 1.1),
        Kind(
            "stickyNoteAgentflow",
            "Note",
            "A note on the drawing, which does nothing.",
            "note",
            "Other",
            "#fee440",
        ),
    )
}


def fresh(kind: Kind, node_id: str, label: str) -> dict[str, Any]:
    """A new node, as the format's editor would write it; where it lies is to be added."""
    parameters = PARAMETERS[kind.name]
    data: dict[str, Any] = {
        "id": node_id,
        "label": label,
        "version": kind.version,
        "name": kind.name,
        "type": _type(kind),
        "color": kind.color,
    }
    if kind.name == kinds.START:
        data["hideInput"] = True
    elif kind.name in kinds.WITHOUT_OUTPUT - kinds.NOTES:
        data["hideOutput"] = True
    data |= {
        "baseClasses": [_type(kind)],
        "category": "Agent Flows",
        "inputParams": [_parameter(one, node_id) for one in parameters],
        "inputAnchors": [],
        "inputs": {one["name"]: one.get("default", "") for one in parameters},
    }
    node = {"id": node_id, "type": SHAPES.get(kind.name, "agentFlow"), "data": data}
    data |= {"outputAnchors": _anchors(kind, node), "outputs": {}}
    return node | (FRAME if kind.name == kinds.ITERATION else {})


def _type(kind: Kind) -> str:
    return "StickyNote" if kind.name in kinds.NOTES else kind.title.replace(" ", "")


def _parameter(one: dict[str, Any], node_id: str) -> dict[str, Any]:
    return one | {"id": f"{node_id}-input-{one['name']}-{one['type']}", "display": "show" not in one}


def _anchors(kind: Kind, node: dict[str, Any]) -> list[dict[str, Any]]:
    if kinds.branches(node):
        return kinds.anchors(node)
    if kind.name in kinds.WITHOUT_OUTPUT:
        return []
    return [{"id": f"{node['id']}-output-{kind.name}", "label": kind.title, "name": kind.name}]
