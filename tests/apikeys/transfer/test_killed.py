"""`kill -9` at any moment of a replace-all leaves the old set of keys or the new one."""

from __future__ import annotations

import itertools
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from forjinn.workspaces.models import Workspace
from tests.apikeys.transfer.files import digest, numbered, raw, value
from tests.applications import environment
from tests.calls import Sql
from tests.processes import ROOT

COUNT, ROUNDS = 5_000, 20
ARGUMENTS = ("--workspace", "production", "--mode", "replace-all", "--yes")


@pytest.mark.slow
def test_a_kill_at_any_moment_leaves_the_old_set_or_the_new_one(
    waiting: Callable[[], Import], sql: Sql
) -> None:
    sets, files = zip(*(made(number) for number in range(2)), strict=True)
    waiting().run(files[0])
    seconds = waiting().run(files[1])
    assert live(sql) == sets[1]
    now, applied, killed = 1, 2, 0
    for number in range(ROUNDS):
        one = waiting()
        began = one.feed(files[1 - now])
        # The moments are spread over all that an import does.
        moment = began + seconds * (number + random.random()) / ROUNDS
        time.sleep(max(0, moment - time.monotonic()))
        one.process.kill()
        killed += one.process.wait() < 0
        left = live(sql)
        assert left in sets, f"round {number}: {len(left)} keys"
        if left == sets[1 - now]:
            now, applied = 1 - now, applied + 1
        # The record of an import is part of it.
        assert sql("SELECT count(*) FROM api_key_imports") == [(applied,)]
    assert killed > ROUNDS / 2
    waiting().run(files[1 - now])
    assert live(sql) == sets[1 - now]


def made(number: int) -> tuple[dict[str, str], bytes]:
    """One of two sets, by name and digest, and its file: a fifth of it is kept, overwritten, renamed."""
    fifth = COUNT // 5
    keys: list[dict[str, Any]] = numbered(fifth)
    keys += [{"name": f"overwritten {n}", "key": value(f"{number} {n}")} for n in range(fifth)]
    keys += [{"name": f"renamed {number} {n}", "key": value(f"renamed {n}")} for n in range(fifth)]
    keys += numbered(2 * fifth, first=COUNT * (number + 1))
    return {entry["name"]: digest(entry["key"]) for entry in keys}, raw(keys)


def live(sql: Sql) -> dict[str, str]:
    rows = sql("SELECT name, digest FROM api_keys WHERE deleted_at IS NULL")
    return {name: bytes(found).hex() for name, found in rows}


class Import:
    """`flask apikeys import` in a process of its own, which waits for its file: a named pipe."""

    def __init__(self, pipe: Path, settings: dict[str, str]) -> None:
        self.pipe = pipe
        os.mkfifo(pipe)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "flask", "apikeys", "import", str(pipe), *ARGUMENTS],
            cwd=ROOT,
            env={"LANG": "C.UTF-8"} | settings,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def feed(self, content: bytes) -> float:
        """Give it the file, once it has loaded the application; return the moment."""
        with self.pipe.open("wb") as file:
            began = time.monotonic()
            file.write(content)
        return began

    def run(self, content: bytes) -> float:
        """Let it end; return how many seconds it took."""
        began = self.feed(content)
        assert self.process.wait(60) == 0
        return time.monotonic() - began


@pytest.fixture
def waiting(production: Workspace, database_url: str, tmp_path: Path) -> Iterator[Callable[[], Import]]:
    """Give a process that waits for its file. The next ones start while it works."""
    started: list[Import] = []
    given = itertools.count()

    def waiting() -> Import:
        number = next(given)
        while len(started) < number + 3:
            pipe = tmp_path / f"{len(started)}.json"
            started.append(Import(pipe, environment(database_url, tmp_path)))
        return started[number]

    yield waiting
    for one in started:
        one.process.kill()
        one.process.wait()
