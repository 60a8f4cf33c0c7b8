"""A flow's graph: nodes and the edges between them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from forjinn.flows.nodes import Node, Start


@dataclass(frozen=True)
class Edge:
    """`output` is the number of the source's output that it leaves by."""

    source: str
    target: str
    output: int


@dataclass(frozen=True)
class Graph:
    """The nodes that run, in the order in which they can, and the graphs inside Iterations by their id."""

    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...]
    inner: Mapping[str, Graph]

    @cached_property
    def leaving(self) -> Mapping[str, list[Edge]]:
        return by_end(self.edges, lambda edge: edge.source)

    @cached_property
    def arriving(self) -> Mapping[str, list[Edge]]:
        return by_end(self.edges, lambda edge: edge.target)

    def previous(self, node_id: str) -> list[str]:
        return list(dict.fromkeys(edge.source for edge in self.arriving.get(node_id, ())))

    def after(self, node_id: str) -> set[str]:
        """The node and all that follow it."""
        found, queue = {node_id}, deque([node_id])
        while queue:
            for edge in self.leaving.get(queue.popleft(), ()):
                if edge.target not in found:
                    found.add(edge.target)
                    queue.append(edge.target)
        return found

    def walk(self) -> Iterator[Node]:
        """All nodes, those inside an Iteration after it."""
        for node in self.nodes.values():
            yield node
            if node.id in self.inner:
                yield from self.inner[node.id].walk()

    @property
    def start(self) -> Start:
        return next(node for node in self.nodes.values() if isinstance(node, Start))

    @cached_property
    def models(self) -> tuple[str, ...]:
        """The names of the models that its nodes call."""
        return tuple(dict.fromkeys(name for node in self.walk() for name in node.models()))

    @cached_property
    def flows(self) -> tuple[str, ...]:
        """The ids of the flows that its nodes call."""
        return tuple(dict.fromkeys(flow for node in self.walk() for flow in node.flows()))

    @cached_property
    def missing(self) -> list[str]:
        """What the nodes need that Forjinn does not have, one sentence each."""
        return [sentence for node in self.walk() for sentence in node.missing()]

    @cached_property
    def remembers(self) -> bool:
        """Whether something of the conversation is needed later, and so is kept."""
        return self.start.persists or (
            not self.start.ephemeral
            and any(node.remembers() or node.mentions("chat_history") for node in self.walk())
        )

    @cached_property
    def mentions_variables(self) -> bool:
        """Whether it needs the workspace's variables; a flow that it calls may, too."""
        return bool(self.flows) or any(node.mentions("$vars") for node in self.walk())

    @cached_property
    def streams(self) -> bool:
        """Whether it can stream: unless the owner turned streaming off in one of its models."""
        return all(getattr(node, "streams", True) for node in self.walk())


def by_end(edges: Iterable[Edge], key: Callable[[Edge], str]) -> dict[str, list[Edge]]:
    found: dict[str, list[Edge]] = {}
    for edge in edges:
        found.setdefault(key(edge), []).append(edge)
    return found
