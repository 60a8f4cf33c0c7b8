from __future__ import annotations

from typing import Any

from forjinn.flows import calling, richtext
from forjinn.flows.call import Scope
from forjinn.flows.nodes.base import Node, Outcome, Steps, text_of
from forjinn.flows.nodes.state import Updates


class ExecuteFlow(Node):
    """Asks another flow of the workspace."""

    name = "executeFlowAgentflow"
    title = "Execute Flow"
    OVERRIDABLE = ("executeFlowInput",)

    def __init__(self, node_id: str, data: dict[str, Any]) -> None:
        super().__init__(node_id, data)
        self.flow_id = text_of(self.inputs.get("executeFlowSelectedFlow")).strip()
        self.question = richtext.plain(text_of(self.inputs.get("executeFlowInput")))
        self.updates = Updates(self.inputs.get("executeFlowUpdateState"))
        self.as_assistant = text_of(self.inputs.get("executeFlowReturnResponseAs")) == "assistantMessage"

    def missing(self) -> list[str]:
        return [] if self.flow_id else [f"{self.label}: no flow is chosen."]

    def flows(self) -> tuple[str, ...]:
        return (self.flow_id,) if self.flow_id else ()

    def run(self, scope: Scope) -> Steps:
        yield from ()
        question = scope.fill(self.question) or scope.call.asked
        text, usage, tools = calling.call_flow(scope, self.flow_id, question)
        asked = [] if scope.said else [{"role": "user", "content": question}]
        answer = {"role": "assistant" if self.as_assistant else "user", "content": text}
        return Outcome(
            text,
            {"flowId": self.flow_id, "messages": [{"role": "user", "content": question}]},
            usage=usage,
            tools=tools,
            said=[*asked, answer],
            state=self.updates.made(scope, text),
        )
