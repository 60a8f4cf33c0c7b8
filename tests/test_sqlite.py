"""SQLite on this machine: nobody else reads its files, and an old library is told of once."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from forjinn.sqlite import WITHOUT_WAL_RESET_BUG, warning_of_age
from tests.applications import environment
from tests.databases import on_postgresql
from tests.processes import ROOT, Server

OLD = "older than 3.51.3"


@pytest.fixture(params=[0o000])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def modes(database: Path) -> dict[str, int]:
    """The mode of the database's file and of each file beside it that belongs to it."""
    return {path.name: path.stat().st_mode & 0o777 for path in database.parent.glob(f"{database.name}*")}


def run(settings: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "flask", *arguments],
        cwd=ROOT,
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout + done.stderr


@contextmanager
def in_use(database: Path) -> Iterator[None]:
    """Somebody else has it open, so that the files beside it stay."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        yield


@pytest.mark.parametrize(
    ("umask", "place"),
    [(0o022, "instance/forjinn.db"), (0o000, "elsewhere/data.sqlite")],
    indirect=["umask"],
    ids=["in the instance folder", "elsewhere"],
)
def test_what_commands_and_the_server_make_only_the_owner_reads(
    tmp_path: Path, umask: None, place: str
) -> None:
    database = tmp_path / place
    (tmp_path / "elsewhere").mkdir()
    settings = environment(f"sqlite:///{database}", tmp_path / "instance")
    run(settings, "db", "upgrade")
    assert modes(database)
    assert set(modes(database).values()) == {0o600}
    with in_use(database):
        run(settings, "workspaces", "create", "Production")
        assert modes(database) == {f"{database.name}{end}": 0o600 for end in ("", "-wal", "-shm")}
    server = Server(settings, tmp_path / "server.log")
    try:
        with urllib.request.urlopen(f"{server.url}/readyz", timeout=10) as answer:
            assert answer.status == 200
        assert modes(database) == {f"{database.name}{end}": 0o600 for end in ("", "-wal", "-shm")}
    finally:
        server.stop()


@pytest.mark.parametrize("link", [False, True], ids=["itself", "through a link"])
def test_files_that_others_could_read_are_closed_to_them(tmp_path: Path, umask: None, link: bool) -> None:
    database = tmp_path / "data.sqlite"
    url = f"sqlite:///{database}"
    if link:
        (tmp_path / "link.db").symlink_to(database)
        url = f"sqlite:///{tmp_path}/link.db"
    settings = environment(url, tmp_path)
    run(settings, "db", "upgrade")
    with in_use(database):
        run(settings, "workspaces", "create", "Production")
        (tmp_path / "data.sqlite-journal").touch()
        for path in tmp_path.glob("data.sqlite*"):
            path.chmod(0o666)
        assert set(modes(database).values()) == {0o666}
        run(settings, "workspaces", "list")
        assert modes(database) == {f"data.sqlite{end}": 0o600 for end in ("", "-wal", "-shm", "-journal")}


def test_a_database_named_by_a_uri_is_closed_to_others_too(tmp_path: Path, umask: None) -> None:
    settings = environment(f"sqlite:///file:{tmp_path}/a%20b.db?uri=true", tmp_path)
    run(settings, "db", "upgrade")
    assert modes(tmp_path / "a b.db") == {"a b.db": 0o600}


@pytest.mark.parametrize(
    ("version", "is_old"),
    [
        ((3, 40, 1), True),
        ((3, 51, 2), True),
        ((3, 9, 99), True),
        ((3, 51, 3), False),
        ((3, 52, 0), False),
        ((4, 0, 0), False),
    ],
)
def test_a_library_with_the_bug_is_told_from_one_without(version: tuple[int, ...], is_old: bool) -> None:
    warning = warning_of_age(version)
    assert (warning is not None) == is_old
    if warning:
        assert ".".join(map(str, version)) in warning
        assert OLD in warning
        assert "\n" not in warning


def test_the_server_tells_once_of_an_old_library_and_a_command_never(tmp_path: Path) -> None:
    settings = environment(f"sqlite:///{tmp_path}/forjinn.db", tmp_path)
    told = run(settings, "db", "upgrade")
    server = Server(settings, tmp_path / "server.log", workers=2)
    server.stop()
    is_old = sqlite3.sqlite_version_info < WITHOUT_WAL_RESET_BUG
    assert server.log.read_text().count(OLD) == (1 if is_old else 0)
    assert OLD not in told


@pytest.mark.postgres
def test_with_postgresql_the_age_of_sqlite_does_not_matter(tmp_path: Path) -> None:
    with on_postgresql("no_sqlite") as url:
        settings = environment(url, tmp_path)
        run(settings, "db", "upgrade")
        server = Server(settings, tmp_path / "server.log", workers=1)
        server.stop()
        assert OLD not in server.log.read_text()
