"""Where nodes lie: in the file relative to the Iteration that they stand in, on the canvas not."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from forjinn.flows.canvas import kinds
from forjinn.flows.canvas.spans import Span

# Beyond this a drawing cannot be found again.
FARTHEST = 100_000.0
# From a node to the next one.
BESIDE = 320.0
MOST_WITHIN = 20
Place = tuple[float, float]


def own(raw: Mapping[str, Any]) -> Place | None:
    """The place that the file gives it; None when there is none that can be read."""
    position = raw.get("position")
    if not isinstance(position, dict):
        return None
    x, y = _number(position.get("x")), _number(position.get("y"))
    return None if x is None or y is None else (x, y)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def parents(nodes: Mapping[str, Span]) -> dict[str, str]:
    """The Iteration that each node stands in. Circles of Iterations are opened."""
    found: dict[str, str] = {}
    for key, node in nodes.items():
        parent = kinds.parent_of(node.value)
        if parent is None or parent not in nodes or parent == key:
            continue
        if kinds.name_of(nodes[parent].value) == kinds.ITERATION:
            found[key] = parent
    for key in list(found):
        if len(above(key, found)) > MOST_WITHIN:
            del found[key]
    return found


def above(key: str, parents: Mapping[str, str]) -> list[str]:
    """The Iterations around a node, the nearest first."""
    around: list[str] = []
    while (parent := parents.get(key)) is not None and len(around) <= MOST_WITHIN:
        around.append(parent)
        key = parent
    return around


def within(key: str, parents: Mapping[str, str]) -> list[str]:
    """All that stands in an Iteration, also in those inside it."""
    return [one for one in parents if key in above(one, parents)]


def absolute(nodes: Mapping[str, Span], parents: Mapping[str, str]) -> dict[str, Place]:
    """Where each node lies on the canvas, as the file says it; what says nothing gets a place of its own."""
    places: dict[str, Place] = {}
    mine = {key: own(node.value) or spare(number) for number, (key, node) in enumerate(nodes.items())}
    for key, (x, y) in mine.items():
        for parent in above(key, parents):
            x, y = x + mine[parent][0], y + mine[parent][1]
        places[key] = (x, y)
    return places


def spare(number: int) -> Place:
    """A place for a node that has none."""
    return number % 10 * 40.0, number % 50 * 40.0


def clamped(place: Place) -> Place:
    x, y = (max(-FARTHEST, min(FARTHEST, one)) for one in place)
    return x, y


def written(number: float) -> float | int:
    """A coordinate as it is kept: whole where it is, else to a hundredth."""
    rounded = round(number, 2)
    return int(rounded) if rounded == int(rounded) else rounded
