"""Tries the upstreams of a model in order, for the gateway and for flows: one that keeps failing pauses."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from forjinn.gateway.lookup import Upstream

T = TypeVar("T")
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
        self._states: dict[tuple[str, str, str | None], State] = {}

    def first(
        self,
        upstreams: Iterable[Upstream],
        attempt: Callable[[Upstream], T],
        failing: type[Exception],
        *,
        final: tuple[type[Exception], ...] = (),
    ) -> T:
        """What the first upstream gives that does not fail. Raises the failure of the last one tried.

        `final` are those failures that another upstream would share: nobody's pause, and not tried again.
        """
        failure: Exception | None = None
        for upstream in self.order(upstreams):
            try:
                result = attempt(upstream)
            except final:
                raise
            except failing as error:
                self.failed(upstream)
                failure = error
            else:
                self.worked(upstream)
                return result
        raise failure or ValueError("no upstream")

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


def _key(upstream: Upstream) -> tuple[str, str, str | None]:
    # One workspace's wrong credential must not make another's upstream pause.
    return upstream.base_url, upstream.model, upstream.credential
