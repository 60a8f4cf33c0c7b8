"""Replace all: what is not in the file is deleted, and what is in it keeps its row, whatever its name was."""

from __future__ import annotations

import pytest
from flask import Flask

from forjinn.extensions import db
from forjinn.workspaces.models import Workspace
from tests.apikeys.screen import Screen
from tests.apikeys.transfer.conftest import History, State, Works
from tests.apikeys.transfer.files import numbered, plain, value
from tests.apikeys.transfer.ways import Browser, CommandLine, Way
from tests.calls import Sql, eventually
from tests.conftest import new_key
from tests.people import Person


def entries(**keys: str) -> list[dict[str, str]]:
    """`entries(CI=secret)`: a plain array with these values."""
    return [{"name": name, "key": key} for name, key in keys.items()]


def test_every_key_that_is_not_in_the_file_is_dead_at_once(way: Way, screen: Screen, works: Works) -> None:
    stays, changes, goes = (screen.create(name) for name in ("Stays", "Changes", "Goes"))
    assert works(goes)
    content = entries(Stays=stays) + plain(Changes="changed", New="new")
    assert way(content, "replace-all").done == [
        ("added", "New"),
        ("deleted", "Goes"),
        ("kept", "Stays"),
        ("overwritten", "Changes"),
    ]
    assert sorted(screen.names()) == ["Changes", "New", "Stays"]
    working = {secret: works(secret) for secret in (stays, value("changed"), value("new"), changes, goes)}
    assert list(working.values()) == [True, True, True, False, False]


def test_those_in_the_file_keep_their_row_history_and_usage(
    way: Way, screen: Screen, works: Works, history: History
) -> None:
    stays, renamed, changes = (screen.create(name) for name in ("Stays", "Old", "Changes"))
    assert all(works(secret) for secret in (stays, renamed, changes))
    before = {name: (screen.row(name).id, history(name)) for name in ("Stays", "Old", "Changes")}
    content = entries(Stays=stays, New=renamed) + plain(Changes="changed")
    assert way(content, "replace-all").worked
    after = {name: (screen.row(name).id, history(name)) for name in ("Stays", "New", "Changes")}
    assert list(after.values()) == list(before.values())
    assert works(renamed)


def test_a_deleted_key_still_tells_by_whom_it_was_deleted(
    browser: Browser, screen: Screen, alice: Person, sql: Sql
) -> None:
    screen.create("Goes")
    assert browser(plain(New="new"), "replace-all").worked
    ended = "SELECT k.name, u.email FROM api_keys k JOIN users u ON u.id = k.deleted_by_id"
    assert sql(ended) == [("Goes", alice.email)]


def test_swapped_names_are_no_hindrance(way: Way, screen: Screen, works: Works) -> None:
    one, two = screen.create("One"), screen.create("Two")
    ids = {name: screen.row(name).id for name in ("One", "Two")}
    content = entries(One=two, Two=one)
    assert way(content, "replace-all").done == [("overwritten", "One"), ("overwritten", "Two")]
    assert (screen.row("One").id, screen.row("Two").id) == (ids["Two"], ids["One"])
    assert works(one)
    assert works(two)


def test_a_chain_of_names_is_no_hindrance(way: Way, screen: Screen, works: Works) -> None:
    secrets = {name: screen.create(name) for name in ("A", "B", "C", "D")}
    ids = {name: screen.row(name).id for name in secrets}
    # Each name goes to the next key; D's name to nobody, and A's to a new key.
    content = entries(B=secrets["A"], C=secrets["B"], D=secrets["C"]) + plain(A="new")
    assert way(content, "replace-all").done == [
        ("added", "A"),
        ("deleted", "D"),
        ("overwritten", "B"),
        ("overwritten", "C"),
        ("overwritten", "D"),
    ]
    assert [screen.row(name).id for name in ("B", "C", "D")] == [ids[name] for name in ("A", "B", "C")]
    assert [works(secret) for secret in secrets.values()] == [True, True, True, False]
    assert works(value("new"))


def test_a_new_value_takes_the_name_of_a_key_that_moves_on(way: Way, screen: Screen, works: Works) -> None:
    secret = screen.create("CI")
    moved = screen.row("CI").id
    content = plain(CI="new") + entries(Renamed=secret)
    assert way(content, "replace-all").done == [("added", "CI"), ("overwritten", "Renamed")]
    assert screen.row("Renamed").id == moved
    assert works(secret)
    assert works(value("new"))


def test_another_workspace_keeps_all_its_keys(
    way: Way, screen: Screen, app: Flask, charlie: Person, staging: Workspace
) -> None:
    new_key(app, staging, "CI")
    screen.create("CI")
    assert way(plain(New="new"), "replace-all").worked
    assert Screen(charlie, "staging").names() == ["CI"]


def test_the_same_file_twice_changes_nothing(way: Way, screen: Screen, works: Works, state: State) -> None:
    screen.create("Goes")
    assert way(plain(CI="one", Web="two"), "replace-all").worked
    keys = [row for row in state() if len(row) > 1]
    assert way(plain(CI="one", Web="two"), "replace-all").done == [("kept", "CI"), ("kept", "Web")]
    assert [row for row in state() if len(row) > 1] == keys


def test_a_refused_entry_deletes_nothing(
    way: Way, screen: Screen, works: Works, staging_key: str, state: State
) -> None:
    secret = screen.create("CI")
    before = state()
    assert way(plain(New="new") + entries(Web=staging_key), "replace-all").refused == ["Web"]
    assert state() == before
    assert works(secret)


def test_a_key_is_not_searched_among_all_others(
    command_line: CommandLine, app: Flask, sql: Sql, on_postgres: bool
) -> None:
    if not on_postgres:
        pytest.skip("only PostgreSQL counts what it reads")
    count = 1_000
    read = "SELECT sum(idx_tup_read)::int FROM pg_stat_user_indexes WHERE relname = 'api_keys'"
    assert command_line(numbered(count), "add-new").worked
    [(before,)] = sql(read)
    again = [{"name": f"renamed {n}", "key": value(str(n))} for n in range(count)]
    assert command_line(again, "replace-all").worked
    # A connection tells what it read when it ends.
    with app.app_context():
        db.engine.dispose()
    eventually(lambda: sql(read)[0][0] > before + count)
    assert sql(read)[0][0] < before + 50 * count
