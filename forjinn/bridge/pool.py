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
    """A fixed number of threads that work off one queue.

    A `ThreadPoolExecutor` does the same, but costs a tenth of a bare route's throughput (two
    futures and their locks a call), and keeps a process from ending while a thread waits for a
    language model. These threads are daemons: they are cut off when the process ends.
    """

    def __init__(self, threads: int) -> None:
        self._jobs: SimpleQueue[_Job] = SimpleQueue()
        for number in range(threads):
            threading.Thread(target=self._work, name=f"wsgi-{number}", daemon=True).start()

    def run(self, work: Callable[[], None]) -> asyncio.Future[None]:
        """Have `work` done in a thread; the future is done when it has returned.

        `work` must not raise. Must be called in the event loop.
        """
        loop = asyncio.get_running_loop()
        done = loop.create_future()
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
                    loop.call_soon_threadsafe(_finish, done)
                except RuntimeError:  # the loop was closed: the process is ending
                    return
            # Not kept until the next job: it holds the last request's body.
            del work, loop, done


def _finish(done: asyncio.Future[None]) -> None:
    if not done.done():
        done.set_result(None)
