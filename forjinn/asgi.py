"""What each server process loads: the application, behind the bridge."""

from __future__ import annotations

from functools import partial

from forjinn import callers, create_app
from forjinn.bridge import Bridge
from forjinn.bridge.pool import AT_ONCE
from forjinn.memory import give_back_large_blocks
from forjinn.server import end_with_parent

give_back_large_blocks()
end_with_parent()

_flask = create_app()

# The settings of the bodies that may be large.
LARGE = ("REQUEST", "CANVAS", "IMPORT", "GATEWAY")

# PostgreSQL works in another process: a third thread has something to do while two wait for it.
_waits_longer = not _flask.config["DATABASE_URL"].startswith("sqlite")

app = Bridge(
    _flask,
    threads=_flask.config["FORJINN_THREADS"],
    at_once=AT_ONCE + 1 if _waits_longer else AT_ONCE,
    heartbeat_seconds=_flask.config["FORJINN_HEARTBEAT_SECONDS"],
    sender=partial(callers.sender, proxies=_flask.config["FORJINN_TRUSTED_PROXIES"]),
    stranger_body=_flask.config["FORJINN_MAX_PUBLIC_BYTES"],
    largest_body=max(_flask.config[f"FORJINN_MAX_{name}_BYTES"] for name in LARGE),
    most_held=_flask.config["FORJINN_MAX_HELD_BYTES"],
    # A load balancer must learn that the process is there also when all its threads wait.
    apart=("/healthz", "/readyz"),
    stall_seconds=_flask.config["FORJINN_BODY_SECONDS"],
    on_shutdown=lambda: _flask.extensions["forjinn.shutdown"],
)
