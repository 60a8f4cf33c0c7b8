"""Threads in which an event loop has blocking work done."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from queue import SimpleQueue

_Job = tuple[Callable[[], None], asyncio.AbstractEventLoop, asyncio.Future[None]]

# How many threads work at a time, where nobody says otherwise. More only wait for each other: for the
# interpreter's lock, and for connections to the database. Measured with 16 clients on SQLite: 2 need a
# quarter less CPU than 16.
AT_ONCE = 2
# When no job was begun for so long, in seconds, the threads at work count as stuck.
STUCK_SECONDS = 0.01

log = logging.getLogger(__name__)


class Pool:
    """Threads that work off one queue, up to `threads`; `at_once` of them, and those that wait.

    A job that begins to wait for somebody else says so with `step_aside`, and another thread takes its
    place. For a job that waits and does not say so, such as for the database, others step in as well, a
    moment later.

    A `ThreadPoolExecutor` costs a tenth of a bare route's throughput (two futures and their locks a
    call), and keeps a process from ending while a thread waits for a language model. These threads are
    daemons: they are cut off when the process ends.
    """

    def __init__(self, threads: int, at_once: int = AT_ONCE) -> None:
        self._jobs: SimpleQueue[_Job] = SimpleQueue()
        self._most, self._at_once = threads, min(threads, at_once)
        # Jobs that were given and are not done, and jobs that were begun; the latter is not exact.
        self._open = self._begun = 0
        self._looking = False
        # Threads that were started, those that take jobs, and those that stepped aside. The rest is parked.
        self._started = self._active = self._aside = 0
        self._lock = threading.Lock()
        self._parking: SimpleQueue[None] = SimpleQueue()
        self._this = _Thread()

    def run(self, work: Callable[[], None]) -> asyncio.Future[None]:
        """Have `work` done in a thread; the future is done when it has returned.

        `work` must not raise. Must be called in the event loop.
        """
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        self._open += 1
        self._jobs.put((work, loop, done))
        if self._active < self._at_once:
            self._fill_up(self._open - self._aside)
        elif not self._looking:
            self._looking = True
            loop.call_later(STUCK_SECONDS, self._look, loop, self._begun)
        return done

    def step_aside(self) -> None:
        """Called within a job, which from now on waits: another thread takes its place."""
        if self._this.is_aside:
            return
        self._this.is_aside = True
        with self._lock:
            self._active -= 1
            self._aside += 1
        self._fill_up(self._open - self._aside)

    def _fill_up(self, wanted: int) -> None:
        """Have as many threads take jobs as there are jobs, up to `at_once`."""
        with self._lock:
            for _ in range(min(wanted, self._at_once) - self._active):
                self._one_more()

    def _one_more(self) -> None:
        if self._started > self._active + self._aside:
            self._active += 1
            self._parking.put(None)
        elif self._started < self._most:
            # One that was once needed is kept: it costs little.
            thread = threading.Thread(target=self._work, name=f"wsgi-{self._started + 1}", daemon=True)
            try:
                thread.start()
            except RuntimeError:
                # The system gives no more threads: those that are there go on, and later it may.
                log.warning("No further thread can be started; %d are there.", self._started)
                return
            self._started += 1
            self._active += 1

    def _look(self, loop: asyncio.AbstractEventLoop, begun: int) -> None:
        """Whether the threads at work are stuck while jobs wait."""
        waiting = self._jobs.qsize()
        if waiting and begun == self._begun:
            with self._lock:
                for _ in range(waiting):
                    self._one_more()
        self._looking = waiting > 0
        if self._looking:
            loop.call_later(STUCK_SECONDS, self._look, loop, self._begun)

    def _work(self) -> None:
        while True:
            work, loop, done = self._jobs.get()
            self._begun += 1
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
            if self._this.is_aside or self._active > self._at_once:
                self._come_back()

    def _come_back(self) -> None:
        """After a wait: take jobs again, or park until another thread begins to wait."""
        with self._lock:
            if self._this.is_aside:
                self._this.is_aside = False
                self._aside -= 1
                self._active += 1
            if self._active <= self._at_once:
                return
            self._active -= 1
        self._parking.get()

    def _finish(self, done: asyncio.Future[None]) -> None:
        self._open -= 1
        if not done.done():
            done.set_result(None)


class _Thread(threading.local):
    is_aside = False
