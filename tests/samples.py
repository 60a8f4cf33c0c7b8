"""Flow files of the shape that the editor writes."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any


def node(name: str, label: str, inputs: dict[str, Any], number: int = 0) -> dict[str, Any]:
    node_id = f"{name}_{number}"
    return {
        "id": node_id,
        "type": "agentFlow",
        "position": {"x": 0, "y": 0},
        "data": {"id": node_id, "label": label, "name": name, "inputs": inputs},
    }


def chain(*nodes: dict[str, Any]) -> str:
    """A flow whose nodes follow each other."""
    edges = [
        {"id": f"e{number}", "source": one["id"], "target": other["id"], "type": "agentFlow"}
        for number, (one, other) in enumerate(pairwise(nodes))
    ]
    return json.dumps({"nodes": list(nodes), "edges": edges})


START = node("startAgentflow", "Start", {"startInputType": "chatInput"})
DIRECT_REPLY = chain(
    START,
    node("directReplyAgentflow", "Direct Reply", {"directReplyMessage": "<p>You asked: {{ question }}</p>"}),
)
# Of the shape of the editor's published templates, with what it writes beside the inputs.
TRANSLATOR = (Path(__file__).parent / "translator.agentflow.json").read_text(encoding="utf-8")
FORM = chain(
    node("startAgentflow", "Start", {"startInputType": "formInput"}),
    node("directReplyAgentflow", "Direct Reply", {"directReplyMessage": "Thank you, {{ $form.name }}"}),
)
