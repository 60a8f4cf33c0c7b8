from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

from forjinn.flows import richtext, variables
from forjinn.flows.nodes.base import Call, Node, Outcome
from forjinn.gateway import lookup, providers

ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
# The format's setting -> the provider's parameter and its type.
OPTIONS: dict[str, tuple[str, type]] = {
    "temperature": ("temperature", float),
    "topP": ("top_p", float),
    "maxTokens": ("max_tokens", int),
    "maxOutputTokens": ("max_tokens", int),
}
UNSUPPORTED = {"llmStructuredOutput": "structured output", "llmUpdateState": "flow state"}


class Llm(Node):
    """Asks a registered model."""

    name = "llmAgentflow"
    title = "LLM"

    def __init__(self, node_id: str, data: dict[str, Any]) -> None:
        super().__init__(node_id, data)
        config = self.inputs.get("llmModelConfig")
        self.config: dict[str, Any] = config if isinstance(config, dict) else {}
        self.model = _text(self.config.get("modelName")) or _text(self.inputs.get("llmModel"))
        self.messages = [
            (ROLES.get(str(message.get("role")), ""), richtext.plain(_text(message.get("content"))))
            for message in _objects(self.inputs.get("llmMessages"))
        ]
        self.user_message = richtext.plain(_text(self.inputs.get("llmUserMessage")))
        self.options = self._options()

    def _options(self) -> dict[str, Any]:
        options = {}
        for setting, (parameter, kind) in OPTIONS.items():
            value = self.config.get(setting)
            if isinstance(value, (int, float, str)) and not isinstance(value, bool) and value != "":
                with suppress(ValueError, OverflowError):
                    number = kind(value)
                    if math.isfinite(number):
                        options[parameter] = number
        return options

    def problems(self) -> list[str]:
        found = [
            f"{self.label}: {what} is not supported."
            for name, what in UNSUPPORTED.items()
            if self.inputs.get(name)
        ]
        if not self.model:
            found.append(f"{self.label}: no model is chosen.")
        if any(not role for role, _content in self.messages):
            found.append(f"{self.label}: a message has a role other than {', '.join(ROLES)}.")
        return found

    def models(self) -> tuple[str, ...]:
        return (self.model,)

    def run(self, call: Call) -> Outcome:
        messages = self._messages_for(call)
        upstream = lookup.upstream(call.workspace_id, self.model)
        completion = providers.complete(upstream, messages, self.options)
        return Outcome(completion.text, {"model": self.model, "messages": messages}, completion.usage)

    def _messages_for(self, call: Call) -> list[dict[str, str]]:
        """Its own messages; the caller's history stands before the first one of the user."""
        own = [
            {"role": role, "content": variables.fill(content, call.values)} for role, content in self.messages
        ]
        if self.user_message:
            own.append({"role": "user", "content": variables.fill(self.user_message, call.values)})
        elif not any(message["role"] == "user" for message in own):
            own.append({"role": "user", "content": call.question})
        first_said = next(i for i, message in enumerate(own) if message["role"] != "system")
        return [*own[:first_said], *call.history, *own[first_said:]]


def _objects(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
