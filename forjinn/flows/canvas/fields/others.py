"""Loop, Iteration, Execute Flow, Direct Reply, and notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from forjinn.flows.canvas.fields.base import Item, Place
from forjinn.flows.canvas.fields.flows import chosen
from forjinn.flows.canvas.fields.talking import RETURNS, updates
from forjinn.flows.canvas.fields.texts import RICH, VALUE
from forjinn.flows.canvas.fields.values import WHOLE, Choice, Option
from forjinn.flows.nodes import Loop


@dataclass(frozen=True)
class Back:
    """A choice of nodes, which the format keeps as `<id>-<label>`."""

    ids: Sequence[str]
    labels: Sequence[Option]

    def read(self, text: str) -> str:
        return _target(text, self.ids) or text

    def write(self, node_id: str) -> str:
        written = f"{node_id}-{dict(self.labels).get(node_id, '')}"
        # The label may make it look like another node's.
        return written if _target(written, self.ids) == node_id else node_id


def _target(text: str, ids: Sequence[str]) -> str | None:
    return Loop("", {"inputs": {"loopBackToNode": text}}).target(ids)


def loop(inputs: Place) -> Iterator[Item]:
    around = inputs.around
    back = Back(around.node_ids, around.earlier)
    kind = Choice(_named(around.earlier), "Choose a node", "not there", back.read, back.write)
    yield inputs.field("loopBackToNode", "Go back to", kind)
    yield inputs.field("maxLoopCount", "Max loop count", WHOLE, "5 unless told.")
    yield inputs.field(
        "fallbackMessage",
        "Message at the end",
        RICH,
        "Said when it goes back no more.",
        variables=True,
    )
    yield updates(inputs, "loopUpdateState")


def _named(nodes: Sequence[Option]) -> list[Option]:
    """Nodes that are labelled the same are told apart by their ids."""
    labels = [label for _id, label in nodes]
    return [(one, f"{label} ({one})" if labels.count(label) > 1 else label) for one, label in nodes]


def iteration(inputs: Place) -> Iterator[Item]:
    hint = "A JSON list, or a variable that holds one."
    yield inputs.field("iterationInput", "List to go over", VALUE, hint, variables=True)
    outputs = [("aggregatedText", "Text, a line each"), ("jsonArray", "A JSON list")]
    yield inputs.field("iterationOutputStructure", "Give the results as", Choice(outputs, outputs[0][1]))


def execute_flow(inputs: Place) -> Iterator[Item]:
    yield chosen(inputs, "executeFlowSelectedFlow")
    yield inputs.field("executeFlowInput", "Input", RICH, "Empty: the question.", variables=True)
    yield inputs.field(
        "executeFlowReturnResponseAs", "Later models are told the answer as", Choice(RETURNS, "User message")
    )
    yield updates(inputs, "executeFlowUpdateState")


def direct_reply(inputs: Place) -> Iterator[Item]:
    yield inputs.field("directReplyMessage", "Message", RICH, variables=True)


def note(inputs: Place) -> Iterator[Item]:
    yield inputs.field("note", "Text", RICH)
