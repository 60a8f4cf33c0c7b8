from __future__ import annotations

from typing import Any

from forjinn.errors import DomainError
from forjinn.flows import calling, richtext
from forjinn.flows.call import Scope
from forjinn.flows.nodes.base import is_on, text_of
from forjinn.flows.tools.base import Result, Tool, clean, schema


class FlowTool(Tool):
    """Another flow of the workspace."""

    def __init__(self, config: dict[str, Any]) -> None:
        # The editor's two generations name it differently.
        self.flow_id = (
            text_of(config.get("selectedChatflow")) or text_of(config.get("selectedAgentflow"))
        ).strip()
        self.name = clean(text_of(config.get("name")), "flow")
        self.description = richtext.plain(text_of(config.get("description"))) or "Ask another flow."
        self.own_input = richtext.plain(text_of(config.get("customInput")))
        self.uses_question = is_on(config.get("useQuestionFromChat"))
        self.new_session = is_on(config.get("startNewSession"))
        self.parameters = schema({"input": {"type": "string", "description": "What to ask."}}, ["input"])

    def missing(self) -> list[str]:
        return [] if self.flow_id else ["the flow tool has no flow chosen."]

    def flows(self) -> tuple[str, ...]:
        return (self.flow_id,) if self.flow_id else ()

    def call(self, scope: Scope, arguments: dict[str, Any]) -> Result:
        if self.uses_question:
            question = scope.call.asked
        else:
            question = scope.fill(self.own_input) or text_of(arguments.get("input"))
        if not question:
            raise DomainError("the argument input is missing.")
        text, usage, _tools = calling.call_flow(scope, self.flow_id, question, new_session=self.new_session)
        return Result(text, usage)
