"""The name of a new key: what it may be, and what is said when it may not."""

from __future__ import annotations

import unicodedata

import pytest
from flask import Flask

from forjinn.workspaces.models import Workspace
from tests.apikeys.dom import Element, parse
from tests.apikeys.screen import SECRET, Screen
from tests.conftest import new_key
from tests.people import Person

FAMILY = "\N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL}"

BAD = {
    "": "Enter a name",
    " \t ": "Enter a name",
    "x" * 101: "This name has 101 characters; at most 100 are possible",
    **{
        f"CI{sign}integration": "cannot hold control characters or line breaks"
        for sign in ("\n", "\r\n", "\t", "\x00", "\x1b[31m", "\x7f", "\x85", "\u2028", "\u2029", "\u202e")
    },
}


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("  CI integration \n", "CI integration"),
        ("x", "x"),
        ("\N{GRINNING FACE}" * 100, "\N{GRINNING FACE}" * 100),
        (" " + "x" * 100 + " ", "x" * 100),
        (unicodedata.normalize("NFD", "Café"), "Café"),
        (unicodedata.normalize("NFD", "é") * 100, "é" * 100),
        (f"{FAMILY} شركة 日本", f"{FAMILY} شركة 日本"),
    ],
    ids=["trimmed", "shortest", "longest", "longest when trimmed", "NFC", "longest in NFC", "any script"],
)
def test_a_name_has_one_to_a_hundred_characters(typed: str, shown: str, screen: Screen) -> None:
    screen.create(typed)
    assert screen.names() == [shown]


@pytest.mark.parametrize("htmx", [False, True], ids=["page", "htmx"])
def test_a_bad_name_is_refused_beside_the_field_and_kept_in_it(htmx: bool, screen: Screen) -> None:
    for typed, said in BAD.items():
        answer = screen.person.create_key("production", typed, htmx=htmx)
        assert answer.status_code == 422, typed
        assert ("<html" in answer.text) is not htmx
        refused(parse(answer.text), typed, said)
    assert screen.rows() == []


@pytest.mark.parametrize(
    ("taken", "typed"),
    [
        ("CI integration", "CI integration"),
        ("CI integration", " ci INTEGRATION "),
        ("Ärger", "äRGER"),
        ("Straße", "STRASSE"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("Café", unicodedata.normalize("NFD", "CAFÉ")),
    ],
)
def test_a_taken_name_is_refused_whatever_its_case(
    taken: str, typed: str, screen: Screen, app: Flask, production: Workspace
) -> None:
    new_key(app, production, taken)
    answer = screen.person.create_key("production", typed)
    assert answer.status_code == 422
    refused(parse(answer.text), typed, "in this workspace already. Choose another name.")
    assert screen.names() == [taken]


def test_a_name_is_free_in_another_workspace(screen: Screen, charlie: Person) -> None:
    screen.create("CI integration")
    Screen(charlie, "staging").create("CI integration")


def test_the_name_of_a_deleted_key_is_free_again(screen: Screen) -> None:
    for _ in range(3):
        screen.create("CI integration")
        screen.post("CI integration", "delete")
    screen.create("ci INTEGRATION")
    assert screen.names() == ["ci INTEGRATION"]


def test_after_a_refusal_the_same_form_makes_the_key(screen: Screen) -> None:
    shown = parse(screen.person.create_key("production", "").text)
    once = shown.one("input", name="once")["value"]
    answer = screen.person.create_key("production", "CI integration", once=once)
    assert answer.status_code == 200
    assert screen.names() == ["CI integration"]


def refused(page: Element, typed: str, said: str) -> None:
    """The field holds what was typed, and is described by an error that says why."""
    form = page.one(id="new-key").one("form")
    assert (form["action"], form["method"]) == ("/w/production/api-keys/new", "post")
    name = form.one("input", name="name")
    assert name["value"] == typed
    assert name["aria-invalid"] == "true"
    error = form.one(class_="invalid-feedback")
    assert error["id"] in name["aria-describedby"].split()
    assert said in error.text
    assert not SECRET.search(page.text)
