from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Self

from forjinn.flows import richtext
from forjinn.flows.call import Scope
from forjinn.flows.nodes.base import Node, Outcome, Steps, text_of
from forjinn.flows.nodes.state import Updates

DEFAULT_ROUNDS = 5


class Loop(Node):
    """Goes back to an earlier node, until the flow has passed it as often as it may."""

    name = "loopAgentflow"
    title = "Loop"
    OVERRIDABLE = ("maxLoopCount", "fallbackMessage")

    def __init__(self, node_id: str, data: dict[str, Any]) -> None:
        super().__init__(node_id, data)
        # As the editor writes it; the flow's parser makes it an id.
        self.back_to = text_of(self.inputs.get("loopBackToNode"))
        self.rounds = _rounds(self.inputs.get("maxLoopCount"))
        self.fallback = richtext.plain(text_of(self.inputs.get("fallbackMessage")))
        self.updates = Updates(self.inputs.get("loopUpdateState"))

    def problems(self) -> list[str]:
        return [] if self.rounds else [f"{self.label}: Max Loop Count is not a number from 1."]

    def target(self, node_ids: Collection[str]) -> str | None:
        """The node to go back to. The editor writes `<id>-<label>`, and both may hold a dash."""
        fitting = [one for one in node_ids if self.back_to == one or self.back_to.startswith(f"{one}-")]
        return max(fitting, key=len, default=None)

    def changed(self, inputs: Mapping[str, Any]) -> Self:
        made = super().changed(inputs)
        made.back_to = self.back_to
        return made

    def run(self, scope: Scope) -> Steps:
        yield from ()
        done = scope.loops.pop(self.id, 0) + 1
        scope.loops[self.id] = done
        target = self.back_to if self.back_to in scope.outputs else None
        given = {"nodeID": target, "maxLoopCount": self.rounds}
        if target is not None and done < self.rounds:
            content = f"Loop back to {target}"
            return Outcome(content, given, given, loop_to=target, state=self.updates.made(scope, content))
        content = scope.fill(self.fallback) or f"The loop ended after {self.rounds} rounds."
        return Outcome(content, given, given, state=self.updates.made(scope, content))


def _rounds(value: object) -> int:
    """0 for what is no number of rounds."""
    if value in (None, ""):
        return DEFAULT_ROUNDS
    try:
        return max(0, int(float(value))) if isinstance(value, (int, float, str)) else 0
    except (ValueError, OverflowError):
        return 0
