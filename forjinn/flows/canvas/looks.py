"""How a node looks, wherever it lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from forjinn.flows.canvas import faces, kinds
from forjinn.flows.canvas.spans import Span
from forjinn.flows.nodes import NODES, Loop
from forjinn.flows.nodes.base import shown, text_of


@dataclass(frozen=True)
class Face:
    """What a card says, wherever it lies."""

    label: str
    lines: tuple[str, ...]
    # What each output is called.
    outputs: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    loops: Loop | None = None


class Faces:
    """What cards say, by the node's value in a document: a changed document shares those that stayed."""

    def __init__(self) -> None:
        # The value is kept with its face: else another one could get its number.
        self._known: dict[tuple[str, int], tuple[Mapping[str, object], Face]] = {}

    def of(self, key: str, node: Span) -> Face:
        place = (key, id(node.value))
        if place not in self._known:
            self._known[place] = node.value, read(key, node.value)
        return self._known[place][1]


def read(key: str, raw: Mapping[str, object]) -> Face:
    if kinds.name_of(raw) in kinds.NOTES:
        return Face(shown(text_of(kinds.data_of(raw).get("label"))), faces.lines(raw))
    made = kinds.made(raw, key)
    return Face(
        label=made.label,
        lines=faces.lines(raw),
        outputs=tuple(labels(raw)),
        problems=tuple(made.problems()),
        missing=tuple(made.missing()),
        models=made.models(),
        loops=made if isinstance(made, Loop) else None,
    )


def title(raw: Mapping[str, object]) -> str:
    name = kinds.name_of(raw)
    if name in NODES:
        return NODES[name].title
    kind = text_of(kinds.data_of(raw).get("type"))
    return faces.TITLES.get(name) or shown(kind) or shown(name) or "Node"


def labels(raw: Mapping[str, object]) -> list[str]:
    """What each output of a node is called."""
    count = kinds.outputs(raw)
    if kinds.branches(raw):
        say = faces.condition if kinds.name_of(raw) == kinds.CONDITION else faces.scenario
        said = [f"{number}: {say(row)}".rstrip(": ") for number, row in enumerate(kinds.rows_of(raw), 1)]
        return [*said, "Else"][:count]
    if count < 2:
        return [""] * count
    anchors = kinds.data_of(raw)["outputAnchors"]
    named = [anchor.get("label") if isinstance(anchor, dict) else None for anchor in anchors]
    return [shown(str(label)) if isinstance(label, (str, int)) else str(n) for n, label in enumerate(named)]
