"""The settings of a node, by its type: what the panel beside the canvas asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from forjinn.errors import Refused
from forjinn.flows import parsing
from forjinn.flows.canvas import kinds
from forjinn.flows.canvas.fields import branching, http, others, start, talking
from forjinn.flows.canvas.fields.base import Around, Item, Place, every, every_rows
from forjinn.flows.canvas.fields.texts import Line
from forjinn.flows.canvas.fields.values import CLEAR
from forjinn.names import checked

FORMS: Mapping[str, Callable[[Place], Iterable[Item]]] = {
    "startAgentflow": start.start,
    "llmAgentflow": talking.llm,
    "agentAgentflow": talking.agent,
    "conditionAgentflow": branching.condition,
    "conditionAgentAgentflow": branching.condition_agent,
    "httpAgentflow": http.http,
    "loopAgentflow": others.loop,
    "iterationAgentflow": others.iteration,
    "executeFlowAgentflow": others.execute_flow,
    "directReplyAgentflow": others.direct_reply,
    "stickyNoteAgentflow": others.note,
}
LONGEST_LABEL = 200


class Label(Line):
    def stored(self, text: str, before: Any) -> Any:
        try:
            return checked(text, longest=LONGEST_LABEL, what="label")
        except Refused as refused:
            raise ValueError(str(refused)) from None


LABEL = Label()


def of(raw: Mapping[str, Any], around: Around) -> list[Item]:
    """The form of a node as its JSON stands."""
    return list(_items(raw, around))


def _items(raw: Mapping[str, Any], around: Around) -> Iterator[Item]:
    data = Place(kinds.data_of(raw), ("data",), "", around)
    yield data.field("label", "Label", LABEL)
    if kinds.name_of(raw) == "httpAgentflow" and data.members.get("credential"):
        # Other nodes have theirs in the settings of the model.
        place = Place(data.members, data.path, "data.", around)
        yield place.field("credential", "Take out the credential", CLEAR, http.CREDENTIALS)
    form = FORMS.get(kinds.name_of(raw))
    if form is not None:
        yield from form(Place(kinds.inputs_of(raw), ("data", "inputs"), "", around))


def problems(raw: Mapping[str, Any]) -> list[str]:
    """What keeps a node out of a flow, in the import's words without the node's label."""
    if kinds.name_of(raw) in kinds.NOTES:
        return []
    node = kinds.made({**raw, "data": {**kinds.data_of(raw), "label": ""}}, "")
    return [without_label(sentence, node.label) for sentence in parsing.problems_of(raw, node)]


def without_label(sentence: str, label: str) -> str:
    """What is said of a node, where it is clear which one is meant."""
    plain = sentence.removeprefix(f"{label}: ")
    return plain[:1].upper() + plain[1:]


def kept(raw: Mapping[str, Any], around: Around) -> list[tuple[str, Any]]:
    """The inputs that the form does not offer and that say something: they are kept as they are."""
    items = of(raw, around)
    offered = {one.path for one in every(items)} | {one.path for one in every_rows(items)}
    return list(_kept(kinds.inputs_of(raw), ("data", "inputs"), "", offered))


def _kept(
    members: Mapping[str, Any], path: tuple[str | int, ...], name: str, offered: set[tuple[str | int, ...]]
) -> Iterator[tuple[str, Any]]:
    for key, value in members.items():
        here = (*path, key)
        if here in offered or value in (None, "", [], {}):
            continue
        if isinstance(value, dict) and any(one[: len(here)] == here for one in offered):
            yield from _kept(value, here, f"{name}{key}.", offered)
        else:
            yield f"{name}{key}", value


__all__ = ["Around", "kept", "of", "problems", "without_label"]
