"""The node types, a file each. `NODES` is what a graph may hold."""

from __future__ import annotations

from forjinn.flows.nodes.base import Node
from forjinn.flows.nodes.direct_reply import DirectReply
from forjinn.flows.nodes.llm import Llm
from forjinn.flows.nodes.start import Start

NODES: dict[str, type[Node]] = {node.name: node for node in (Start, Llm, DirectReply)}

__all__ = ["NODES", "Node"]
