from __future__ import annotations

from typing import Any

from forjinn.flows import richtext
from forjinn.flows.call import Scope
from forjinn.flows.nodes.base import Node, Outcome, Steps, text_of


class DirectReply(Node):
    """Answers with its own text."""

    name = "directReplyAgentflow"
    title = "Direct Reply"
    OVERRIDABLE = ("directReplyMessage",)

    def __init__(self, node_id: str, data: dict[str, Any]) -> None:
        super().__init__(node_id, data)
        self.message = richtext.plain(text_of(self.inputs.get("directReplyMessage")))

    def problems(self) -> list[str]:
        return [] if self.message else [f"{self.label}: the message is empty."]

    def run(self, scope: Scope) -> Steps:
        yield from ()
        text = scope.fill(self.message)
        return Outcome(text, {"directReplyMessage": text})
