from __future__ import annotations

from typing import Any

from forjinn.flows.call import Scope
from forjinn.flows.nodes.base import Node, Outcome, Steps, is_on, objects, shown, text_of

INPUT_TYPES = ("", "chatInput", "formInput")


class Start(Node):
    """Where a flow begins: with the chat's question, or with a form."""

    name = "startAgentflow"
    title = "Start"
    OVERRIDABLE = ("startState",)

    def __init__(self, node_id: str, data: dict[str, Any]) -> None:
        super().__init__(node_id, data)
        self.input_type = text_of(self.inputs.get("startInputType"))
        self.ephemeral = is_on(self.inputs.get("startEphemeralMemory"))
        # Whether a conversation goes on with the state that its last run ended with.
        self.persists = is_on(self.inputs.get("startPersistState"))
        state = self.inputs.get("startState")
        # The editor's list, or the object that a caller may send instead.
        self.state: dict[str, Any] = (
            dict(state)
            if isinstance(state, dict)
            else {
                key: item.get("value", "")
                for item in objects(state)
                if (key := text_of(item.get("key")).strip())
            }
        )

    @property
    def asks_for_form(self) -> bool:
        return self.input_type == "formInput"

    def missing(self) -> list[str]:
        if self.input_type in INPUT_TYPES:
            return []
        return [f"{self.label}: the input type {shown(self.input_type)} is not supported."]

    def run(self, scope: Scope) -> Steps:
        yield from ()
        call = scope.call
        given: dict[str, Any] = {"form": call.form} if self.asks_for_form else {"question": call.question}
        state = {
            key: scope.value_of(value) if isinstance(value, str) else value
            for key, value in self.state.items()
        }
        output = given if self.asks_for_form else {}
        return Outcome(call.asked, given, output=output, state=state | call.kept_state)
