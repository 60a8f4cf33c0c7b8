"""Gives the models of an agentflow file other names: those that the workspace has registered."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from forjinn.flows import json_edits, parsing
from forjinn.flows.json_edits import Span
from forjinn.flows.nodes import NODES
from forjinn.flows.nodes.base import text_of
from forjinn.flows.nodes.model import NAMES, ModelNode


def mapped(text: str, models: Mapping[str, str]) -> str:
    """The file with each name of `models` replaced in the nodes that call it, byte for byte otherwise.

    Raises InvalidGraph.
    """
    parsing.read(text)
    return json_edits.replaced(text, _changes(text, models))


def _changes(text: str, models: Mapping[str, str]) -> Iterator[tuple[Span, str]]:
    nodes = json_edits.members(text, json_edits.beginning(text))["nodes"]
    for start, end in json_edits.items(text, nodes[0]):
        node = _model_node(json.loads(text[start:end]))
        if node and node.model in models:
            yield json_edits.at(text, start, ["data", "inputs", *_place(node)]), models[node.model]


def _model_node(raw: dict[str, Any]) -> ModelNode | None:
    data = raw.get("data")
    if not isinstance(data, dict):
        return None
    kind = NODES.get(str(data.get("name")))
    return kind("", data) if kind and issubclass(kind, ModelNode) else None


def _place(node: ModelNode) -> list[str]:
    """Where among its inputs the name stands by which it calls its model."""
    named = (name for name in NAMES if text_of(node.config.get(name)).strip())
    name = next(named, None)
    return [f"{node.prefix}ModelConfig", name] if name else [f"{node.prefix}Model"]
