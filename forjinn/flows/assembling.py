"""Puts a graph together: the nodes that Start reaches, in running order, and the graphs inside Iterations."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

from forjinn.errors import DomainError
from forjinn.flows.graph import Edge, Graph, by_end
from forjinn.flows.nodes import Node

ITERATION = "iterationAgentflow"
MOST_SAID = 20


class InvalidGraph(DomainError):
    """The graph cannot run; `problems` lists everything that is wrong, one sentence each."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        more = [f"And {len(problems) - MOST_SAID:,} problems more."] if len(problems) > MOST_SAID else []
        super().__init__(" ".join([*problems[:MOST_SAID], *more]))


def assemble(
    within: str | None,
    nodes: Mapping[str, Node],
    edges: list[Edge],
    parents: Mapping[str, str],
    starts: list[str],
) -> Graph:
    """The graph of the nodes that stand in the Iteration `within`; of the flow itself for None."""
    mine = {node_id for node_id in nodes if parents.get(node_id) == within}
    reached = _reached([one for one in starts if one in mine] or _first(mine, edges), mine, edges)
    kept = tuple(edge for edge in edges if edge.source in reached and edge.target in reached)
    inner = {
        node_id: assemble(node_id, nodes, edges, parents, [])
        for node_id in nodes
        if node_id in reached and nodes[node_id].name == ITERATION
    }
    order = _in_order([one for one in nodes if one in reached], kept)
    return Graph({node_id: nodes[node_id] for node_id in order}, kept, inner)


def _first(mine: set[str], edges: list[Edge]) -> list[str]:
    followed = {edge.target for edge in edges}
    return [node_id for node_id in mine if node_id not in followed] or list(mine)


def _reached(starts: list[str], mine: set[str], edges: list[Edge]) -> set[str]:
    found, queue = set(starts), deque(starts)
    leaving = by_end(edges, lambda edge: edge.source)
    while queue:
        for edge in leaving.get(queue.popleft(), ()):
            if edge.target in mine and edge.target not in found:
                found.add(edge.target)
                queue.append(edge.target)
    return found


def _in_order(node_ids: list[str], edges: Iterable[Edge]) -> list[str]:
    """Each node after all that lead to it. A cycle is refused: only a Loop node may go back."""
    previous: dict[str, list[str]] = {node_id: [] for node_id in node_ids}
    for edge in edges:
        previous[edge.target].append(edge.source)
    try:
        return list(TopologicalSorter(previous).static_order())
    except CycleError:
        raise InvalidGraph(["The flow runs in a circle; only a Loop node may lead back."]) from None
