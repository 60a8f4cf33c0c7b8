"""Lays the nodes out anew: in columns, each right of all that lead to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from forjinn.flows.canvas import kinds, operations, places
from forjinn.flows.canvas.document import Document
from forjinn.flows.canvas.editing import Editing
from forjinn.flows.canvas.operations import Move
from forjinn.flows.canvas.places import Place

COLUMN, ROW = 320.0, 160.0
# In the frame of an Iteration, beside and below its heading.
INSET = (40.0, 70.0)


def arrange(editing: Editing) -> None:
    document = editing.document
    parents = places.parents(document.nodes)
    moves: list[Move] = []
    _container(document, parents, None, (0.0, 0.0), moves)
    operations.move(editing, moves)
    editing.said = "Arranged the nodes"


def _container(
    document: Document, parents: Mapping[str, str], within: str | None, corner: Place, moves: list[Move]
) -> Place:
    """Lay out what stands in `within` from this corner on. Returns the corner opposite."""
    mine = [key for key in document.nodes if parents.get(key) == within]
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
    inside, rank = set(mine), dict.fromkeys(mine, 0)
    after: dict[str, list[str]] = {}
    for edge in document.edges.values():
        source, target = edge.value.get("source"), edge.value.get("target")
        if source in inside and target in inside and source != target:
            after.setdefault(source, []).append(target)
    waiting = sorted(mine, key=lambda key: kinds.name_of(document.nodes[key].value) != kinds.START)
    rounds = 0
    # Longer than any way without a circle is none.
    while waiting and rounds < len(mine):
        rounds += 1
        further = {}
        for key in waiting:
            for target in after.get(key, ()):
                if rank[target] < rounds and rank[key] < rounds:
                    further[target] = max(further.get(target, 0), rank[key] + 1)
        moved = [key for key, column in further.items() if column > rank[key]]
        for key in moved:
            rank[key] = further[key]
        waiting = moved
    columns: dict[int, list[str]] = {}
    for key in mine:
        columns.setdefault(rank[key], []).append(key)
    return [columns[number] for number in sorted(columns)]
