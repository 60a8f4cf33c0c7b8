"""Search looks for a part of the name."""

from __future__ import annotations

import unicodedata

import pytest
from flask import Flask

from forjinn.workspaces.models import Workspace
from tests.apikeys.screen import Screen
from tests.conftest import new_key
from tests.people import Person

NAMES = (
    "CI integration",
    "100% coverage",
    "snake_case",
    "a/b\\c",
    "Ärger",
    "Weiße Straße",
    "日本語",
    'O\'Neil "x"',
)


def test_any_part_of_the_name_finds_the_key(named: Screen) -> None:
    assert named.names(q="CI integration") == ["CI integration"]
    assert named.names(q="integra") == ["CI integration"]
    assert named.names(q="  integra ") == ["CI integration"]
    assert named.names(q="本") == ["日本語"]
    assert set(named.names(q="i")) == {"CI integration", "Weiße Straße", 'O\'Neil "x"'}


def test_the_case_does_not_matter_also_beyond_ascii(named: Screen) -> None:
    assert named.names(q="ci INTEG") == ["CI integration"]
    for q in ("ärg", "ÄRG", unicodedata.normalize("NFD", "Är")):
        assert named.names(q=q) == ["Ärger"]
    for q in ("STRASSE", "straße", "WEISSE"):
        assert named.names(q=q) == ["Weiße Straße"]


def test_signs_that_mean_something_to_a_database_are_letters_here(named: Screen) -> None:
    assert named.names(q="%") == ["100% coverage"]
    assert named.names(q="_") == ["snake_case"]
    assert named.names(q="/") == named.names(q="\\") == ["a/b\\c"]
    assert named.names(q="'") == named.names(q='"') == ['O\'Neil "x"']


def test_what_no_name_holds_finds_nothing(named: Screen) -> None:
    for q in ("CI%tion", "C_ integration", "fj_", "zz\x00", "x" * 5000, "💥", "' OR 1=1 --"):
        assert named.names(q=q) == [], q


def test_a_search_for_nothing_lists_all(screen: Screen) -> None:
    screen.create("CI integration")
    assert screen.names(q="") == screen.names(q="  ") == ["CI integration"]


def test_the_search_stays_in_its_field(screen: Screen) -> None:
    screen.create("CI integration")
    form = screen.page(q="inte").one("form", role="search")
    assert form["action"] == screen.path
    assert form["method"] == "get"
    assert form.one("input", name="q")["value"] == "inte"


def test_a_search_stays_within_its_workspace_and_leaves_deleted_keys_out(
    screen: Screen, charlie: Person
) -> None:
    Screen(charlie, "staging").create("CI staging")
    screen.create("CI old")
    screen.post("CI old", "delete")
    screen.create("CI new")
    assert screen.names(q="ci") == ["CI new"]


@pytest.fixture
def named(screen: Screen, app: Flask, production: Workspace) -> Screen:
    for name in NAMES:
        new_key(app, production, name)
    return screen
