"""Flows drawn in a few characters: `drawn([start, reply], "start>reply")`."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

from tests.samples import node


def box(kind: str, node_id: str, within: str | None = None, /, **inputs: Any) -> dict[str, Any]:
    """A node, its id also its label; `within` is the Iteration that it stands in."""
    return node(f"{kind}Agentflow", node_id, inputs) | {"id": node_id, "parentNode": within}


def reply(node_id: str, text: object, within: str | None = None) -> dict[str, Any]:
    return box("directReply", node_id, within, directReplyMessage=text)


def llm(node_id: str, within: str | None = None, /, **inputs: Any) -> dict[str, Any]:
    """The inputs without their prefix: `UserMessage="…"`."""
    return box(
        "llm", node_id, within, llmModel="small", **{f"llm{name}": value for name, value in inputs.items()}
    )


def drawn(nodes: list[dict[str, Any]], *lines: str) -> str:
    """A flow with a Start of the id `start`. Lines are "a>b", or "a:1>b" from the second output of a."""
    begin = box("start", "start", startInputType="chatInput")
    known = nodes if any(one["id"] == "start" for one in nodes) else [begin, *nodes]
    return json.dumps({"nodes": known, "edges": [_edge(line) for line in lines]})


def in_a_row(*nodes: dict[str, Any]) -> str:
    """The nodes that stand in no Iteration follow each other, the first one Start."""
    ids = ["start", *(one["id"] for one in nodes if not one.get("parentNode") and one["id"] != "start")]
    return drawn(list(nodes), *(f"{one}>{other}" for one, other in pairwise(ids)))


def _edge(line: str) -> dict[str, Any]:
    source, target = line.split(">")
    source, _, output = source.partition(":")
    return {"source": source, "target": target, "sourceHandle": f"{source}-output-{output or 0}"}


def ran(answer: dict[str, Any]) -> list[str]:
    """The ids of the nodes that ran, in their order."""
    return [entry["nodeId"] for entry in answer["agentFlowExecutedData"]]


def told(answer: dict[str, Any], node_id: str) -> dict[str, Any]:
    """What the trace says of a node's last run."""
    entries = [entry for entry in answer["agentFlowExecutedData"] if entry["nodeId"] == node_id]
    found: dict[str, Any] = entries[-1]["data"]
    return found
