"""Threads in which an event loop has blocking work done."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from queue import SimpleQueue

_Job = tuple[Callable[[], None], asyncio.AbstractEventLoop, asyncio.Future[None]]

log = logging.getLogger(__name__)


class Pool:
    """Threads that work off one queue: as many as are needed at once, up to `threads`.

    A `ThreadPoolExecutor` does the same, but costs a tenth of a bare route's throughput (two
    futures and their locks a call), and keeps a process from ending while a thread waits for a
    language model. These threads are daemons: they are cut off when the process ends.
    """

    def __init__(self, threads: int) -> None:
        self._jobs: SimpleQueue[_Job] = SimpleQueue()
        self._most, self._started = threads, 0
        # Jobs that were given and are not done; only the event loop counts them.
        self._open = 0

    def run(self, work: Callable[[], None]) -> asyncio.Future[None]:
        """Have `work` done in a thread; the future is done when it has returned.

        `work` must not raise. Must be called in the event loop.
        """
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        self._open += 1
        # Most threads wait for a language model. One that was once needed is kept: it costs little.
        if self._started < min(self._open, self._most):
            self._started += 1
            threading.Thread(target=self._work, name=f"wsgi-{self._started}", daemon=True).start()
        self._jobs.put((work, loop, done))
        return done

    def _work(self) -> None:
        while True:
            work, loop, done = self._jobs.get()
            try:
                work()
            except BaseException:
                log.exception("A request ended with an error that it should have handled")
            finally:
                try:
                    loop.call_soon_threadsafe(self._finish, done)
                except RuntimeError:  # the loop was closed: the process is ending
                    return
            # Not kept until the next job: it holds the last request's body.
            del work, loop, done

    def _finish(self, done: asyncio.Future[None]) -> None:
        self._open -= 1
        if not done.done():
            done.set_result(None)
