"""Gives the models of an agentflow file other names: those that the workspace has registered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from forjinn.flows import parsing
from forjinn.flows.canvas.document import Document
from forjinn.flows.canvas.splices import applied, ordered
from forjinn.flows.nodes import NODES
from forjinn.flows.nodes.base import text_of
from forjinn.flows.nodes.model import NAMES, ModelNode


def mapped(text: str, models: Mapping[str, str]) -> str:
    """The file with each name of `models` replaced in the nodes that call it, byte for byte otherwise.

    Raises InvalidGraph.
    """
    parsing.read(text)
    document, splices = Document(text), []
    for element in document.nodes.values():
        node = _model_node(element.value)
        if node and node.model in models:
            place = ["data", "inputs", *_place(node)]
            splices += document.change(element, _with(element.value, place, models[node.model]))
    return applied(text, ordered(splices))


def _with(value: Mapping[str, Any], path: Sequence[str], new: str) -> dict[str, Any]:
    """The same, with another value at the end of the path."""
    name, *rest = path
    return {**value, name: _with(value[name], rest, new) if rest else new}


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
