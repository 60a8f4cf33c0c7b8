from __future__ import annotations

import json
from typing import Any

from forjinn.errors import DomainError
from forjinn.flows import richtext, strict_json
from forjinn.flows.call import Scope
from forjinn.flows.nodes.base import Node, Outcome, Steps, text_of


class Iteration(Node):
    """Runs the nodes inside once for each item of a JSON list; the runner does the rounds."""

    name = "iterationAgentflow"
    title = "Iteration"
    OVERRIDABLE = ("iterationInput",)

    def __init__(self, node_id: str, data: dict[str, Any]) -> None:
        super().__init__(node_id, data)
        given = self.inputs.get("iterationInput")
        self.list = richtext.plain(given) if isinstance(given, str) else given
        self.as_text = text_of(self.inputs.get("iterationOutputStructure")) != "jsonArray"

    def problems(self) -> list[str]:
        return [] if self.list else [f"{self.label}: there is no list to go over."]

    def items(self, scope: Scope) -> list[Any]:
        """Raises DomainError when the input is no list."""
        given = scope.value_of(self.list) if isinstance(self.list, str) else self.list
        try:
            items = strict_json.loads(given) if isinstance(given, str) else given
        except ValueError:
            items = None
        if not isinstance(items, list):
            raise DomainError("the input is not a JSON list.")
        return items

    def outcome(
        self,
        items: list[Any],
        texts: list[str],
        usage: dict[str, int] | None,
        tools: list[dict[str, Any]],
    ) -> Outcome:
        content = "\n".join(texts) if self.as_text else json.dumps(texts, ensure_ascii=False)
        output = {"iterationResults": texts}
        # Tools and tokens are told of the nodes inside; here they are only summed up.
        return Outcome(content, {"iterationInput": items}, output, usage=usage, tools=tools)

    def run(self, scope: Scope) -> Steps:
        raise NotImplementedError("the runner walks the nodes inside")
