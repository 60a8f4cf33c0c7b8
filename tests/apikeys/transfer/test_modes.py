"""What “exists” means, mode by mode: the same in the browser and on the command line."""

from __future__ import annotations

import pytest

from tests.apikeys.screen import Screen
from tests.apikeys.transfer.conftest import History, State, Works
from tests.apikeys.transfer.files import plain, value
from tests.apikeys.transfer.ways import Way


def test_add_new_only_keeps_what_exists_and_adds_the_rest(
    way: Way, screen: Screen, works: Works, state: State
) -> None:
    ci, web = screen.create("CI"), screen.create("Web")
    before = state()
    content = [
        *plain(ci="new value", New="new"),
        {"name": "Renamed", "key": web},
        {"name": "Web", "key": ci},
    ]
    # Three of the four exist, by name or by value.
    assert way(content, "add-new").done == [
        ("added", "New"),
        ("kept", "Renamed"),
        ("kept", "Web"),
        ("kept", "ci"),
    ]
    assert sorted(screen.names()) == ["CI", "New", "Web"]
    assert (works(ci), works(web), works(value("new")), works(value("new value"))) == (
        True,
        True,
        True,
        False,
    )
    assert {row for row in before if len(row) > 1} < set(state())


def test_overwrite_gives_an_existing_name_the_imported_value(
    way: Way, screen: Screen, works: Works, history: History
) -> None:
    old = screen.create("CI integration")
    assert works(old)
    row, before = screen.row("CI integration"), history("CI integration")
    assert way(plain(**{" ci INTEGRATION ": "new"}), "overwrite").done == [("overwritten", "ci INTEGRATION")]
    assert (works(old), works(value("new"))) == (False, True)
    after = screen.row("ci INTEGRATION")
    assert (after.id, after.calls, after.hint) == (row.id, "2", f"{value('new')[:7]}…{value('new')[-4:]}")
    assert history("ci INTEGRATION") == before
    assert screen.names() == ["ci INTEGRATION"]


def test_overwrite_renames_a_key_whose_value_exists(
    way: Way, screen: Screen, works: Works, history: History
) -> None:
    secret = screen.create("Old name")
    assert works(secret)
    row, before = screen.row("Old name"), history("Old name")
    done = way([{"name": "New name", "key": secret}], "overwrite")
    assert done.done == [("overwritten", "New name")]
    assert works(secret)
    after = screen.row("New name")
    assert (after.id, after.calls, after.hint) == (row.id, "2", row.hint)
    assert history("New name") == before
    assert screen.names() == ["New name"]


def test_overwrite_adds_what_is_new_and_keeps_what_is_the_same(
    way: Way, screen: Screen, works: Works
) -> None:
    same, other = screen.create("Same"), screen.create("Other")
    content = [{"name": "Same", "key": same}, *plain(New="new")]
    assert way(content, "overwrite").done == [("added", "New"), ("kept", "Same")]
    assert all(works(secret) for secret in (same, other, value("new")))
    assert sorted(screen.names()) == ["New", "Other", "Same"]


def test_overwrite_changes_the_case_of_a_name(way: Way, screen: Screen) -> None:
    secret = screen.create("ci")
    assert way([{"name": "CI", "key": secret}], "overwrite").done == [("overwritten", "CI")]
    assert screen.names() == ["CI"]


def test_overwrite_refuses_an_entry_that_is_two_live_keys(
    way: Way, screen: Screen, works: Works, state: State
) -> None:
    ci, web = screen.create("CI"), screen.create("Web")
    before = state()
    found = way([*plain(New="new"), {"name": "CI", "key": web}], "overwrite")
    assert found.refused == ["CI"]
    assert "the name is one live key and the value another" in found.said
    assert state() == before
    assert (works(ci), works(web), works(value("new"))) == (True, True, False)


def test_overwrite_refuses_two_entries_that_change_one_key(way: Way, screen: Screen, state: State) -> None:
    secret = screen.create("Web")
    before = state()
    found = way([*plain(Web="new"), {"name": "Mobile", "key": secret}], "overwrite")
    assert found.refused == ["Mobile"]
    assert "entry 1 changes the same key" in found.said
    assert state() == before


def test_error_imports_nothing_if_there_is_one_clash_and_lists_all(
    way: Way, screen: Screen, works: Works, state: State
) -> None:
    ci, web = screen.create("CI"), screen.create("Web")
    before = state()
    content = [
        *plain(New="new", ci="another"),
        {"name": "Renamed", "key": web},
        *plain(Newer="newer"),
    ]
    found = way(content, "error")
    assert found.refused == ["Renamed", "ci"]
    assert "the name exists" in found.said
    assert "the key exists under another name, “Web”" in found.said
    assert state() == before
    assert (works(ci), works(web), works(value("new"))) == (True, True, False)


def test_error_refuses_a_key_that_is_there_already_just_so(way: Way, screen: Screen) -> None:
    secret = screen.create("CI")
    assert way([{"name": "CI", "key": secret}], "error").refused == ["CI"]


def test_error_adds_everything_if_nothing_exists(way: Way, screen: Screen, works: Works) -> None:
    other = screen.create("Other")
    assert way(plain(CI="one", Web="two"), "error").done == [("added", "CI"), ("added", "Web")]
    assert all(works(secret) for secret in (other, value("one"), value("two")))


@pytest.mark.parametrize("mode", ["add-new", "overwrite", "replace-all", "error"])
def test_into_an_empty_workspace_every_mode_adds(mode: str, way: Way, screen: Screen, works: Works) -> None:
    assert way(plain(CI="one", Web="two"), mode).done == [("added", "CI"), ("added", "Web")]
    assert sorted(screen.names()) == ["CI", "Web"]
    assert works(value("one"))


def test_the_name_and_value_of_a_deleted_key_are_free(way: Way, screen: Screen, works: Works) -> None:
    secret = screen.create("CI")
    assert screen.post("CI", "delete").status_code == 303
    assert not works(secret)
    assert way([{"name": "CI", "key": secret}], "error").done == [("added", "CI")]
    assert works(secret)
