"""How long a call may wait: until its deadline, and as long as the one whom it is for is there."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from forjinn.errors import DomainError

T = TypeVar("T")
# How often a call that waits looks up, in seconds.
SLICE = 0.2
# A time-out of 0 would mean not to wait at all.
SHORTEST = 0.001


class Abandoned(Exception):
    """The one whom a call was for has left."""


class DeadlinePassed(DomainError):
    def __init__(self) -> None:
        super().__init__("the flow ran longer than it may.")


@dataclass(frozen=True, slots=True)
class Patience:
    deadline: float = math.inf
    gone: tuple[Callable[[], bool], ...] = ()

    def check(self) -> None:
        """Raises Abandoned and DeadlinePassed."""
        if any(gone() for gone in self.gone):
            raise Abandoned
        if time.monotonic() >= self.deadline:
            raise DeadlinePassed


class _OfThread(threading.local):
    patience = Patience()


_current = _OfThread()


@contextmanager
def patience(*, deadline: float | None = None, gone: Callable[[], bool] | None = None) -> Iterator[None]:
    """For the calls that this thread makes inside; `deadline` is in the seconds of `time.monotonic`.

    Inside another one both hold: nobody waits longer than the one outside does. Not around a `yield`: what
    runs until the next step of a generator, perhaps in another thread, would wait no longer either.
    """
    before = _current.patience
    until = before.deadline if deadline is None else min(before.deadline, deadline)
    _current.patience = Patience(until, before.gone if gone is None else (*before.gone, gone))
    try:
        yield
    finally:
        _current.patience = before


def check() -> None:
    """Raises Abandoned and DeadlinePassed."""
    _current.patience.check()


def capped(timeout: float | None) -> float | None:
    """A time-out in seconds that does not reach past the deadline."""
    left = _current.patience.deadline - time.monotonic()
    shortest = min(math.inf if timeout is None else timeout, max(SHORTEST, left))
    return None if shortest == math.inf else shortest


def in_slices(attempt: Callable[[float], T], timeout: float | None, timed_out: type[Exception]) -> T:
    """What the attempt gives, which is told how many seconds to wait, again and again until the time-out.

    It must do nothing when it raises `timed_out`. Raises that, Abandoned and DeadlinePassed.
    """
    end = math.inf if timeout is None else time.monotonic() + timeout
    while True:
        check()
        left = min(end, _current.patience.deadline) - time.monotonic()
        try:
            return attempt(max(SHORTEST, min(SLICE, left)))
        except timed_out:
            if time.monotonic() >= end:
                raise
