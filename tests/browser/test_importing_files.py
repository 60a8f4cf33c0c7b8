"""The first step of an import: a file and a mode, and how the file is sent."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browsing import Browsing
from tests.browser.importing import choose, entry, file, open_import, rows, slow_down
from tests.browser.installation import Team

MODES = ("Add new only", "Overwrite if exists", "Replace all", "Error if exists")
WARNING = "Replace all permanently deletes all existing API keys before importing."
INJECTION = "<img src=x onerror=alert(1)> " + "and a long name " * 4


@pytest.fixture
def keys(page: Page, team: Team) -> Page:
    """The list, with the keys "CI" and "Website"."""
    team.add_key("CI")
    team.add_key("Website")
    page.goto(team.keys)
    return page


def test_no_mode_is_chosen_beforehand_and_each_is_explained(keys: Page) -> None:
    shown = open_import(keys)
    assert [name for name in MODES if shown.get_by_role("radio", name=name).is_checked()] == []
    for name in MODES:
        expect(shown.get_by_role("radio", name=name)).to_have_accessible_description(
            re.compile("^[a-z ,]+exist")
        )
    expect(shown.get_by_text(WARNING)).to_be_hidden()
    shown.get_by_role("radio", name="Replace all").check()
    expect(shown.get_by_text(WARNING)).to_be_visible()
    expect(shown).to_contain_text("An export of Forjinn holds digests, not secrets")


def test_what_is_missing_is_said_beside_it_and_the_rest_stays(keys: Page, browsing: Browsing) -> None:
    browsing.allow("status of 422")
    shown = open_import(keys)
    shown.get_by_role("radio", name="Add new only").check()
    shown.get_by_role("button", name="Show the plan").click()
    expect(shown.get_by_text("Choose a file.")).to_be_visible()
    expect(shown.get_by_label("JSON file", exact=True)).to_be_focused()
    expect(shown.get_by_role("radio", name="Add new only")).to_be_checked()


def test_a_forgotten_mode_does_not_lose_the_file(keys: Page, browsing: Browsing) -> None:
    browsing.allow("status of 422")
    shown = open_import(keys)
    shown.get_by_label("JSON file", exact=True).set_input_files(file([entry("Phone")]))
    shown.get_by_role("button", name="Show the plan").click()
    expect(shown.get_by_text("Choose how to handle keys that already exist.")).to_be_visible()
    expect(shown.get_by_role("radio", name="Add new only")).to_be_focused()
    keys.keyboard.press("Space")
    keys.keyboard.press("Enter")
    expect(shown.get_by_text("Nothing has changed yet.")).to_be_focused()
    assert rows(keys) == ["Added Phone"]


def test_all_problems_of_a_file_are_listed_without_its_keys(
    keys: Page, team: Team, browsing: Browsing
) -> None:
    browsing.allow("status of 422")
    short = "a-key-that-is-too-short"
    shown = open_import(keys)
    choose(keys, file([entry(INJECTION, short) for _ in range(60)]), "Replace all")
    expect(shown.get_by_role("alert").filter(has_text="60 problems")).to_be_focused()
    expect(shown.get_by_role("list", name="Problems of the file").get_by_role("listitem")).to_have_count(60)
    expect(shown.get_by_role("listitem").first).to_contain_text("the key is 23 characters; at least 32")
    expect(shown).to_contain_text("Choose the file again.")
    expect(shown.get_by_role("radio", name="Replace all")).to_be_checked()
    assert short not in keys.content()
    assert team.key_names() == ["Website", "CI"]


def test_a_file_can_be_dropped_and_one_beside_the_zone_does_nothing(keys: Page) -> None:
    shown = open_import(keys)
    drop = """(place, name) => {
        const carried = new DataTransfer();
        carried.items.add(new File(["[]"], name, {type: "application/json"}));
        for (const kind of ["dragover", "drop"]) {
          place.dispatchEvent(new DragEvent(kind, {dataTransfer: carried, bubbles: true, cancelable: true}));
        }
    }"""
    shown.get_by_role("radio", name="Replace all").evaluate(drop, "missed.json")
    field = shown.get_by_label("JSON file", exact=True)
    assert field.evaluate("field => field.files.length") == 0
    shown.get_by_text("drop it here").evaluate(drop, "dropped.json")
    assert field.evaluate("field => field.files[0].name") == "dropped.json"
    expect(field).to_be_focused()


def test_a_large_file_shows_how_much_of_it_is_sent(keys: Page) -> None:
    slow_down(keys, megabytes=2)
    shown = open_import(keys)
    choose(keys, file(json.dumps([entry("Phone")]) + " " * 4_000_000), "Add new only")
    bar = shown.get_by_role("progressbar", name="Uploading")
    expect(bar).to_be_visible()
    keys.wait_for_function("bar => bar.value > 0.1 && bar.value < 1", arg=bar.element_handle())
    expect(shown.get_by_text("Nothing has changed yet.")).to_be_focused()
    assert rows(keys) == ["Added Phone"]


def test_closing_the_dialog_ends_the_upload(keys: Page) -> None:
    slow_down(keys, megabytes=0.2)
    shown = open_import(keys)
    choose(keys, file(" " * 4_000_000), "Add new only")
    expect(shown.get_by_role("progressbar")).to_be_visible()
    with keys.expect_event("requestfailed", lambda request: request.url.endswith("/import")):
        shown.get_by_role("button", name="Cancel").click()
    expect(shown).to_be_hidden()
    expect(keys.get_by_role("alert")).to_have_count(0)


def test_a_file_over_the_limit_is_not_sent(keys: Page, tmp_path: Path) -> None:
    shown = open_import(keys)
    keys.route("**/import", lambda route: route.abort())
    large = tmp_path / "large.json"
    large.write_text(" " * (32 * 1024 * 1024 + 1))
    choose(keys, large, "Add new only")
    expect(shown.get_by_role("alert")).to_have_text("This file is larger than 32 MB. Nothing was sent.")


def test_a_server_that_does_not_answer_is_said_in_the_dialog(keys: Page, browsing: Browsing) -> None:
    browsing.allow("Failed to load resource")
    browsing.allow("The server did not answer")
    shown = open_import(keys)
    keys.route("**/import", lambda route: route.abort())
    choose(keys, file([entry("Phone")]), "Add new only")
    expect(shown.get_by_role("alert")).to_contain_text("The server did not answer.")
    expect(shown.get_by_role("button", name="Show the plan")).to_be_enabled()
