"""What LLM, Agent and Condition Agent share: the choice of a registered model, and its settings."""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping
from contextlib import closing, suppress
from typing import Any, ClassVar, Self

from forjinn.flows.call import Scope
from forjinn.flows.events import Event, Token
from forjinn.flows.nodes.base import Node, is_on, text_of
from forjinn.gateway import asking
from forjinn.gateway.completions import Completion, Request

# The format's setting -> the provider's parameter and its type.
OPTIONS: dict[str, tuple[str, type]] = {
    "temperature": ("temperature", float),
    "topP": ("top_p", float),
    "maxTokens": ("max_tokens", int),
    "maxOutputTokens": ("max_tokens", int),
    "maxTokensToSample": ("max_tokens", int),
    "frequencyPenalty": ("frequency_penalty", float),
    "presencePenalty": ("presence_penalty", float),
}
# Settings of the model that `overrideConfig` may change, beside the node's own inputs.
SETTINGS = ("modelName", "temperature", "topP", "maxTokens")
# Where the templates keep the model's name; the first one that is not empty counts.
NAMES = ("customModelName", "modelName", "model", "azureOpenAIApiDeploymentName")


class ModelNode(Node):
    """Inputs are named after `prefix`: `llmModel`, `llmModelConfig`, …"""

    prefix: ClassVar[str]

    def __init__(self, node_id: str, data: dict[str, Any]) -> None:
        super().__init__(node_id, data)
        config = self.input("ModelConfig")
        self.config: dict[str, Any] = config if isinstance(config, dict) else {}
        named = (text_of(self.config.get(name)).strip() for name in NAMES)
        self.model = next(filter(None, named), text_of(self.input("Model")).strip())
        self.streams = self.config.get("streaming") not in (False, "false")
        self.options = _options(self.config)

    def input(self, name: str) -> Any:
        return self.inputs.get(self.prefix + name)

    def missing(self) -> list[str]:
        return [] if self.model else [f"{self.label}: no model is chosen."]

    def models(self) -> tuple[str, ...]:
        return (self.model,) if self.model else ()

    def remembers(self) -> bool:
        return is_on(self.input("EnableMemory"))

    def changed(self, inputs: Mapping[str, Any]) -> Self:
        """Settings of the model are changed in its configuration."""
        settings = {name: value for name, value in inputs.items() if name in SETTINGS}
        if "modelName" in settings:
            settings |= dict.fromkeys(NAMES, "") | {"modelName": settings["modelName"]}
        rest = {name: value for name, value in inputs.items() if name not in SETTINGS}
        return super().changed({**rest, f"{self.prefix}ModelConfig": self.config | settings})

    def ask(
        self, scope: Scope, request: Request, *, aloud: bool = False
    ) -> Generator[Event, None, Completion]:
        """One call of the model; `aloud` tells the text as it comes. Raises DomainError."""
        workspace_id = scope.call.workspace_id
        # While somebody reads, also a text that is not shown is streamed: so it ends when they leave.
        if not (scope.call.streaming and self.streams):
            return asking.complete(workspace_id, self.model, request)
        pieces = asking.stream(workspace_id, self.model, request)
        with closing(pieces):
            while True:
                try:
                    piece = next(pieces)
                except StopIteration as end:
                    completion: Completion = end.value
                    return completion
                if aloud:
                    yield Token(piece)


def _options(config: dict[str, Any]) -> dict[str, Any]:
    options = {}
    for setting, (parameter, kind) in OPTIONS.items():
        value = config.get(setting)
        if isinstance(value, (int, float, str)) and not isinstance(value, bool) and value != "":
            with suppress(ValueError, OverflowError):
                number = kind(value)
                if math.isfinite(number):
                    options[parameter] = number
    return options
