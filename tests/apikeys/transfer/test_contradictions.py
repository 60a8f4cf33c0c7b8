"""A file that says the same twice, or contradicts itself; and keys that live in another workspace."""

from __future__ import annotations

import pytest
from flask import Flask

from forjinn.apikeys import service as apikeys
from forjinn.workspaces.models import Workspace
from tests.apikeys.screen import Screen
from tests.apikeys.transfer.conftest import State, Works
from tests.apikeys.transfer.files import flowise, plain, value
from tests.apikeys.transfer.ways import Browser, CommandLine, Way

MODES = ("add-new", "overwrite", "replace-all", "error")


def test_the_same_name_and_value_twice_count_once(way: Way, screen: Screen, works: Works) -> None:
    content = [*plain(CI="one", Web="two"), {"name": " ci ", "key": value("one")}]
    assert way(content, "error").done == [("added", "CI"), ("added", "Web")]
    assert sorted(screen.names()) == ["CI", "Web"]
    assert works(value("one"))


def test_what_stands_twice_is_reported(browser: Browser, command_line: CommandLine) -> None:
    content = [*plain(CI="one", Web="two"), {"name": " ci ", "key": value("one")}]
    sentence = 'entry 3, "ci": the same as entry 1; it counts once.'
    shown = browser.upload(content, "add-new", htmx=True).get_data(as_text=True)
    assert sentence.replace('"', "&#34;") in shown
    following = browser.upload(content, "add-new")
    assert sentence.replace('"', "&#34;") in browser.person.get(following.location).text
    assert sentence in command_line(content, "add-new").said


def test_one_name_with_two_values_refuses_the_file_in_every_mode(
    way: Way, state: State, production_key: str
) -> None:
    before = state()
    content = [*plain(CI="one", Web="two"), {"name": "ci ", "key": value("three")}]
    for mode in MODES:
        found = way(content, mode)
        assert found.problems == ['entry 3, "ci": entry 1 has this name with another key.']
    assert state() == before


def test_one_value_under_two_names_refuses_the_file_in_every_mode(
    way: Way, state: State, production_key: str
) -> None:
    before = state()
    content = [flowise("CI", value("one")), *plain(Web="two", Mobile="one")]
    for mode in MODES:
        found = way(content, mode)
        assert found.problems == ['entry 3, "Mobile": entry 1 has this key under another name.']
        assert value("one") not in found.said
    assert state() == before


def test_every_contradiction_is_named_along_with_every_wrong_entry(way: Way) -> None:
    content = [*plain(A="one", B="one"), {"name": "a", "key": value("two")}, {"name": "C", "key": "short"}]
    assert sorted(way(content, "error").problems) == [
        'entry 2, "B": entry 1 has this key under another name.',
        'entry 3, "a": entry 1 has this name with another key.',
        'entry 4, "C": the key is 5 characters; at least 32 are needed.',
    ]


@pytest.mark.parametrize("mode", MODES)
def test_a_key_of_another_workspace_is_refused_without_saying_where(
    mode: str, way: Way, app: Flask, staging_key: str, staging: Workspace, state: State, works: Works
) -> None:
    before = state()
    found = way([*plain(Good="good"), {"name": "CI", "key": staging_key}], mode)
    assert found.refused == ["CI"]
    assert "in use elsewhere on this server" in found.said
    assert "Staging" not in found.said
    assert "Staging web app" not in found.said
    assert state() == before
    assert not works(value("good"))


def test_a_key_that_was_deleted_elsewhere_is_free(
    way: Way, app: Flask, staging_key: str, staging: Workspace, works: Works
) -> None:
    with app.app_context():
        apikeys.delete(staging, apikeys.named(staging, "Staging web app"), by=None)
    assert way([{"name": "CI", "key": staging_key}], "error").done == [("added", "CI")]
    assert works(staging_key)
