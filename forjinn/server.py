"""The production server: granian's processes, and the embedded model when it is asked for."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import sqlite3
import sys
import threading
import time
from contextlib import ExitStack

from click import ClickException, echo
from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server
from sqlalchemy import make_url

from forjinn import settings, sqlite
from forjinn.bounds import bound
from forjinn.gateway.embedded import EmbeddedModel

# Connections that wait for a process to take them; the system may allow fewer.
BACKLOG = 4096
LONGEST_HEAD = bound("The head of a request: its address and all its headers", 64 * 1024, "bytes")
# Files that a process opens beside its connections: databases, models, its own code.
OTHER_FILES = 512
# How long a process may take to end, in seconds; longer than the bridge gives its last requests.
STOP_SECONDS = 10


class CannotServe(ClickException):
    """The server could not start; the message says why, in one line. `flask` exits with 1."""


def serve(app_target: str = "forjinn.asgi:app", *, with_embedded: bool = False) -> None:
    """Serve on the settings HOST and PORT until SIGINT or SIGTERM.

    `app_target` is the `module:name` of an ASGI application, loaded in each of WORKERS processes.
    `with_embedded` starts the model in the demo's packages; server processes find it through
    the variables FORJINN_EMBEDDED_URL and FORJINN_EMBEDDED_KEY. Raises CannotServe when the
    address is taken, EmbeddedModelFailed when the model does not start.
    """
    values = settings.load()
    host, port = values["HOST"], values["PORT"]
    check_address(host, port)
    warn_of_old_sqlite(values["DATABASE_URL"])
    allow_open_files(values["FORJINN_CONNECTIONS"] + OTHER_FILES)
    # Forking would copy the threads' locks and the model's pipe into a respawned process.
    multiprocessing.set_start_method("spawn", force=True)
    with ExitStack() as until_the_end:
        if with_embedded:
            model = until_the_end.enter_context(EmbeddedModel())
            os.environ["FORJINN_EMBEDDED_URL"] = model.url
            os.environ["FORJINN_EMBEDDED_KEY"] = model.key
        server = Server(
            app_target,
            address=host,
            port=port,
            workers=values["WORKERS"],
            interface=Interfaces.ASGI,
            loop=Loops.auto if sys.platform == "win32" else Loops.uvloop,
            http=HTTPModes.http1,
            websockets=False,
            # An access log would hold what somebody wrote into a query string.
            log_access=False,
            log_level=LogLevels.warning,
            respawn_failed_workers=True,
            backlog=BACKLOG,
            backpressure=values["FORJINN_CONNECTIONS"],
            http1_settings=HTTP1Settings(
                header_read_timeout=int(values["FORJINN_HEAD_SECONDS"] * 1000),
                max_buffer_size=LONGEST_HEAD,
            ),
            workers_kill_timeout=STOP_SECONDS,
        )
        place = f"[{host}]" if ":" in host else host
        said = f"Serving on http://{place}:{port} (Ctrl-C stops it)"
        server.on_startup(lambda: echo(said, err=True))
        server.serve()


def warn_of_old_sqlite(database_url: str) -> None:
    """Say it once, before there are several processes that would each say it."""
    warning = sqlite.warning_of_age(sqlite3.sqlite_version_info)
    if warning and make_url(database_url).get_backend_name() == "sqlite":
        echo(f"Warning: {warning}", err=True)


def check_address(host: str, port: int) -> None:
    """Raise CannotServe when nothing can listen there.

    Granian shares a port between its processes, and would share it with a second server, too.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            # As a server would: connections of one that has just ended are no hindrance.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        reason = error.strerror or str(error)
        raise CannotServe(
            f"Cannot listen on {host}:{port}: {reason}. Choose another port: PORT={port + 1} make …"
        ) from error


def allow_open_files(wanted: int) -> None:
    """Let this process and its children open so many files; says so where the system allows fewer."""
    try:
        import resource
    except ImportError:  # not on Windows, which has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    possible = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, possible), hard))
    if possible < wanted:
        echo(
            f"The system allows {possible} open files, and FORJINN_CONNECTIONS wants {wanted}: "
            "raise the limit (LimitNOFILE= of a systemd service), or lower the setting.",
            err=True,
        )


def end_with_parent() -> None:
    """Make this server process end when the one that started it is gone, however it went."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent,), daemon=True).start()


def _follow(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_SECONDS)
    os._exit(1)
