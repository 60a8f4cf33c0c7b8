"""Renaming: in place, and the key's value stays what it was."""

from __future__ import annotations

import unicodedata

import pytest

from tests.apikeys.conftest import Call
from tests.apikeys.dom import parse
from tests.apikeys.screen import Screen, rows


def test_a_renamed_key_keeps_working(screen: Screen, call: Call) -> None:
    secret = screen.create("CI integration")
    before = screen.row("CI integration")
    answer = screen.post("CI integration", "rename", name="  Nightly build ")
    assert answer.status_code == 303
    assert answer.headers["Location"] == screen.path
    assert "The key is now named “Nightly build”. Its value did not change." in screen.answer().text
    after = screen.row("Nightly build")
    assert (after.id, after.hint) == (before.id, before.hint)
    assert call(secret).status_code == 200


def test_the_form_holds_the_name_and_leads_back(screen: Screen) -> None:
    screen.create("CI integration")
    answer = screen.get("CI integration", "rename")
    row = screen.row("CI integration")
    form = parse(answer.text).one("tr", id=f"key-{row.id}").one("form")
    assert (form["action"], form["method"]) == (f"{screen.path}/{row.id}/rename", "post")
    assert form.one("input", name="name")["value"] == "CI integration"


def test_htmx_swaps_the_row_for_the_form_and_the_form_for_the_row(screen: Screen) -> None:
    screen.create("CI integration")
    row = screen.row("CI integration")
    form = screen.get("CI integration", "rename", htmx=True).text
    assert form.lstrip().startswith(f'<tr id="key-{row.id}"')
    assert "<html" not in form
    answer = screen.post("CI integration", "rename", htmx=True, name="Nightly build")
    assert answer.status_code == 200
    page = parse(answer.text)
    assert [(row.id, row.name) for row in rows(page)] == [(row.id, "Nightly build")]
    assert page.one("tr")["class"] == "row-highlight"
    announce = page.one("hx-partial", hx_target="#announce")
    assert announce.text == "The key is now named “Nightly build”."


def test_cancelling_shows_the_row_as_it_was(screen: Screen) -> None:
    screen.create("CI integration")
    form = parse(screen.get("CI integration", "rename", htmx=True).text)
    (cancel,) = [one for one in form.all() if one.text == "Cancel" and "hx-get" in one.attributes]
    answer = screen.person.get(cancel["hx-get"], htmx=True)
    assert [row.name for row in rows(parse(answer.text))] == ["CI integration"]


def test_cancelling_without_javascript_leads_back_to_the_list(screen: Screen) -> None:
    screen.create("CI integration")
    page = parse(screen.get("CI integration", "rename").text)
    (cancel,) = [link for link in page.all("a") if link.text == "Cancel"]
    assert screen.person.get(cancel["href"]).headers["Location"] == screen.path


@pytest.mark.parametrize("htmx", [False, True], ids=["page", "htmx"])
def test_a_bad_name_is_refused_in_place_and_kept_in_the_field(htmx: bool, screen: Screen) -> None:
    screen.create("Web app")
    screen.create("CI integration")
    for typed, said in (
        ("WEB APP", "There is an API key named “WEB APP” in this workspace already."),
        ("", "Enter a name"),
        ("x" * 101, "at most 100 are possible"),
        ("a\nb", "cannot hold control characters or line breaks"),
        ("a\x00b", "cannot hold control characters or line breaks"),
    ):
        answer = screen.post("CI integration", "rename", htmx=htmx, name=typed)
        assert answer.status_code == 422, typed
        row = parse(answer.text).one("tr")
        field = row.one("input", name="name")
        assert (field["value"], field["aria-invalid"]) == (typed, "true")
        assert said in row.one(id=field["aria-describedby"]).text
        assert ("<html" in answer.text) is not htmx
    assert screen.names() == ["CI integration", "Web app"]


def test_a_key_may_change_the_case_of_its_own_name(screen: Screen) -> None:
    screen.create("straße")
    for name in ("STRASSE", "Straße", "Straße"):
        assert screen.post(screen.names()[0], "rename", name=name).status_code == 303
        assert screen.names() == [name]
    screen.post("Straße", "rename", name=unicodedata.normalize("NFD", "Ärger"))
    assert screen.names() == ["Ärger"]


def test_the_old_name_is_free_again(screen: Screen) -> None:
    screen.create("CI integration")
    screen.post("CI integration", "rename", name="Nightly build")
    screen.create("CI integration")
    assert screen.names() == ["CI integration", "Nightly build"]


@pytest.mark.parametrize("htmx", [False, True], ids=["page", "htmx"])
def test_a_key_that_was_deleted_meanwhile_is_not_found(htmx: bool, screen: Screen) -> None:
    screen.create("CI integration")
    key = f"{screen.path}/{screen.row('CI integration').id}"
    screen.post("CI integration", "delete")
    for answer in (
        screen.person.get(f"{key}/rename", htmx=htmx),
        screen.person.post(f"{key}/rename", htmx=htmx, name="Nightly build"),
    ):
        assert answer.status_code == 404
        assert "There is no such API key in this workspace, or it was deleted." in answer.text
    assert screen.rows() == []
