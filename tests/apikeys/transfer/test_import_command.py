"""`flask apikeys import`, as an operator or a script runs it."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from forjinn.workspaces.models import Workspace
from tests.apikeys.conftest import Cli
from tests.apikeys.screen import Screen
from tests.apikeys.transfer.conftest import State
from tests.apikeys.transfer.files import numbered, plain, raw, value
from tests.apikeys.transfer.ways import CommandLine
from tests.applications import environment
from tests.processes import ROOT

Import = Callable[..., "subprocess.CompletedProcess[str]"]


def test_it_prints_a_line_for_each_key_then_the_totals(
    write: Callable[..., str], cli: Cli, screen: Screen
) -> None:
    kept = screen.create("Kept")
    screen.create("Changed")
    screen.create("Gone")
    file = write([*plain(New="one", Changed="two"), {"name": "Kept", "key": kept}])
    done = cli("apikeys", "import", file, "--workspace", "production", "--mode", "replace-all", "--yes")
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        "added\tNew",
        "overwritten\tChanged",
        "kept\tKept",
        "deleted\tGone",
        "1 added, 1 overwritten, 1 kept, 1 deleted",
    ]
    assert done.stderr == ""


@pytest.mark.parametrize("mode", ["add-new", "overwrite", "replace-all"])
def test_a_dry_run_prints_the_same_and_changes_nothing(
    mode: str, write: Callable[..., str], cli: Cli, screen: Screen, state: State
) -> None:
    screen.create("CI")
    screen.create("Web")
    before = state()
    arguments = ("apikeys", "import", write(plain(CI="one", New="two")), "--workspace", "production")
    dry = cli(*arguments, "--mode", mode, "--dry-run")
    assert dry.exit_code == 0
    assert state() == before
    assert cli(*arguments, "--mode", mode, "--yes").stdout == dry.stdout
    assert state() != before


def test_a_dry_run_of_what_would_be_refused_says_so(
    write: Callable[..., str], cli: Cli, screen: Screen
) -> None:
    screen.create("CI")
    arguments = (write(plain(CI="one")), "--workspace", "production", "--mode", "error", "--dry-run")
    done = cli("apikeys", "import", *arguments)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        "refused\tCI\tthe name exists",
        "Error: Nothing was imported: 1 of the entries are refused.",
    ]


def test_a_dash_reads_standard_input(operator: Import, screen: Screen) -> None:
    done = operator("-", "add-new", stdin=b"\xef\xbb\xbf" + raw(plain(CI="one")))
    assert (done.returncode, done.stdout) == (0, "added\tCI\n1 added, 0 overwritten, 0 kept, 0 deleted\n")
    assert done.stderr == ""
    assert screen.names() == ["CI"]


def test_without_a_terminal_nothing_is_deleted_unless_one_says_yes(
    operator: Import, screen: Screen, state: State
) -> None:
    screen.create("CI")
    before, content = state(), raw(plain(New="one"))
    done = operator("-", "replace-all", stdin=content)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: Delete 1 keys of production?")
    assert "say --yes to do it" in line
    assert state() == before
    assert operator("-", "replace-all", "--yes", stdin=content).returncode == 0
    assert screen.names() == ["New"]


def test_what_deletes_nothing_does_not_ask(operator: Import, screen: Screen) -> None:
    screen.create("CI")
    assert operator("-", "overwrite", stdin=raw(plain(CI="one"))).returncode == 0


@pytest.mark.parametrize(("typed", "code", "left"), [("n", 1, ["CI"]), ("", 1, ["CI"]), ("y", 0, ["New"])])
def test_on_a_terminal_a_deletion_is_asked_for(
    typed: str, code: int, left: list[str], environ: dict[str, str], write: Callable[..., str], screen: Screen
) -> None:
    screen.create("CI")
    keyboard, terminal = pty.openpty()
    os.write(keyboard, f"{typed}\n".encode())
    arguments = [write(plain(New="one")), "--workspace", "production", "--mode", "replace-all"]
    done = subprocess.run(
        [sys.executable, "-m", "flask", "apikeys", "import", *arguments],
        cwd=ROOT,
        env=environ,
        stdin=terminal,
        capture_output=True,
        text=True,
        timeout=60,
    )
    os.close(keyboard)
    os.close(terminal)
    assert done.returncode == code, done.stderr
    assert "Delete 1 keys of production? Applications using them will stop working." in done.stderr
    assert screen.names() == left


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("/no/such/file", "--mode", "add-new"), 2, "'/no/such/file': No such file or directory"),
        (("-", "--mode", "everything"), 2, "Invalid value for '--mode'"),
        (("-",), 2, "Missing option '--mode'"),
        ((os.devnull, "--mode", "add-new"), 1, "The file is empty.\nError: Nothing was imported."),
    ],
)
def test_a_mistake_is_said_in_words(
    arguments: tuple[str, ...], code: int, said: str, cli: Cli, production: Workspace
) -> None:
    done = cli("apikeys", "import", *arguments, "--workspace", "production")
    assert (done.exit_code, done.stdout) == (code, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_workspace_that_is_not_there_is_a_mistake(cli: Cli, write: Callable[..., str]) -> None:
    done = cli("apikeys", "import", write(plain(CI="one")), "--workspace", "nowhere", "--mode", "add-new")
    assert (done.exit_code, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)


def test_every_problem_has_one_line_on_stderr(command_line: CommandLine) -> None:
    found = command_line([{"name": "CI", "key": "abcd"}, {"name": "a\nb\tc", "key": value("one")}], "error")
    assert found.said.splitlines() == [
        'entry 1, "CI": the key is 4 characters; at least 32 are needed.',
        'entry 2, "a�b�c": A name cannot hold control characters or line breaks.',
        "Error: Nothing was imported.",
    ]


def test_a_file_over_the_limit_is_refused(operator: Import, state: State, production: Workspace) -> None:
    before = state()
    content = raw(numbered(40))
    limit = str(len(content) - 1)
    done = operator("-", "add-new", stdin=content, FORJINN_MAX_IMPORT_BYTES=limit)
    assert (done.returncode, done.stdout) == (1, "")
    sentence = f"Error: The file is larger than {int(limit):,} bytes (FORJINN_MAX_IMPORT_BYTES).\n"
    assert done.stderr == sentence
    assert state() == before
    fits = operator("-", "add-new", stdin=content, FORJINN_MAX_IMPORT_BYTES=str(len(content)))
    assert fits.returncode == 0


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    """Write a file of keys; return its path."""

    def write(content: object) -> str:
        (tmp_path / "file.json").write_bytes(raw(content))
        return str(tmp_path / "file.json")

    return write


@pytest.fixture
def environ(database_url: str, tmp_path: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"} | environment(database_url, tmp_path)


@pytest.fixture
def operator(environ: dict[str, str]) -> Import:
    """`flask apikeys import` in a process of its own, fed from a pipe."""

    def run(
        file: str, mode: str, *more: str, stdin: bytes = b"", **settings: str
    ) -> subprocess.CompletedProcess[str]:
        arguments = [file, "--workspace", "production", "--mode", mode, *more]
        done = subprocess.run(
            [sys.executable, "-m", "flask", "apikeys", "import", *arguments],
            cwd=ROOT,
            env=environ | settings,
            input=stdin,
            capture_output=True,
            timeout=60,
        )
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
        )

    return run
