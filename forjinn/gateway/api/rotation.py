"""In which order a process tries the upstreams of a model: one that keeps failing pauses."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from forjinn.gateway.lookup import Upstream

FAILURES = 3
PAUSE_SECONDS = 30.0


@dataclass(slots=True)
class State:
    failures: int = 0
    paused_until: float = 0.0


class Rotation:
    """One for each process. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._states: dict[tuple[str, str], State] = {}

    def order(self, upstreams: Iterable[Upstream]) -> list[Upstream]:
        """As they are, but those that pause last: when all others fail, they are better than nothing."""
        now = self._clock()
        return sorted(upstreams, key=lambda one: self._state(one).paused_until > now)

    def failed(self, upstream: Upstream) -> None:
        state = self._states.setdefault(_key(upstream), State())
        state.failures += 1
        if state.failures >= FAILURES:
            state.paused_until = self._clock() + PAUSE_SECONDS

    def worked(self, upstream: Upstream) -> None:
        self._states.pop(_key(upstream), None)

    def _state(self, upstream: Upstream) -> State:
        return self._states.get(_key(upstream), State())


def _key(upstream: Upstream) -> tuple[str, str]:
    return upstream.base_url, upstream.model
