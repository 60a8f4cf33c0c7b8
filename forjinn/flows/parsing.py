"""Reads agentflow JSON (`nodes`, `edges`), and checks it whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from forjinn.flows import strict_json
from forjinn.flows.assembling import ITERATION, InvalidGraph, assemble
from forjinn.flows.graph import Edge, Graph
from forjinn.flows.nodes import NODES, Loop, Node, Unknown

MOST_BYTES = 5 << 20
MOST_NODE_BYTES = 512 << 10
MOST_NODES = 1000
MOST_EDGES = 10_000
__all__ = ["InvalidGraph", "parse", "read"]

# Iterations that a node may stand in.
MOST_WITHIN = 5
LONGEST_SAID = 60
# Kept in the file and never run: they are notes on the drawing.
NOTES = frozenset({"stickyNoteAgentflow"})
START = "startAgentflow"


def parse(text: str) -> Graph:
    """Raises InvalidGraph with everything that is wrong. What is merely missing is not: see `missing`."""
    raw_nodes, raw_edges = read(text)
    problems: list[str] = []
    nodes = _make_nodes(raw_nodes, problems)
    parents = _parents(raw_nodes, nodes)
    edges = _connect(raw_edges, nodes, _notes(raw_nodes), parents, problems)
    _check_loops(nodes, parents, problems)
    _check_iterations(nodes, parents, problems)
    starts = [node.id for node in nodes.values() if node.name == START]
    if len(starts) != 1:
        problems.append(f"A flow has one Start node; this one has {len(starts)}.")
    if problems:
        raise InvalidGraph(problems)
    return assemble(None, nodes, edges, parents, starts)


def read(text: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The nodes and edges as they stand in the file. Raises InvalidGraph."""
    if len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        raise InvalidGraph(["The flow is larger than 5 MB."])
    try:
        data = strict_json.loads(text)
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
    if len(edges) > MOST_EDGES:
        raise InvalidGraph([f"The flow has {len(edges)} connections; at most {MOST_EDGES} are possible."])
    return nodes, edges


def _are_objects(items: Any) -> bool:
    return isinstance(items, list) and all(isinstance(item, dict) for item in items)


def _notes(nodes: list[dict[str, Any]]) -> set[str]:
    return {str(raw.get("id")) for raw in nodes if _name_of(raw) in NOTES}


def _name_of(raw: dict[str, Any]) -> str:
    data = raw.get("data")
    return str(data.get("name")) if isinstance(data, dict) else ""


def _make_nodes(nodes: list[dict[str, Any]], problems: list[str]) -> dict[str, Node]:
    made: dict[str, Node] = {}
    for position, raw in enumerate(nodes, 1):
        name, node_id = _name_of(raw), raw.get("id")
        if name in NOTES:
            continue
        if not isinstance(node_id, str) or not node_id or node_id in made:
            problems.append(f"Node {position} has no id of its own.")
            continue
        data = raw["data"] if isinstance(raw.get("data"), dict) else {}
        node = made[node_id] = NODES.get(name, Unknown)(node_id, data)
        problems += problems_of(raw, node)
    return made


def problems_of(raw: Mapping[str, Any], node: Node) -> list[str]:
    """What is wrong with a node by itself."""
    size = len(json.dumps(raw, ensure_ascii=False).encode())
    if size > MOST_NODE_BYTES:
        return [f"{node.label}: it has {size:,} bytes; at most {MOST_NODE_BYTES:,} are possible."]
    return node.problems()


def _parents(raw_nodes: list[dict[str, Any]], nodes: Mapping[str, Node]) -> dict[str, str]:
    """The Iteration that a node stands in, by the node's id."""
    found = {}
    # Of nodes with the same id the first one counts.
    for raw in reversed(raw_nodes):
        node_id, parent = raw.get("id"), raw.get("parentNode") or raw.get("parentId")
        if not (isinstance(node_id, str) and isinstance(parent, str) and {node_id, parent} <= nodes.keys()):
            continue
        if nodes[parent].name == ITERATION:
            found[node_id] = parent
    return found


def _connect(
    edges: list[dict[str, Any]],
    nodes: Mapping[str, Node],
    notes: set[str],
    parents: Mapping[str, str],
    problems: list[str],
) -> list[Edge]:
    made: list[Edge] = []
    for position, raw in enumerate(edges, 1):
        source, target = raw.get("source"), raw.get("target")
        if not (isinstance(source, str) and isinstance(target, str)):
            problems.append(f"Edge {position} leads from or to something that is no id of a node.")
        elif source in notes or target in notes:
            continue
        elif not {source, target} <= nodes.keys():
            absent = (source if source not in nodes else target)[:LONGEST_SAID]
            problems.append(f"Edge {position} leads from or to {absent!r}, which is not there.")
        elif parents.get(source) != parents.get(target):
            problems.append(f"Edge {position} leads into or out of an Iteration.")
        else:
            made.append(Edge(source, target, output_of(raw.get("sourceHandle"))))
    return made


def output_of(handle: object) -> int:
    """The number at the end of `<node id>-output-<number>`; other handles are the only output."""
    last = handle.rpartition("-output-")[2] if isinstance(handle, str) else ""
    return int(last) if last.isdecimal() and len(last) < 6 else 0


def _check_loops(nodes: Mapping[str, Node], parents: Mapping[str, str], problems: list[str]) -> None:
    for node in nodes.values():
        if isinstance(node, Loop):
            target = node.target(nodes)
            if target is None:
                problems.append(f"{node.label}: the node to loop back to is not there.")
            elif parents.get(target) != parents.get(node.id):
                problems.append(f"{node.label}: it loops back into or out of an Iteration.")
            else:
                node.back_to = target


def _check_iterations(nodes: Mapping[str, Node], parents: Mapping[str, str], problems: list[str]) -> None:
    filled = set(parents.values())
    for node in nodes.values():
        if node.name == ITERATION and node.id not in filled:
            problems.append(f"{node.label}: there are no nodes inside.")
        within, depth = parents.get(node.id), 0
        while within is not None and depth <= MOST_WITHIN:
            within, depth = parents.get(within), depth + 1
        if depth > MOST_WITHIN:
            problems.append(f"{node.label}: it stands in more than {MOST_WITHIN} Iterations.")
