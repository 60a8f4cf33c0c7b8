"""When bcrypt is computed for a visitor: one at a time in a process, in a thread that gives way to others.

It takes a quarter of a second of a core. Whoever comes while enough of them wait is sent away at once, so
that a flood of sign-ins holds neither the threads nor the cores that predictions need.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from flask import current_app, has_request_context, request

from forjinn.bounds import bound
from forjinn.extensions import db

T = TypeVar("T")

AT_ONCE = bound("passwords that a process checks or hashes at once", 1, "bcrypt computation")
UNKNOWN = bound("sign-ins from unknown devices and addresses that a process takes on at once", 4, "requests")
ALL = bound("sign-ins and changes of a password that a process takes on at once", 8, "requests")
# Of the process's threads, as many may wait for a password at most: one in so many.
SHARE = 4
NICENESS = 10
RETRY_SECONDS = 2


class TryLater(Exception):
    """Not now; `retry_after` is in seconds."""

    def __init__(self, sentence: str, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(sentence)


_lock = threading.Lock()
_taken_on = 0


@contextmanager
def turn(*, is_known: bool) -> Iterator[None]:
    """Around all that is done about one password. Raises TryLater when the process has enough to do.

    Who comes from a known device or address finds places that nobody else can take.
    """
    global _taken_on
    most = min(ALL if is_known else UNKNOWN, max(1, current_app.config["FORJINN_THREADS"] // SHARE))
    with _lock:
        if _taken_on >= most:
            raise TryLater("Too many people are signing in right now. Try again in a moment.", RETRY_SECONDS)
        _taken_on += 1
    try:
        yield
    finally:
        with _lock:
            _taken_on -= 1


def compute(work: Callable[[], T]) -> T:
    """What `work` returns, which computes bcrypt and needs no context. A request waits for its turn."""
    if not has_request_context():
        return work()
    # A connection to the database is not held for so long.
    db.session.commit()
    is_gone = request.environ.get("forjinn.client_gone")
    if is_gone is not None:
        # It tells the server that this thread waits from now on: another one takes its place.
        is_gone()
    return _threads.submit(work).result()


def _give_way() -> None:
    # Elsewhere this would be the niceness of the whole process.
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


_threads = ThreadPoolExecutor(AT_ONCE, "bcrypt", _give_way)
