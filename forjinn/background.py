"""Work that a process does beside its requests."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)

# How often this process was forked from the first one. Cheaper to look at than `os.getpid`, which
# asks the system each time.
_forks = 0


def _forked() -> None:
    global _forks
    _forks += 1


os.register_at_fork(after_in_child=_forked)


class Repeated:
    """Does something every so many seconds, in a thread that begins with the first `ensure`."""

    def __init__(self, name: str, every_seconds: float, do: Callable[[], object]) -> None:
        self._name, self._every, self._do = name, every_seconds, do
        self._lock = threading.Lock()
        self._stopped, self._wanted = threading.Event(), threading.Event()
        self._started_after: int | None = None

    def ensure(self) -> None:
        """Costs nothing when it runs already."""
        # Not in __init__: a server may fork after it made the application, and threads do not survive.
        if self._started_after == _forks:
            return
        with self._lock:
            if self._started_after != _forks:
                self._started_after = _forks
                threading.Thread(target=self._run, name=self._name, daemon=True).start()

    def soon(self) -> None:
        """Do it now rather than when the time has come."""
        self._wanted.set()

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._wanted.wait(self._every)
            self._wanted.clear()
            if not self._stopped.is_set():
                self._try()

    def _try(self) -> None:
        try:
            self._do()
        except Exception:
            # The thread goes on: else all that comes later would be lost, too.
            log.exception("Something went wrong with %s", self._name)

    def stop(self) -> None:
        """Do it a last time; for a server that shuts down."""
        self._stopped.set()
        self._wanted.set()
        self._do()
