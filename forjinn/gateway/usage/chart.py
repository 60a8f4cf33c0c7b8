"""A small bar chart, drawn on the server: where each bar stands, in the units of its viewBox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

WIDTH, HEIGHT = 900, 120
# The lowest bar that can be seen.
LOWEST = 2.0


@dataclass(frozen=True)
class Bar:
    day: date
    count: int
    x: float
    y: float
    width: float
    height: float


def bars(counted: Sequence[tuple[date, int]]) -> list[Bar]:
    most = max((count for _day, count in counted), default=0) or 1
    step = WIDTH / max(1, len(counted))
    return [_bar(day, count, place * step, step, count / most) for place, (day, count) in enumerate(counted)]


def _bar(day: date, count: int, x: float, step: float, share: float) -> Bar:
    height = max(LOWEST, share * HEIGHT) if count else 0.0
    return Bar(day, count, round(x, 1), round(HEIGHT - height, 1), round(step * 0.8, 1), round(height, 1))
