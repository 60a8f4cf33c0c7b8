"""The way through a graph: which node is next."""

from __future__ import annotations

from collections import deque

from forjinn.flows.graph import Edge, Graph
from forjinn.flows.nodes import Node

# The number of no output.
NOWHERE = -1


class Way:
    """The next node is one whose edges have all been decided, at least one of them taken."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        # Edges that were decided: whether the flow goes along them.
        self.taken: dict[Edge, bool] = {}
        self.ready = deque(node_id for node_id in graph.nodes if not graph.arriving.get(node_id))

    def next(self) -> Node | None:
        return self.graph.nodes[self.ready.popleft()] if self.ready else None

    def is_last(self, node: Node) -> bool:
        """Whether the flow ends with this node, which was taken just now."""
        return not self.ready and not self.graph.leaving.get(node.id)

    def leave(self, node_id: str, branch: int | None) -> None:
        """The node is done; go on along its edges, or along those of one output."""
        left = deque([(node_id, branch)])
        while left:
            one, branch = left.popleft()
            edges = self.graph.leaving.get(one, ())
            self.taken |= {edge: branch is None or edge.output == branch for edge in edges}
            for target in dict.fromkeys(edge.target for edge in edges):
                comes = self._comes(target)
                if comes:
                    self.ready.append(target)
                elif comes is not None:
                    # Nobody comes here, so nobody leaves by its edges either.
                    left.append((target, NOWHERE))

    def _comes(self, node_id: str) -> bool | None:
        """Whether the flow comes to the node; None while that is not decided."""
        decided = [self.taken.get(edge) for edge in self.graph.arriving[node_id]]
        return None if None in decided else any(decided)

    def back_to(self, node_id: str) -> None:
        """Begin again at this node, as if what follows it had not been."""
        again = self.graph.after(node_id)
        for edge in list(self.taken):
            if edge.source in again:
                del self.taken[edge]
        self.ready = deque(one for one in self.ready if one not in again)
        self.ready.appendleft(node_id)
