"""`flask apikeys …` as an operator runs it: a process of its own, in a shell, with or without a terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from forjinn.workspaces.models import Workspace
from tests.apikeys.conftest import Call
from tests.apikeys.screen import SECRET, Screen
from tests.applications import environment
from tests.processes import ROOT

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def test_a_shell_takes_the_secret_into_a_variable(run: Run, production: Workspace, call: Call) -> None:
    done = run('KEY=$(flask apikeys create CI --workspace production) && printf "[%s]" "$KEY"')
    assert done.returncode == 0
    secret = SECRET.search(done.stdout)
    assert secret
    assert done.stdout == f"[{secret[0]}]"
    assert secret[0] not in done.stderr
    assert call(secret[0]).status_code == 200


def test_a_shell_sees_a_mistake_as_one_line_and_exit_code_1(run: Run, production: Workspace) -> None:
    done = run("flask apikeys delete Gone --workspace production --yes </dev/null")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == ("Error: There is no API key named 'Gone' in this workspace, or it was deleted.\n")


def test_an_argument_that_is_no_text_is_a_mistake_too(run: Run, production: Workspace) -> None:
    done = run("flask apikeys delete $'\\xff' --workspace production --yes")
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1


def test_a_database_that_is_not_set_up_is_one_line_that_names_the_remedy(
    run: Run, empty_database: str
) -> None:
    for command in ("list --workspace production", "create CI --workspace production"):
        done = run(f"flask apikeys {command}", DATABASE_URL=empty_database)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == "Error: The database is not set up; run: flask db upgrade\n"


def test_a_database_that_does_not_answer_is_one_line_too(run: Run, on_postgres: bool, tmp_path: Path) -> None:
    nowhere = (
        "postgresql://postgres@127.0.0.1:1/none" if on_postgres else f"sqlite:///{tmp_path}/no/such/file"
    )
    done = run("flask apikeys list --workspace production", DATABASE_URL=nowhere)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: The database cannot answer: ")


@pytest.mark.parametrize(("typed", "code", "left"), [("n", 1, ["CI"]), ("", 1, ["CI"]), ("y", 0, [])])
def test_on_a_terminal_a_deletion_is_asked_for(
    typed: str, code: int, left: list[str], environ: dict[str, str], screen: Screen
) -> None:
    secret = screen.create("CI")
    keyboard, terminal = pty.openpty()
    os.write(keyboard, f"{typed}\n".encode())
    done = subprocess.run(
        [sys.executable, "-m", "flask", "apikeys", "delete", "CI", "--workspace", "production"],
        cwd=ROOT,
        env=environ,
        stdin=terminal,
        capture_output=True,
        text=True,
        timeout=30,
    )
    os.close(keyboard)
    os.close(terminal)
    assert (done.returncode, done.stdout) == (code, "")
    question = f"Delete 'CI' ({secret[:7]}…{secret[-4:]}; 0 calls in the last 7 days will start to fail)?"
    assert question in done.stderr
    assert screen.names() == left


@pytest.fixture
def environ(database_url: str, tmp_path: Path) -> dict[str, str]:
    """A shell's variables, with the `flask` of this environment on its path."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": path, "LANG": "C.UTF-8"} | environment(database_url, tmp_path)


@pytest.fixture
def run(environ: dict[str, str]) -> Run:
    """Run a line in a shell."""

    def run(line: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", line],
            cwd=ROOT,
            env=environ | settings,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
        )

    return run


@pytest.fixture
def empty_database(database_url: str, on_postgres: bool, tmp_path: Path) -> str:
    """A database that answers and holds no table."""
    if on_postgres:
        # A schema that holds nothing hides the tables.
        return f"{database_url}?options=-csearch_path%3Dnothing"
    return f"sqlite:///{tmp_path}/empty.db"
