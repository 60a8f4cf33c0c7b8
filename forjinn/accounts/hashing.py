"""When bcrypt is computed for a visitor: one at a time in a process, in a thread that gives way to others.

It takes a quarter of a second of a core. A flood of sign-ins must hold neither the threads nor the cores that
predictions need. So those that are let in go on one at a time beside the threads that work (`let_in`), even
where they are only refused; few of them come to bcrypt (`turn`); and the rest are sent away at once.
"""

from __future__ import annotations

import os
import sys
import threading
import time
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
# One in so many of a process's threads may wait here, and as many again for those with a known device.
SHARE = 4
NICENESS = 10
RETRY_SECONDS = 2
PAUSE_SECONDS = 0.02


class TryLater(Exception):
    """Not now; `retry_after` is in seconds."""

    def __init__(self, sentence: str, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(sentence)


_lock = threading.Lock()
# How many are let in, by whether they show a device's cookie; and how many of these have a place at bcrypt.
_inside = {False: 0, True: 0}
_taken_on = 0
_one_at_a_time = threading.Lock()


@contextmanager
def let_in(*, has_device: bool) -> Iterator[None]:
    """Around all that is done about a request with a password, but the wait for bcrypt. Raises TryLater.

    Those with a cookie that only we can have made do not compete with the others.
    """
    with _lock:
        if _inside[has_device] >= max(1, current_app.config["FORJINN_THREADS"] // SHARE):
            raise _too_many()
        _inside[has_device] += 1
    try:
        _step_aside()
        with _one_at_a_time:
            yield
    finally:
        with _lock:
            _inside[has_device] -= 1


def pause() -> None:
    """After a refusal, inside `let_in`: a flood that is only refused does not keep a core busy either."""
    time.sleep(PAUSE_SECONDS)


def _step_aside() -> None:
    """Let another thread take the place of this one, which waits from now on."""
    is_gone = request.environ.get("forjinn.client_gone")
    if is_gone is not None:
        # The server learns from the question that the request waits.
        is_gone()


@contextmanager
def turn(*, is_known: bool) -> Iterator[None]:
    """Around the check of one password, inside `let_in`. Raises TryLater when the process has enough to do.

    Who comes from a known device or address finds places that nobody else can take.
    """
    global _taken_on
    with _lock:
        if _taken_on >= (ALL if is_known else UNKNOWN):
            raise _too_many()
        _taken_on += 1
    try:
        yield
    finally:
        with _lock:
            _taken_on -= 1


def compute(work: Callable[[], T]) -> T:
    """What `work` returns, which computes bcrypt and needs no context. A request must have its `turn`."""
    if not has_request_context():
        return work()
    # A connection to the database is not held for so long.
    db.session.commit()
    _one_at_a_time.release()
    try:
        return _threads.submit(work).result()
    finally:
        _one_at_a_time.acquire()


def _too_many() -> TryLater:
    return TryLater("Too many people are signing in right now. Try again in a moment.", RETRY_SECONDS)


def _give_way() -> None:
    # Elsewhere this would be the niceness of the whole process.
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


_threads = ThreadPoolExecutor(AT_ONCE, "bcrypt", _give_way)
