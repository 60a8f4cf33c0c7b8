"""What happens at the same time as an import: other imports, predictions, and the counting of calls."""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from flask import Flask
from sqlalchemy import text

from forjinn.extensions import db
from forjinn.flows.models import Flow
from forjinn.workspaces.models import Workspace
from tests.apikeys.transfer.files import digest, numbered, plain, raw, value
from tests.apikeys.transfer.ways import Browser
from tests.apikeys.visitor import call
from tests.applications import environment
from tests.calls import Sql, eventually
from tests.conftest import member
from tests.processes import ROOT, Server

COMMAND = [sys.executable, "-m", "flask", "apikeys", "import"]
LIVE = "SELECT name, digest FROM api_keys WHERE deleted_at IS NULL"


def test_two_imports_at_once_are_one_after_the_other(
    environ: dict[str, str], production: Workspace, tmp_path: Path, live: Callable[[], dict[str, str]]
) -> None:
    count = 400
    files = []
    for one in ("a", "b"):
        both = [{"name": f"both {n}", "key": value(f"{one}{n}")} for n in range(count)]
        own = [{"name": f"only {one} {n}", "key": value(f"only {one}{n}")} for n in range(count)]
        files.append(both + own)
        (tmp_path / f"{one}.json").write_bytes(raw(files[-1]))
    running = [
        subprocess.Popen(
            [*COMMAND, str(tmp_path / f"{one}.json"), "--workspace", "production", "--mode", "overwrite"],
            cwd=ROOT,
            env=environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for one in ("a", "b")
    ]
    assert [process.communicate(timeout=120)[1] for process in running] == [b"", b""]
    first_then_second, second_then_first = (
        {entry["name"]: digest(entry["key"]) for entry in one + other}
        for one, other in (files, reversed(files))
    )
    assert live() in (first_then_second, second_then_first)


def test_of_two_plans_for_the_same_keys_one_is_applied_and_the_other_is_shown_anew(
    app: Flask, browser: Browser, production: Workspace, live: Callable[[], dict[str, str]]
) -> None:
    assert browser(numbered(200), "add-new").worked
    dora = Browser(member(app, "dora@example.com", production, "Admin"))
    files = [[{"name": f"key {n:05}", "key": value(f"{who} {n}")} for n in range(200)] for who in "ab"]
    plans = [who.planned(file, "overwrite") for who, file in zip((browser, dora), files, strict=True)]
    start = threading.Barrier(2)

    def apply(number: int) -> int:
        start.wait()
        return plans[number].apply().status_code

    with ThreadPoolExecutor(2) as together:
        statuses = list(together.map(apply, range(2)))
    assert sorted(statuses) == [303, 409]
    winner = files[statuses.index(303)]
    assert live() == {entry["name"]: digest(entry["key"]) for entry in winner}


def test_keys_in_both_sets_never_fail_during_a_replace_all(
    server: Server, browser: Browser, echo_flow: Flow, sql: Sql
) -> None:
    """`server` has two processes; each of them is asked all the time."""
    kept = plain(A="A", B="B", C="C", D="D")
    old, new = numbered(1_500), numbered(1_500, 10_000)
    # A is kept, B and C swap their names, and D is renamed.
    stays = [kept[0], kept[1] | {"name": "C"}, kept[2] | {"name": "B"}, kept[3] | {"name": "Renamed"}]
    assert browser(old + kept, "add-new").worked
    plan = browser.planned(stays + new, "replace-all")
    sizes: set[object] = set()
    seen: list[requests.Response] = []

    def ask(number: int) -> None:
        seen.append(call(server, echo_flow.id, kept[number % 4]["key"]))

    def count(_: int) -> None:
        sizes.add(tuple(sql("SELECT min(name), max(name), count(*) FROM api_keys WHERE deleted_at IS NULL")))

    with in_a_loop(ask), in_a_loop(ask), in_a_loop(count):
        assert plan.apply(workspace="Production").status_code == 303
        time.sleep(0.3)
    assert {answer.status_code for answer in seen} == {200}, [answer.text for answer in seen][:3]
    assert len(seen) > 10
    before, after = ("A", "key 01499", 1_504), ("A", "key 11499", 1_504)
    assert sizes <= {((before),), ((after),)}
    assert {call(server, echo_flow.id, old[n]["key"]).status_code for n in range(4)} == {401}


def test_an_import_and_the_counting_of_calls_wait_for_each_other_in_one_order(
    app: Flask, browser: Browser, sql: Sql, on_postgres: bool
) -> None:
    """Calls are counted key by key in the order of ids; locking in another would be a deadlock."""
    count = 2_500
    assert browser(numbered(count), "add-new").worked
    keys = sql("SELECT id, name FROM api_keys ORDER BY id")
    lowest, highest = keys[0], keys[-1]
    # The key of the highest id is looked up first, that of the lowest last.
    names = [highest[1], *(name for _, name in keys[1:-1]), lowest[1]]
    plan = browser.planned([{"name": name, "key": value(f"new {name}")} for name in names], "overwrite")
    update = text("UPDATE api_keys SET last_used_address = 'there' WHERE id = :id")
    with ThreadPoolExecutor(1) as other, app.app_context():
        with db.engine.connect().execution_options(writes=True) as counting, counting.begin():
            counting.execute(update, {"id": lowest[0]})
            applied = other.submit(plan.apply)
            if on_postgres:
                waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                eventually(lambda: sql(waiting + " AND datname = current_database()") or applied.done())
            counting.execute(update, {"id": highest[0]})
        assert applied.result(30).status_code == 303
    assert sql("SELECT count(*) FROM api_keys WHERE last_used_address = 'there'") == [(2,)]


@contextmanager
def in_a_loop(work: Callable[[int], None]) -> Iterator[None]:
    """Do it again and again, in a thread, until the block ends; an error of it is an error here."""
    stop, began = threading.Event(), threading.Event()

    def run() -> None:
        for number in itertools.count():
            work(number)
            began.set()
            if stop.is_set():
                return

    with ThreadPoolExecutor(1) as other:
        done = other.submit(run)
        try:
            assert began.wait(30) or done.exception(1)
            yield
        finally:
            stop.set()
        done.result(60)


@pytest.fixture
def live(sql: Sql) -> Callable[[], dict[str, str]]:
    """The digest of each live key, by its name."""
    return lambda: {str(name): bytes(value).hex() for name, value in sql(LIVE)}


@pytest.fixture
def environ(database_url: str, tmp_path: Path) -> dict[str, str]:
    return {"LANG": "C.UTF-8"} | environment(database_url, tmp_path)
