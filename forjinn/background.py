"""Work that a process does beside its requests."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable


class Repeated:
    """Does something every so many seconds, in a thread that begins with the first `ensure`."""

    def __init__(self, name: str, every_seconds: float, do: Callable[[], object]) -> None:
        self._name, self._every, self._do = name, every_seconds, do
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread_of: int | None = None

    def ensure(self) -> None:
        """Costs nothing when it runs already."""
        # Not in __init__: a server may fork after it made the application, and threads do not survive.
        if self._thread_of == os.getpid():
            return
        with self._lock:
            if self._thread_of != os.getpid():
                self._thread_of = os.getpid()
                threading.Thread(target=self._run, name=self._name, daemon=True).start()

    def _run(self) -> None:
        while not self._stopped.wait(self._every):
            self._do()

    def stop(self) -> None:
        """Do it a last time; for a server that shuts down."""
        self._stopped.set()
        self._do()
