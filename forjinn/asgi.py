"""What each server process loads: the application, behind the bridge."""

from __future__ import annotations

from functools import partial

from forjinn import create_app, limits
from forjinn.bridge import Bridge
from forjinn.memory import give_back_large_blocks
from forjinn.server import end_with_parent

give_back_large_blocks()
end_with_parent()

_flask = create_app()

app = Bridge(
    _flask,
    threads=_flask.config["FORJINN_THREADS"],
    heartbeat_seconds=_flask.config["FORJINN_HEARTBEAT_SECONDS"],
    max_body=partial(limits.largest_body, _flask.config),
    on_shutdown=lambda: _flask.extensions["forjinn.shutdown"],
)
