"""A flow's graph: parsed from agentflow JSON (`nodes`, `edges`), checked whole, put in running order."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from forjinn.errors import DomainError
from forjinn.flows.nodes import NODES, Node

MOST_BYTES = 5 << 20
MOST_NODES = 1000
# Kept in the file and never run: they are notes on the drawing.
NOTES = frozenset({"stickyNoteAgentflow"})
START = "startAgentflow"


class InvalidGraph(DomainError):
    """The graph cannot run; `problems` lists everything that is wrong, one sentence each."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__(" ".join(problems))


@dataclass(frozen=True)
class Step:
    """A node in running order, with the nodes that it follows."""

    node: Node
    previous: tuple[str, ...]


@dataclass(frozen=True)
class Graph:
    steps: tuple[Step, ...]

    @property
    def models(self) -> tuple[str, ...]:
        """The names of the models that its nodes call."""
        return tuple(dict.fromkeys(name for step in self.steps for name in step.node.models()))


def parse(text: str) -> Graph:
    """Raises InvalidGraph with everything that is wrong."""
    nodes, edges = _read(text)
    problems: list[str] = []
    made = _make_nodes(nodes, problems)
    following = _connect(edges, {*made, *_notes(nodes)}, problems)
    starts = [node.id for node in made.values() if node.name == START]
    if len(starts) != 1:
        problems.append(f"A flow has one Start node; this one has {len(starts)}.")
    if problems:
        raise InvalidGraph(problems)
    return Graph(_in_order(starts[0], made, following))


def _read(text: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    if len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        raise InvalidGraph(["The flow is larger than 5 MB."])
    try:
        data = json.loads(text)
        # A lone surrogate is JSON, but no text: no page and no provider could be sent it.
        json.dumps(data, ensure_ascii=False).encode()
    except RecursionError:
        raise InvalidGraph(["The flow is nested too deeply."]) from None
    except ValueError as error:
        raise InvalidGraph([f"The flow is not JSON: {error}."]) from None
    if not isinstance(data, dict):
        raise InvalidGraph(["The flow is not a JSON object with nodes and edges."])
    nodes: Any = data.get("nodes")
    edges: Any = data.get("edges", [])
    if not _are_objects(nodes) or not _are_objects(edges):
        raise InvalidGraph(["The flow has no list of nodes, or its nodes or edges are not objects."])
    if len(nodes) > MOST_NODES:
        raise InvalidGraph([f"The flow has {len(nodes)} nodes; at most {MOST_NODES} are possible."])
    return nodes, edges


def _are_objects(items: Any) -> bool:
    return isinstance(items, list) and all(isinstance(item, dict) for item in items)


def _notes(nodes: list[dict[str, Any]]) -> list[str]:
    return [str(raw.get("id")) for raw in nodes if _name_of(raw) in NOTES]


def _name_of(raw: dict[str, Any]) -> str:
    data = raw.get("data")
    return str(data.get("name")) if isinstance(data, dict) else ""


def _make_nodes(nodes: list[dict[str, Any]], problems: list[str]) -> dict[str, Node]:
    made: dict[str, Node] = {}
    unsupported: list[str] = []
    for position, raw in enumerate(nodes, 1):
        name, node_id = _name_of(raw), raw.get("id")
        if name in NOTES:
            continue
        if not isinstance(node_id, str) or not node_id or node_id in made:
            problems.append(f"Node {position} has no id of its own.")
        elif name not in NODES:
            label = raw["data"].get("label") if isinstance(raw.get("data"), dict) else None
            unsupported.append(f"{label or node_id} ({name or 'no type'})")
        else:
            made[node_id] = NODES[name](node_id, raw["data"])
            problems += made[node_id].problems()
    if unsupported:
        supported = ", ".join(node.title for node in NODES.values())
        problems.append(f"Not supported: {', '.join(unsupported)}. Supported nodes are: {supported}.")
    return made


def _connect(edges: list[dict[str, Any]], known: set[str], problems: list[str]) -> dict[str, list[str]]:
    following: dict[str, list[str]] = {}
    for position, edge in enumerate(edges, 1):
        source, target = edge.get("source"), edge.get("target")
        if isinstance(source, str) and isinstance(target, str) and {source, target} <= known:
            following.setdefault(source, []).append(target)
        elif not problems:
            problems.append(
                f"Edge {position} leads from {source!r} to {target!r}, and one of them is not there."
            )
    return following


def _in_order(start: str, nodes: dict[str, Node], following: dict[str, list[str]]) -> tuple[Step, ...]:
    """The nodes that Start reaches, each after all that lead to it. A cycle is refused."""
    previous: dict[str, list[str]] = {start: []}
    queue = deque([start])
    while queue:
        source = queue.popleft()
        for target in dict.fromkeys(following.get(source, ())):
            if target not in nodes:
                continue
            if target not in previous:
                previous[target] = []
                queue.append(target)
            previous[target].append(source)
    try:
        order = list(TopologicalSorter(previous).static_order())
    except CycleError:
        raise InvalidGraph(["The flow runs in a circle."]) from None
    return tuple(Step(nodes[node_id], tuple(previous[node_id])) for node_id in order)
