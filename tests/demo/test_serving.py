"""`flask demo` as a person starts it: the printed line is pasted into another terminal, and answers."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess

import pytest

from forjinn.gateway import embedded
from tests.demo.conftest import Demo, alive, children, command_line, eventually
from tests.machine import skip_or_fail

MODEL = "gateway/embedded.py"


def test_the_printed_curl_line_answers(demo: Demo) -> None:
    if not shutil.which("curl"):
        skip_or_fail("no curl")
    line = re.search(r"curl -X POST .*?'$", demo.printed, re.DOTALL | re.MULTILINE)
    assert line
    assert f"Forjinn      {demo.url}\n" in demo.printed
    # Of Python or its libraries; what is said of an old SQLite is for the operator.
    warnings = [line for line in demo.printed.splitlines() if "Warning" in line]
    assert [line for line in warnings if not line.startswith("Warning: SQLite")] == []
    done = subprocess.run(
        ["bash", "-c", line[0].replace("curl", "curl -sS", 1)],
        capture_output=True,
        text=True,
        timeout=90,
        check=True,
    )
    answer = json.loads(done.stdout)
    assert answer["question"] == "What is the status of my order?"
    assert answer["text"]
    if embedded.available():
        assert answer["usageMetadata"]["output_tokens"] > 0
    else:
        assert answer["text"] == "You asked: What is the status of my order?"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL], ids=lambda one: one.name)
def test_no_process_outlives_the_server(number: signal.Signals, demo: Demo) -> None:
    below = children(demo.process.pid)
    models = [pid for pid in below if MODEL in command_line(pid)]
    assert len(models) == (1 if embedded.available() else 0)
    assert len(below) > len(models)
    demo.end(number)
    eventually(lambda: not any(map(alive, below)), 20)
    if number == signal.SIGTERM:
        assert demo.process.returncode == 0
