from __future__ import annotations

from typing import Any

from forjinn.flows import richtext, variables
from forjinn.flows.nodes.base import Call, Node, Outcome


class DirectReply(Node):
    """Answers with its own text."""

    name = "directReplyAgentflow"
    title = "Direct Reply"

    def __init__(self, node_id: str, data: dict[str, Any]) -> None:
        super().__init__(node_id, data)
        message = self.inputs.get("directReplyMessage")
        self.message = richtext.plain(message) if isinstance(message, str) else ""

    def problems(self) -> list[str]:
        return [] if self.message else [f"{self.label}: the message is empty."]

    def run(self, call: Call) -> Outcome:
        text = variables.fill(self.message, call.values)
        return Outcome(text, {"directReplyMessage": text})
