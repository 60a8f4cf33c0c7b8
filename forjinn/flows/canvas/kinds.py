"""What the drawing knows of a node from its JSON, whatever state that is in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forjinn.flows.assembling import ITERATION
from forjinn.flows.nodes import NODES, Node
from forjinn.flows.nodes.base import objects
from forjinn.flows.nodes.unknown import Unknown
from forjinn.flows.parsing import NOTES, START

CONDITION = "conditionAgentflow"
CONDITION_AGENT = "conditionAgentAgentflow"
# The format gives these no output: nothing comes after them.
WITHOUT_OUTPUT = frozenset({"directReplyAgentflow", "loopAgentflow", *NOTES})
WITHOUT_INPUT = frozenset({START, *NOTES})
__all__ = ["ITERATION", "NOTES", "START"]


def data_of(raw: Mapping[str, Any]) -> dict[str, Any]:
    data = raw.get("data")
    return data if isinstance(data, dict) else {}


def name_of(raw: Mapping[str, Any]) -> str:
    name = data_of(raw).get("name")
    return name if isinstance(name, str) else ""


def inputs_of(raw: Mapping[str, Any]) -> dict[str, Any]:
    inputs = data_of(raw).get("inputs")
    return inputs if isinstance(inputs, dict) else {}


def parent_of(raw: Mapping[str, Any]) -> str | None:
    parent = raw.get("parentNode") or raw.get("parentId")
    return parent if isinstance(parent, str) else None


def made(raw: Mapping[str, Any], key: str) -> Node:
    """The node as the flow would run it."""
    return NODES.get(name_of(raw), Unknown)(key, data_of(raw))


def branches(raw: Mapping[str, Any]) -> bool:
    return name_of(raw) in (CONDITION, CONDITION_AGENT)


def rows_of(raw: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows that a branching node has an output for each of."""
    name = "conditions" if name_of(raw) == CONDITION else "conditionAgentScenarios"
    return objects(inputs_of(raw).get(name))


def outputs(raw: Mapping[str, Any]) -> int:
    """How many outputs a node has."""
    name = name_of(raw)
    if branches(raw):
        return len(rows_of(raw)) + (name == CONDITION)
    if name in WITHOUT_OUTPUT:
        return 0
    anchors = data_of(raw).get("outputAnchors")
    return max(1, len(anchors)) if name not in NODES and isinstance(anchors, list) else 1


def handle(raw: Mapping[str, Any], node_id: str, output: int) -> str:
    """The `sourceHandle` of an edge that leaves by this output, as the format writes it."""
    anchors = data_of(raw).get("outputAnchors")
    if isinstance(anchors, list) and output < len(anchors) and isinstance(anchors[output], dict):
        anchor = anchors[output].get("id")
        if isinstance(anchor, str) and anchor.startswith(f"{node_id}-output-"):
            return anchor
    last = output if branches(raw) or outputs(raw) > 1 else name_of(raw)
    return f"{node_id}-output-{last}"


def anchors(raw: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The `outputAnchors` of a branching node, as the format writes them."""
    rows = len(rows_of(raw))
    return [
        {
            "id": f"{raw.get('id')}-output-{number}",
            "label": number,
            "name": number,
            "description": "Else" if number == rows else f"Condition {number}",
        }
        for number in range(outputs(raw))
    ]
