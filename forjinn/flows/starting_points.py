"""Flows to begin with. Each is drawn as a file would be, so that it opens in the editor too."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from forjinn.flows.models import AGENTFLOW, CHATFLOW

MEMORY = {"llmEnableMemory": True, "llmMemoryType": "windowSize", "llmMemoryWindowSize": 10}
FAQ = """You answer questions of our customers. Use only what stands below. When the answer is not there, say so, and name the address to write to.

Opening hours: Monday to Friday, 9:00 to 17:00.
Delivery: two to four working days.
Returns: within 30 days, free of charge.
Contact: help@example.com"""  # noqa: E501
ADDRESS = "https://en.wikipedia.org/w/api.php?action=query&list=search&format=json&srsearch={{ question }}"
SCENARIOS = ("A question about an order, its delivery or its return", "Anything else")
ORDERS = "You are the order desk of a web shop. Ask for the order number when you need it. Be brief."
OTHERS = "You are the friendly assistant of a web shop. Be brief."
LOOKED_UP = (
    "Answer the question from what an API said. When the answer is not in there, say so.\n\n"
    "The API said:\n{{ httpAgentflow_0 }}"
)


@dataclass(frozen=True)
class Wanted:
    """`system` is the system prompt of FAQ, `address` what API lookup calls."""

    model: str
    system: str = ""
    address: str = ""


@dataclass(frozen=True)
class StartingPoint:
    title: str
    explained: str
    type: str
    draw: Callable[[Wanted], str]


def chat(wanted: Wanted) -> str:
    """A Start and an LLM that remembers."""
    return _drawn([_start(), _llm(0, "LLM", wanted.model, wanted.system)], [(0, 1, 0)])


def router(wanted: Wanted) -> str:
    sort = {
        "conditionAgentModel": wanted.model,
        "conditionAgentInstructions": "Decide what the customer wants.",
        "conditionAgentInput": "{{ question }}",
        "conditionAgentScenarios": [{"scenario": scenario} for scenario in SCENARIOS],
    }
    nodes = [
        _start(),
        _node("conditionAgentAgentflow", 0, "What is it about?", (260, 0), sort),
        _llm(0, "Order desk", wanted.model, ORDERS, (560, -80)),
        _llm(1, "Everything else", wanted.model, OTHERS, (560, 80)),
    ]
    return _drawn(nodes, [(0, 1, 0), (1, 2, 0), (1, 3, 1)])


def lookup(wanted: Wanted) -> str:
    call = {"method": "GET", "url": wanted.address, "responseType": "json"}
    nodes = [
        _start(),
        _node("httpAgentflow", 0, "Look it up", (260, 0), call),
        _llm(0, "Answer", wanted.model, LOOKED_UP, (520, 0)),
    ]
    return _drawn(nodes, [(0, 1, 0), (1, 2, 0)])


POINTS = {
    "chat": StartingPoint("Plain chat", "A model that remembers the conversation.", CHATFLOW, chat),
    "faq": StartingPoint(
        "FAQ", "A model that answers from the facts in its system prompt.", CHATFLOW, chat
    ),
    "router": StartingPoint(
        "Router", "A Condition Agent sorts what is asked; each kind has its own prompt.", AGENTFLOW, router
    ),
    "lookup": StartingPoint(
        "API lookup", "An HTTP node asks an API, and a model answers from what it said.", AGENTFLOW, lookup
    ),
}  # fmt: skip


def _start() -> dict[str, Any]:
    return _node("startAgentflow", 0, "Start", (0, 0), {"startInputType": "chatInput"})


def _llm(
    number: int, label: str, model: str, system: str, place: tuple[int, int] = (260, 0)
) -> dict[str, Any]:
    messages = [{"role": "system", "content": system}] if system else []
    return _node("llmAgentflow", number, label, place, {"llmModel": model, "llmMessages": messages, **MEMORY})


def _node(
    name: str, number: int, label: str, place: tuple[int, int], inputs: dict[str, Any]
) -> dict[str, Any]:
    node_id = f"{name}_{number}"
    data = {"id": node_id, "label": label, "name": name, "type": label, "inputs": inputs}
    position = {"x": place[0], "y": place[1]}
    return {"id": node_id, "type": "agentFlow", "position": position, "data": data}


def _drawn(nodes: list[dict[str, Any]], edges: list[tuple[int, int, int]]) -> str:
    """Edges are the places of source and target in `nodes`, and the number of the source's output."""
    drawn = [
        {
            "id": f"e{number}",
            "source": nodes[source]["id"],
            "sourceHandle": f"{nodes[source]['id']}-output-{output}",
            "target": nodes[target]["id"],
            "targetHandle": nodes[target]["id"],
            "type": "agentFlow",
        }
        for number, (source, target, output) in enumerate(edges)
    ]
    return json.dumps({"nodes": nodes, "edges": drawn}, ensure_ascii=False)
