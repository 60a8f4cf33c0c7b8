"""Gives the models of an agentflow file other names: those that the workspace has registered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from forjinn.flows import parsing
from forjinn.flows.nodes import NODES
from forjinn.flows.nodes.model import NAMES, ModelNode


def mapped(text: str, models: Mapping[str, str]) -> str:
    """The file with each name of `models` replaced in the nodes that call it. Raises InvalidGraph."""
    parsing.read(text)
    data = json.loads(text)
    for raw in data["nodes"]:
        if isinstance(raw.get("data"), dict):
            _map(raw, models)
    return json.dumps(data, ensure_ascii=False)


def _map(raw: dict[str, Any], models: Mapping[str, str]) -> None:
    kind = NODES.get(str(raw["data"].get("name")))
    if kind is None or not issubclass(kind, ModelNode):
        return
    node = kind(str(raw.get("id")), raw["data"])
    if node.model in models:
        # A node without inputs names no model.
        inputs, config = node.inputs, f"{node.prefix}ModelConfig"
        kept = {name: value for name, value in node.config.items() if name not in NAMES}
        inputs[config] = kept | {"modelName": models[node.model]}
