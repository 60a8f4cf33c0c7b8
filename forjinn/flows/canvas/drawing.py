"""What is drawn of a document. It takes each draft as it is, also one that could not be saved."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from forjinn import names
from forjinn.flows.canvas import faces, kinds, places
from forjinn.flows.canvas.document import Document
from forjinn.flows.canvas.spans import Span
from forjinn.flows.nodes import NODES
from forjinn.flows.nodes.base import shown, text_of
from forjinn.flows.parsing import output_of

# What a card takes up at most across, and mostly down; the page measures it.
CARD = (200.0, 90.0)
MARGIN = 16.0


@dataclass(frozen=True)
class Output:
    """`label` is empty for the only output."""

    number: int
    label: str


@dataclass(frozen=True)
class Card:
    """A node. `x` and `y` are on the canvas; `width` and `height` are set for the frame of an Iteration."""

    id: str
    name: str
    title: str
    label: str
    x: float
    y: float
    width: int | None
    height: int | None
    parent: str | None
    lines: tuple[str, ...]
    outputs: tuple[Output, ...]
    has_input: bool
    problems: tuple[str, ...]
    missing: tuple[str, ...]
    dom: str


@dataclass(frozen=True)
class Curve:
    """An edge. It is broken when it leads from or to nothing, or over the frame of an Iteration."""

    id: str
    dom: str
    source: str
    output: int
    target: str
    source_dom: str
    target_dom: str
    label: str
    broken: bool


@dataclass(frozen=True)
class Problem:
    """`node` is the id of the card to look at, if it is about one."""

    text: str
    node: str | None = None


@dataclass(frozen=True)
class Drawing:
    """`far` counts the nodes that are drawn elsewhere than they lie, `heaped` those that lie on another."""

    cards: tuple[Card, ...]
    curves: tuple[Curve, ...]
    far: int
    heaped: int

    @cached_property
    def by_id(self) -> dict[str, Card]:
        return {card.id: card for card in self.cards}

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """What keeps it from being saved, as far as each node and edge shows it."""
        found = [Problem(text, card.id) for card in self.cards for text in card.problems]
        for curve in self.curves:
            if curve.broken:
                near = curve.source if curve.source in self.by_id else curve.target
                label = self.by_id[near].label if near in self.by_id else curve.source
                said = "A connection leads from an output that is not there, or to a node that is not there"
                found.append(Problem(f"{label}: {said}.", near if near in self.by_id else None))
        starts = sum(card.name == kinds.START for card in self.cards)
        if starts != 1:
            found.append(Problem(f"A flow has one Start node; this one has {starts}."))
        return tuple(found)

    @property
    def missing(self) -> tuple[Problem, ...]:
        return tuple(Problem(text, card.id) for card in self.cards for text in card.missing)


@dataclass(frozen=True)
class _Face:
    """What a card says, wherever it lies."""

    lines: tuple[str, ...]
    problems: tuple[str, ...]
    missing: tuple[str, ...]
    models: tuple[str, ...]


class Faces:
    """What cards say, by the node's value in a document: a changed document shares those that stayed."""

    def __init__(self) -> None:
        # The value is kept with its face: else another one could get its number.
        self._known: dict[tuple[str, int], tuple[Mapping[str, object], _Face]] = {}

    def of(self, key: str, node: Span) -> _Face:
        place = (key, id(node.value))
        if place not in self._known:
            self._known[place] = node.value, _read(key, node.value)
        return self._known[place][1]


def _read(key: str, raw: Mapping[str, object]) -> _Face:
    if kinds.name_of(raw) in kinds.NOTES:
        return _Face(faces.lines(raw), (), (), ())
    made = kinds.made(raw, key)
    return _Face(faces.lines(raw), tuple(made.problems()), tuple(made.missing()), made.models())


def draw(document: Document, registered: Collection[str] | None = None, seen: Faces | None = None) -> Drawing:
    """`registered` are the folded names of the workspace's models; without it, none is said to be missing."""
    nodes, seen = document.nodes, seen or Faces()
    parents = places.parents(nodes)
    lie = places.absolute(nodes, parents)
    inside = {parent: [one for one in parents if parents[one] == parent] for parent in set(parents.values())}
    cards = []
    far = 0
    for key, node in nodes.items():
        at = places.clamped(lie[key])
        far += at != lie[key] or places.own(node.value) is None
        frame = _frame(node, lie[key], [lie[one] for one in inside.get(key, ())])
        face = seen.of(key, node)
        cards.append(_card(key, node, face, at, frame, parents.get(key), registered))
    spots = {(card.x, card.y) for card in cards}
    curves = tuple(_curve(key, edge, document, parents) for key, edge in document.edges.items())
    return Drawing(tuple(cards), curves, far, len(cards) - len(spots))


def dom(kind: str, key: str) -> str:
    """A DOM id for what a file may call by any text."""
    return f"{kind}-{hashlib.blake2b(key.encode('utf-8', 'surrogatepass'), digest_size=6).hexdigest()}"


def _card(
    key: str,
    node: Span,
    face: _Face,
    at: places.Place,
    frame: tuple[int, int] | tuple[None, None],
    parent: str | None,
    registered: Collection[str] | None,
) -> Card:
    raw, name = node.value, kinds.name_of(node.value)
    title = title_of(raw)
    label = text_of(kinds.data_of(raw).get("label"))
    missing = list(face.missing)
    missing += [
        f"{shown(label or title)}: the model {shown(model)!r} is not registered here."
        for model in face.models
        if registered is not None and names.folded(model) not in registered
    ]
    return Card(
        id=key,
        name=name,
        title=title,
        label=shown(label) or title,
        x=at[0],
        y=at[1],
        width=frame[0],
        height=frame[1],
        parent=parent,
        lines=face.lines,
        outputs=tuple(Output(number, said) for number, said in enumerate(labels(raw))),
        has_input=name not in kinds.WITHOUT_INPUT,
        problems=face.problems,
        missing=tuple(missing),
        dom=dom("node", key),
    )


def title_of(raw: Mapping[str, object]) -> str:
    """What a node is, in words."""
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


def _frame(node: Span, at: places.Place, inside: list[places.Place]) -> tuple[int, int] | tuple[None, None]:
    """How large an Iteration is drawn: as the file says, and so that all that stands inside fits."""
    if kinds.name_of(node.value) != kinds.ITERATION:
        return None, None
    sizes = []
    for number, member in enumerate(("width", "height")):
        said = node.value.get(member)
        size = float(said) if isinstance(said, (int, float)) and 0 < said < places.FARTHEST else 300.0
        reach = [place[number] - at[number] + CARD[number] + MARGIN for place in inside]
        sizes.append(int(min(max([size, *reach]), places.FARTHEST)))
    return sizes[0], sizes[1]


def _curve(key: str, edge: Span, document: Document, parents: Mapping[str, str]) -> Curve:
    raw, nodes = edge.value, document.nodes
    source, target = text_of(raw.get("source")), text_of(raw.get("target"))
    output = output_of(raw.get("sourceHandle"))
    one, other = nodes.get(source), nodes.get(target)
    said = labels(one.value) if one else []
    broken = (
        one is None
        or other is None
        or parents.get(source) != parents.get(target)
        # Only a branch that is not there leads nowhere; the format writes other handles in many ways.
        or (kinds.branches(one.value) and output >= len(said))
    )
    return Curve(
        id=key,
        dom=dom("edge", key),
        source=source,
        output=output,
        target=target,
        source_dom=dom("node", source),
        target_dom=dom("node", target),
        label=said[output] if output < len(said) else "",
        broken=broken,
    )
