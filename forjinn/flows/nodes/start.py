from __future__ import annotations

from typing import Any

from forjinn.flows.nodes.base import Call, Node, Outcome


class Start(Node):
    """Where a flow begins: with the chat's question, or with a form."""

    name = "startAgentflow"
    title = "Start"

    def __init__(self, node_id: str, data: dict[str, Any]) -> None:
        super().__init__(node_id, data)
        self.asks_for_form = self.inputs.get("startInputType") == "formInput"

    def problems(self) -> list[str]:
        if self.inputs.get("startState"):
            return [f"{self.label}: flow state is not supported."]
        return []

    def run(self, call: Call) -> Outcome:
        given: dict[str, Any] = {"form": call.form} if self.asks_for_form else {"question": call.question}
        return Outcome(call.question, given)
