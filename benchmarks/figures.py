"""How a benchmark says what it found: one line a figure, and never a failure."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from statistics import median


def say(
    question: str,
    database: str,
    figure: str,
    ratio: float | None = None,
    target: str = "-",
    ok: bool | None = None,
) -> None:
    """Print `question | database | figure | ratio to floor | target | ok or over`.

    Without a target it informs only.
    """
    compared = "-" if ratio is None else f"{ratio:.2f} x"
    verdict = "-" if ok is None else "ok" if ok else "over"
    print(" | ".join((question, database, figure, compared, target, verdict)), flush=True)


def note(text: str) -> None:
    """What helps to read the figures, but is none."""
    print(text, file=sys.stderr, flush=True)


def rounds(
    subjects: Mapping[str, Callable[[], object]],
    *,
    count: int,
    calls: int,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, float]:
    """The seconds of one call of each subject: the median of `count` rounds of `calls` calls.

    The rounds are interleaved, so that whatever else the machine does falls on all subjects alike.
    """
    taken: dict[str, list[float]] = {name: [] for name in subjects}
    for number in range(count + 1):
        for name, call in subjects.items():
            start = clock()
            for _ in range(calls):
                call()
            # The first round only warms caches up.
            if number:
                taken[name].append((clock() - start) / calls)
    return {name: median(seconds) for name, seconds in taken.items()}
