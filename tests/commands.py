"""The `flask` command line: within this process, or as an operator runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from click.testing import Result
from flask import Flask

ROOT = Path(__file__).parent.parent
KEPT = ("PATH", "HOME", "LANG", "TMPDIR")


def run(app: Flask, *arguments: str, password: str | None = None) -> Result:
    """Run a command on the application's database, without a terminal."""
    result: Result = app.test_cli_runner().invoke(args=arguments, env={"FORJINN_PASSWORD": password})
    return result


def done(app: Flask, *arguments: str, password: str | None = None) -> str:
    """Run a command that must work. Returns its stdout."""
    result = run(app, *arguments, password=password)
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(result: Result) -> str:
    """The one line that a mistake gets on stderr; nothing went to stdout."""
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    [line] = result.stderr.splitlines()
    assert line.startswith("Error: ")
    return str(line)


def as_operator(
    settings: dict[str, str], *arguments: str | bytes, **environment: str | bytes
) -> subprocess.CompletedProcess[str]:
    """Run `flask …` in a process of its own, with no terminal and only these settings."""
    inherited = {name: os.environ[name] for name in KEPT if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "flask", *arguments],
        cwd=ROOT,
        env={**inherited, **settings, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
