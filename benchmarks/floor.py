"""The floor: a bare Flask route that returns the JSON of a prediction, and nothing else.

The JSON stands in FLOOR_JSON, which `Served` sets for the processes that it starts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify

from forjinn.bridge import Bridge
from tests.processes import ROOT, free_port

START_SECONDS = 30.0
GUNICORN = (sys.executable, "-m", "gunicorn", "--worker-class", "gthread", "--workers", "1", "--threads", "4")
OURS = (sys.executable, "-c", "from forjinn.server import serve; serve('benchmarks.floor:bridged')")


def bare(content: Any) -> Flask:
    """An application with one route, the prediction's, that always answers this."""
    app = Flask("bare")

    @app.post("/api/v1/prediction/<flow_id>")
    def predict(**_: str) -> Response:
        return jsonify(content)

    return app


app = bare(json.loads(os.environ.get("FLOOR_JSON", "{}")))
# What our own server serves the bare route through.
bridged = Bridge(app, threads=int(os.environ.get("FORJINN_THREADS", "128")))


@contextmanager
def under_gunicorn(content: Any, log: Path) -> Iterator[int]:
    """The bare route under gunicorn-gthread, one worker and four threads; gives its port."""
    port = free_port()
    command = (*GUNICORN, "--bind", f"127.0.0.1:{port}", "--log-level", "warning", "benchmarks.floor:app")
    with _running(command, port, content, log):
        yield port


@contextmanager
def under_our_server(content: Any, log: Path) -> Iterator[int]:
    """The bare route under the server that we ship, one process; gives its port."""
    port = free_port()
    with _running(OURS, port, content, log):
        yield port


@contextmanager
def _running(command: tuple[str, ...], port: int, content: Any, log: Path) -> Iterator[None]:
    environment = os.environ | {
        "FLOOR_JSON": json.dumps(content),
        "PYTHONPATH": str(ROOT),
        "PORT": str(port),
        "WORKERS": "1",
    }
    with log.open("ab") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out)
    try:
        _wait_for(port, process, log)
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1)
        except urllib.error.HTTPError:
            return  # 404: it answers
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"the floor did not start: {log.read_text()}")
