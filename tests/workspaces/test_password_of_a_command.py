"""Where `flask users …` takes a password from, and that it is shown nowhere."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

from tests.accounts.signing_in import Sql, sign_in
from tests.applications import environment
from tests.commands import KEPT, ROOT, as_operator, refused, run
from tests.people import PASSWORD, Person

EMAIL = "dora@example.com"


@pytest.fixture
def settings(app: Flask, database_url: str, tmp_path: Path) -> dict[str, str]:
    return environment(database_url, tmp_path)


@pytest.mark.parametrize("given", [None, ""])
def test_without_the_variable_and_a_terminal_nothing_is_done(app: Flask, sql: Sql, given: str | None) -> None:
    line = refused(run(app, "users", "create", EMAIL, password=given))
    assert "FORJINN_PASSWORD" in line
    assert sql("SELECT count(*) FROM users") == [(0,)]


@pytest.mark.parametrize("password", ["short", "a" * 73, "é" * 37])
def test_a_password_against_the_rules_is_refused_and_not_repeated(
    app: Flask, sql: Sql, password: str
) -> None:
    line = refused(run(app, "users", "create", EMAIL, password=password))
    assert password not in line
    assert sql("SELECT count(*) FROM users") == [(0,)]


def test_a_refused_new_password_leaves_the_old_one(app: Flask, alice: Person) -> None:
    refused(run(app, "users", "password", alice.email, password="a" * 73))
    assert alice.get("/profile").status_code == 200
    assert sign_in(app, alice.email, PASSWORD).status_code == 303


def test_an_operator_makes_a_user_from_a_script(app: Flask, settings: dict[str, str]) -> None:
    result = as_operator(settings, "users", "create", EMAIL, FORJINN_PASSWORD=PASSWORD)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", f"Created {EMAIL}.\n")
    assert sign_in(app, EMAIL, PASSWORD).status_code == 303


def test_a_script_without_a_password_gets_one_line(settings: dict[str, str], sql: Sql) -> None:
    result = as_operator(settings, "users", "create", EMAIL)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == "Error: Give the password in FORJINN_PASSWORD; there is no terminal to ask on.\n"
    assert sql("SELECT count(*) FROM users") == [(0,)]


def test_bytes_that_are_no_text_get_one_line(settings: dict[str, str], sql: Sql) -> None:
    for arguments, password in (
        (("users", "create", EMAIL), b"long enough \xff"),
        (("users", "create", b"d\xff@example.com"), PASSWORD.encode()),
        (("users", "grant", EMAIL, "--workspace", b"\xff", "--role", "Viewer"), b""),
    ):
        result = as_operator(settings, *arguments, FORJINN_PASSWORD=password)
        assert (result.returncode, result.stdout) == (1, "")
        assert len(result.stderr.splitlines()) == 1, result.stderr
    assert sql("SELECT count(*) FROM users") == [(0,)]


def test_at_a_terminal_it_is_asked_for_twice_and_not_shown(app: Flask, settings: dict[str, str]) -> None:
    typed = "typed at the terminal"
    shown, code = at_a_terminal(settings, ["users", "create", EMAIL], [typed, typed])
    assert code == 0, shown
    assert "Password" in shown
    assert typed not in shown
    assert sign_in(app, EMAIL, typed).status_code == 303


def at_a_terminal(settings: dict[str, str], arguments: list[str], answers: list[str]) -> tuple[str, int]:
    """Run a command whose input, output and errors are one terminal. Returns what stood on it."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", *arguments],
        cwd=ROOT,
        env={**{name: os.environ[name] for name in KEPT if name in os.environ}, **settings},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown = b""
    try:
        while True:
            try:
                part = os.read(ours, 1024)
            except OSError:  # Linux says so when the other side is closed.
                break
            if not part:
                break
            shown += part
            if part.rstrip().endswith(b":") and answers:
                os.write(ours, f"{answers.pop(0)}\n".encode())
        return shown.decode(), process.wait(30)
    finally:
        os.close(ours)
        process.kill()
        process.wait()
