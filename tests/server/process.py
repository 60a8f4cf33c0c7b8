"""A real server in a process of its own, and sockets to talk to it byte by byte."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVE = "import sys; from forjinn.server import serve; serve('apps:app', with_embedded={})"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def eventually(condition, seconds=10.0):
    """Wait until `condition()` is true; return how many seconds that took."""
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < seconds, "waited in vain"
        time.sleep(0.02)
    return time.monotonic() - start


@dataclass
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name):
        return next((value for key, value in self.headers if key.lower() == name), None)

    def json(self):
        return json.loads(self.body)


@dataclass
class Running:
    process: subprocess.Popen[str]
    port: int
    notes: Path

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def send(self, request, *, method="GET"):
        """Send these bytes; return the answer to the first request in them."""
        with self.connect() as sock:
            sock.sendall(request)
            return read(sock, method)

    def get(self, path, *headers, method="GET"):
        lines = [f"{method} {path} HTTP/1.1", "Host: test", *headers, "", ""]
        return self.send("\r\n".join(lines).encode("latin-1"), method=method)

    def noted(self, name):
        return (self.notes / name).exists()

    def stop(self, number=signal.SIGTERM, seconds=15):
        self.process.send_signal(number)
        self.process.wait(seconds)


class Several:
    """What `read` can be given more than once: the answers of one connection may arrive together."""

    def __init__(self, sock):
        self._file = sock.makefile("rb")

    def makefile(self, _mode):
        return self

    def close(self):
        """Not after the first answer."""

    def __getattr__(self, name):
        return getattr(self._file, name)


def read(sock, method="GET"):
    response = HTTPResponse(sock, method=method)
    try:
        response.begin()
        return Answer(response.status, response.getheaders(), response.read())
    finally:
        response.close()


@contextmanager
def running(notes, *, workers=1, embedded=False, command=None, **environ):
    """A server process, stopped at the end; its stderr is in `notes`/log."""
    port = free_port()
    command = command or [sys.executable, "-c", SERVE.format(embedded)]
    variables = os.environ | {
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests/server'}",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "WORKERS": str(workers),
        "TEST_NOTES": str(notes),
        **environ,
    }
    with (notes / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=variables, stdout=log, stderr=log)
    with process:
        try:
            wait_for(port, process)
            yield Running(process, port, notes)
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    process.kill()


def wait_for(port, process, seconds=30.0):
    """Wait until something listens there, as long as the process lives."""

    def listens():
        assert process.poll() is None, "the server ended"
        with socket.socket() as sock:
            return sock.connect_ex(("127.0.0.1", port)) == 0

    eventually(listens, seconds)


def children(pid):
    """The ids of all processes below this one."""
    lines = subprocess.run(
        ["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    ).stdout.split("\n")
    below, found = {pid}, []
    pairs = [tuple(map(int, line.split())) for line in lines if line.strip()]
    while fresh := [child for child, parent in pairs if parent in below and child not in found]:
        found += fresh
        below = set(fresh)
    return found


def alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
