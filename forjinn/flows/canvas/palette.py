"""The nodes that can be added, and what each is when it is new."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from forjinn.flows.canvas import kinds


@dataclass(frozen=True)
class Kind:
    """`icon` is a name of the sprite, `group` the heading that it stands under."""

    name: str
    title: str
    description: str
    icon: str
    group: str
    color: str
    version: float
    inputs: dict[str, Any]


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("startAgentflow", "Start", "Where a flow begins.", "player-play", "Flow", "#7EE787", 1.1, {"startInputType": "chatInput"}),
        Kind("llmAgentflow", "LLM", "Asks a model.", "message", "Models", "#64B5F6", 1, {}),
        Kind("agentAgentflow", "Agent", "Asks a model that may use tools.", "robot", "Models", "#4DD0E1", 1, {}),
        Kind("conditionAgentAgentflow", "Condition Agent", "A model chooses the way.", "sparkles", "Branches", "#ff8fab", 1, {}),
        Kind("conditionAgentflow", "Condition", "Chooses the way by comparing.", "git-fork", "Branches", "#FFB938", 1, {}),
        Kind("httpAgentflow", "HTTP", "Calls an address.", "world", "Actions", "#FF7F7F", 1.1, {"method": "GET"}),
        Kind("executeFlowAgentflow", "Execute Flow", "Asks another flow.", "arrow-right", "Actions", "#a3b18a", 1, {}),
        Kind("loopAgentflow", "Loop", "Goes back to an earlier node.", "repeat", "Flow", "#FFA07A", 1, {}),
        Kind("iterationAgentflow", "Iteration", "Goes over the items of a list.", "list", "Flow", "#9C89B8", 1, {}),
        Kind("directReplyAgentflow", "Direct Reply", "Answers with a text.", "message-reply", "Actions", "#4DDBBB", 1, {}),
        Kind("stickyNoteAgentflow", "Note", "A note on the drawing.", "note", "Notes", "#fee440", 1, {"note": ""}),
    )
}  # fmt: skip
FRAME = {"width": 300, "height": 250}


def fresh(kind: Kind, node_id: str, label: str, position: dict[str, Any]) -> dict[str, Any]:
    """A new node, as the format's editor would write it."""
    return {
        "id": node_id,
        "position": position,
        "data": {
            "id": node_id,
            "label": label,
            "version": kind.version,
            "name": kind.name,
            "type": kind.title.replace(" ", ""),
            "color": kind.color,
            "baseClasses": [kind.title.replace(" ", "")],
            "category": "Agent Flows",
            "inputParams": [],
            "inputAnchors": [],
            "inputs": dict(kind.inputs),
            "outputAnchors": anchors(kind, node_id),
            "outputs": {},
        },
        "type": {kinds.ITERATION: "iteration", "stickyNoteAgentflow": "stickyNote"}.get(
            kind.name, "agentFlow"
        ),
    } | (FRAME if kind.name == kinds.ITERATION else {})


def anchors(kind: Kind, node_id: str) -> list[dict[str, Any]]:
    return [{"id": f"{node_id}-output-{kind.name}", "label": kind.title, "name": kind.name}]
