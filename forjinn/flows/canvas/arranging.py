"""Lays the nodes out anew: in columns, each right of all that lead to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from forjinn.flows.canvas import kinds, operations, places
from forjinn.flows.canvas.document import Document
from forjinn.flows.canvas.editing import Editing
from forjinn.flows.canvas.operations import Move
from forjinn.flows.canvas.places import Place

COLUMN, ROW = places.BESIDE, 160.0
# In the frame of an Iteration, beside and below its heading.
INSET = (40.0, 70.0)


def arrange(editing: Editing) -> None:
    document = editing.document
    parents = places.parents(document.nodes)
    moves: list[Move] = []
    # Notes lead to nothing: they lie in a row above.
    notes = [key for key, node in document.nodes.items() if kinds.name_of(node.value) in kinds.NOTES]
    moves += [Move(key, (number * COLUMN, -ROW)) for number, key in enumerate(notes)]
    _container(document, parents, None, (0.0, 0.0), moves)
    operations.move(editing, moves)
    editing.said = "Arranged the nodes"


def _container(
    document: Document, parents: Mapping[str, str], within: str | None, corner: Place, moves: list[Move]
) -> Place:
    """Lay out what stands in `within` from this corner on. Returns the corner opposite."""
    mine = [
        key
        for key, node in document.nodes.items()
        if parents.get(key) == within and kinds.name_of(node.value) not in kinds.NOTES
    ]
    right = bottom = 0.0
    x = corner[0]
    for column in _columns(document, mine):
        y, widest = corner[1], 0.0
        for key in column:
            moves.append(Move(key, (round(x), round(y))))
            width, height = COLUMN, ROW
            if kinds.name_of(document.nodes[key].value) == kinds.ITERATION:
                inner = _container(document, parents, key, (x + INSET[0], y + INSET[1]), moves)
                width, height = max(width, inner[0] - x + 60.0), max(height, inner[1] - y + 60.0)
            y, widest = y + height, max(widest, width)
        x += widest
        right, bottom = max(right, x), max(bottom, y)
    return right, bottom


def _columns(document: Document, mine: Sequence[str]) -> list[list[str]]:
    """Each node in the column after the last of those that lead to it; circles are cut."""
    inside = set(mine)
    before: dict[str, set[str]] = {key: set() for key in mine}
    for edge in document.edges.values():
        source, target = edge.value.get("source"), edge.value.get("target")
        if source in inside and target in inside:
            before[target].add(source)
    columns: list[list[str]] = []
    # Start first, wherever it stands in the file.
    waiting = sorted(mine, key=lambda key: kinds.name_of(document.nodes[key].value) != kinds.START)
    while waiting:
        column = [key for key in waiting if not before[key] & inside] or waiting[:1]
        columns.append(column)
        inside.difference_update(column)
        waiting = [key for key in waiting if key in inside]
    return columns
