"""What each server process loads: the application, behind the bridge."""

from __future__ import annotations

from functools import partial

from forjinn import create_app, limits
from forjinn.bridge import Bridge
from forjinn.bridge.pool import AT_ONCE
from forjinn.memory import give_back_large_blocks
from forjinn.server import end_with_parent

give_back_large_blocks()
end_with_parent()

_flask = create_app()

# PostgreSQL works in another process: a third thread has something to do while two wait for it.
_waits_longer = not _flask.config["DATABASE_URL"].startswith("sqlite")

app = Bridge(
    _flask,
    threads=_flask.config["FORJINN_THREADS"],
    at_once=AT_ONCE + 1 if _waits_longer else AT_ONCE,
    heartbeat_seconds=_flask.config["FORJINN_HEARTBEAT_SECONDS"],
    max_body=partial(limits.largest_body, _flask.config),
    on_shutdown=lambda: _flask.extensions["forjinn.shutdown"],
)
