from __future__ import annotations

import json
from typing import Any

from forjinn.flows.call import Scope
from forjinn.flows.nodes.base import Outcome, Steps, added
from forjinn.flows.nodes.model import SETTINGS
from forjinn.flows.nodes.structured import Schema
from forjinn.flows.nodes.talking import Talking
from forjinn.gateway.completions import Request


class Llm(Talking):
    """Asks a registered model."""

    name = "llmAgentflow"
    title = "LLM"
    prefix = "llm"
    OVERRIDABLE = ("llmMessages", "llmUserMessage", "llmMemoryType", "llmMemoryWindowSize", *SETTINGS)

    def __init__(self, node_id: str, data: dict[str, Any]) -> None:
        super().__init__(node_id, data)
        self.schema = Schema(self.label, self.input("StructuredOutput"))

    def problems(self) -> list[str]:
        return super().problems() + self.schema.problems()

    def run(self, scope: Scope) -> Steps:
        messages, summing_up = yield from self.composed(scope)
        schema = self.schema.as_json_schema() if self.schema else None
        # What is JSON is of no use before it is whole.
        aloud = scope.answering and not self.schema
        made = yield from self.ask(scope, Request(messages, self.options, schema=schema), aloud=aloud)
        output = self.schema.read(made.text) if self.schema else {}
        content = json.dumps(output, ensure_ascii=False, indent=2) if self.schema else made.text
        return Outcome(
            content,
            {"model": self.model, "messages": messages},
            output,
            usage=added(made.usage, summing_up),
            said=self.said(scope, content),
            state=self.updates.made(scope, content, output),
        )
