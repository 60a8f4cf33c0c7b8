from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from forjinn.errors import DomainError
from forjinn.flows import richtext, strict_json
from forjinn.flows.call import Scope
from forjinn.flows.nodes.base import Outcome, Steps, is_on, objects, text_of
from forjinn.flows.nodes.model import SETTINGS, ModelNode
from forjinn.gateway.completions import Request

SYSTEM = (
    "You sort an input into exactly one of several scenarios. You are given a JSON object with the input, "
    "the scenarios, and an instruction. Answer with a JSON object whose only member, output, is the text "
    'of the scenario that fits best, word for word: {"output": "…"}. Write nothing else.'
)


class ConditionAgent(ModelNode):
    """Has a model choose one of several scenarios, and leaves by its output."""

    name = "conditionAgentAgentflow"
    title = "Condition Agent"
    prefix = "conditionAgent"
    OVERRIDABLE = ("conditionAgentInstructions", "conditionAgentInput", *SETTINGS)

    def __init__(self, node_id: str, data: dict[str, Any]) -> None:
        super().__init__(node_id, data)
        self.instructions = richtext.plain(text_of(self.input("Instructions")))
        self.asked = richtext.plain(text_of(self.input("Input")))
        # The place of a scenario is the number of its output, so a blank one keeps its place.
        self.scenarios = [
            richtext.plain(text_of(one.get("scenario"))).strip() for one in objects(self.input("Scenarios"))
        ]
        own = richtext.plain(text_of(self.input("SystemPrompt")))
        self.system = own if own and is_on(self.input("OverrideSystemPrompt")) else SYSTEM

    def problems(self) -> list[str]:
        found = super().problems()
        return found if any(self.scenarios) else [*found, f"{self.label}: there are no scenarios."]

    def remembers(self) -> bool:
        # The format has a switch for it, and no use: a scenario is chosen by the input alone.
        return False

    def run(self, scope: Scope) -> Steps:
        given = {
            "input": scope.fill(self.asked) if self.asked.strip() else scope.call.asked,
            "scenarios": [one for one in self.scenarios if one],
            "instruction": scope.fill(self.instructions),
        }
        messages = [
            {"role": "system", "content": scope.fill(self.system)},
            {"role": "user", "content": json.dumps(given, ensure_ascii=False)},
        ]
        made = yield from self.ask(scope, Request(messages, self.options))
        chosen = self._chosen(made.text)
        told = [
            {"output": scenario, "isFulfilled": number == chosen}
            for number, scenario in enumerate(self.scenarios)
        ]
        read = {"model": self.model, "messages": messages}
        return Outcome("", read, {"conditions": told}, usage=made.usage, branch=chosen)

    def _chosen(self, text: str) -> int:
        """The scenario that the model named: word for word, else the only one that it speaks of."""
        said = _output(text).casefold().strip(" .\"'`")
        folded = [one.casefold() for one in self.scenarios]
        if said and said in folded:
            return folded.index(said)
        near = [number for number, one in enumerate(folded) if one and said and (one in said or said in one)]
        if len(near) == 1:
            return near[0]
        raise DomainError(f"the model chose none of the scenarios; it said: {text.strip()[:200]!r}.")


def _output(text: str) -> str:
    with suppress(ValueError):
        made = strict_json.loads(text[max(0, text.find("{")) : text.rfind("}") + 1])
        if isinstance(made, dict) and isinstance(made.get("output"), str):
            return str(made["output"])
    return text
