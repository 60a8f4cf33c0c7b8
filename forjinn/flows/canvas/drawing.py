"""What is drawn of a document. It takes each draft as it is, also one that could not be saved."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from forjinn import names
from forjinn.flows.canvas import kinds, looks, places
from forjinn.flows.canvas.document import Document
from forjinn.flows.canvas.looks import Face, Faces
from forjinn.flows.canvas.spans import Span
from forjinn.flows.nodes.base import shown, text_of
from forjinn.flows.parsing import output_of

# What a card takes up at most across, and mostly down; the page measures it.
CARD = (200.0, 90.0)
MARGIN = 16.0
# Of one node: a Condition may have a hundred thousand, and nobody's memory holds the page of ten such.
MOST_OUTPUTS = 200


@dataclass(frozen=True)
class Output:
    """`label` is empty for the only output."""

    number: int
    label: str


@dataclass(frozen=True)
class Card:
    """A node. `x` and `y` are on the canvas; `width` and `height` are set for the frame of an Iteration.

    `further` counts the outputs that are not drawn.
    """

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
    further: int
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
        face = _placed(seen.of(key, node), node, inside.get(key, ()), nodes)
        cards.append(_card(key, node, face, at, frame, parents.get(key), registered))
    spots = {(card.x, card.y) for card in cards}
    curves = tuple(_curve(key, edge, document, parents, seen) for key, edge in document.edges.items())
    return Drawing(tuple(cards), curves, far, len(cards) - len(spots))


def _placed(face: Face, node: Span, inside: Collection[str], nodes: Mapping[str, Span]) -> Face:
    """The face, with what is wrong only where the node stands."""
    wrong = ""
    if kinds.name_of(node.value) == kinds.ITERATION and not inside:
        wrong = "there are no nodes inside."
    elif face.loops is not None and face.loops.target(nodes) is None:
        wrong = "the node to loop back to is not there."
    return replace(face, problems=(*face.problems, f"{face.label}: {wrong}")) if wrong else face


def dom(kind: str, key: str) -> str:
    """A DOM id for what a file may call by any text."""
    return f"{kind}-{hashlib.blake2b(key.encode('utf-8', 'surrogatepass'), digest_size=6).hexdigest()}"


def _card(
    key: str,
    node: Span,
    face: Face,
    at: places.Place,
    frame: tuple[int, int] | tuple[None, None],
    parent: str | None,
    registered: Collection[str] | None,
) -> Card:
    raw, name = node.value, kinds.name_of(node.value)
    title = looks.title(raw)
    label = face.label or title
    missing = list(face.missing)
    missing += [
        f"{label}: the model {shown(model)!r} is not registered here."
        for model in face.models
        if registered is not None and names.folded(model) not in registered
    ]
    return Card(
        id=key,
        name=name,
        title=title,
        label=label,
        x=at[0],
        y=at[1],
        width=frame[0],
        height=frame[1],
        parent=parent,
        lines=face.lines,
        outputs=tuple(Output(number, said) for number, said in enumerate(face.outputs[:MOST_OUTPUTS])),
        further=max(0, len(face.outputs) - MOST_OUTPUTS),
        has_input=name not in kinds.WITHOUT_INPUT,
        problems=face.problems,
        missing=tuple(missing),
        dom=dom("node", key),
    )


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


def _curve(key: str, edge: Span, document: Document, parents: Mapping[str, str], seen: Faces) -> Curve:
    raw, nodes = edge.value, document.nodes
    source, target = text_of(raw.get("source")), text_of(raw.get("target"))
    output = output_of(raw.get("sourceHandle"))
    one, other = nodes.get(source), nodes.get(target)
    said = seen.of(source, one).outputs if one else ()
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
