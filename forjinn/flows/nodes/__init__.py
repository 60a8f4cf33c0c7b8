"""The node types, a file each. `NODES` is what a graph may hold."""

from __future__ import annotations

from forjinn.flows.nodes.agent import Agent
from forjinn.flows.nodes.base import Node
from forjinn.flows.nodes.condition import Condition
from forjinn.flows.nodes.condition_agent import ConditionAgent
from forjinn.flows.nodes.direct_reply import DirectReply
from forjinn.flows.nodes.execute_flow import ExecuteFlow
from forjinn.flows.nodes.http import Http
from forjinn.flows.nodes.iteration import Iteration
from forjinn.flows.nodes.llm import Llm
from forjinn.flows.nodes.loop import Loop
from forjinn.flows.nodes.start import Start
from forjinn.flows.nodes.unknown import Unknown

NODES: dict[str, type[Node]] = {
    node.name: node
    for node in (
        Start, Llm, Agent, Condition, ConditionAgent, Http, Loop, Iteration, ExecuteFlow, DirectReply
    )
}  # fmt: skip

__all__ = ["NODES", "Loop", "Node", "Start", "Unknown"]
