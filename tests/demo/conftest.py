from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.applications import environment
from tests.processes import ROOT, free_port

# Forjinn and the model, on a machine that runs other tests beside it.
START_SECONDS = 90
FLASK = [sys.executable, "-m", "flask"]


class Demo:
    """`flask demo` in a process of its own. What it prints is kept in a file, as a person would read it."""

    def __init__(self, settings: dict[str, str], printed: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._printed = printed
        with printed.open("wb") as out:
            self.process = subprocess.Popen(
                [*FLASK, "demo"],
                cwd=ROOT,
                env=settings | {"PORT": str(self.port), "WORKERS": "2"},
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            eventually(self._answers, START_SECONDS)
        except AssertionError:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            raise

    @property
    def printed(self) -> str:
        return self._printed.read_text()

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.printed
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=1):
                return True
        except (urllib.error.URLError, OSError):
            return False

    def end(self, number: int) -> None:
        self.process.send_signal(number)
        self.process.wait(20)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    slow = {"FORJINN_PROVIDER_SECONDS": "60"}
    return kept | {"LANG": "C.UTF-8"} | environment(database_url, tmp_path) | slow


@pytest.fixture
def seed(settings: dict[str, str]) -> Callable[..., str]:
    """Run `flask demo --no-serve`; return what it printed."""

    def seed(**more: str) -> str:
        done = subprocess.run(
            [*FLASK, "demo", "--no-serve"],
            cwd=ROOT,
            env=settings | more,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    return seed


@pytest.fixture
def demo(settings: dict[str, str], tmp_path: Path) -> Iterator[Demo]:
    demo = Demo(settings, tmp_path / "printed")
    below = children(demo.process.pid)
    yield demo
    if demo.process.poll() is None:
        demo.end(signal.SIGTERM)
    eventually(lambda: not any(map(alive, below)), 20)


def children(pid: int) -> list[int]:
    """The ids of all processes below this one."""
    lines = subprocess.run(
        ["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    parents = {int(child): int(parent) for child, parent in map(str.split, lines)}
    found = [pid]
    for known in found:
        found += [child for child, parent in parents.items() if parent == known]
    return found[1:]


def alive(pid: int) -> bool:
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return bool(state) and not state.startswith("Z")


def command_line(pid: int) -> str:
    return subprocess.run(
        ["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout


def eventually(condition: Callable[[], bool], seconds: float) -> None:
    """Wait until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)
