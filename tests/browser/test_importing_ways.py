"""Import and Export by keyboard, without JavaScript, by who may; and no secret stays behind."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from tests.browser.actions import dialog, row
from tests.browser.browsing import Browsing
from tests.browser.importing import choose, confirm, entry, file, open_import, plan, rows
from tests.browser.installation import Installation, Team
from tests.browser.test_no_secret_anywhere import is_in, stored
from tests.processes import Server


@pytest.fixture
def keys(page: Page, team: Team) -> Page:
    """The list, with the keys "CI" and "Website"."""
    team.add_key("CI")
    team.add_key("Website")
    page.goto(team.keys)
    return page


def test_by_keyboard_alone(keys: Page, team: Team) -> None:
    # Playwright tells the browser only now that it answers its windows, and does not wait until it knows.
    keys.on("filechooser", lambda _chooser: None)
    keys.get_by_role("button", name="Import", exact=True).focus()
    keys.keyboard.press("Enter")
    shown = dialog(keys)
    expect(shown.get_by_label("JSON file", exact=True)).to_be_focused()
    # The system's own window, which a browser opens for the key as for a click.
    with keys.expect_file_chooser() as chooser:
        keys.keyboard.press("Space")
    chooser.value.set_files(file([entry("Phone")]))
    keys.keyboard.press("Tab")
    keys.keyboard.press("ArrowDown")
    keys.keyboard.press("ArrowDown")
    expect(shown.get_by_role("radio", name="Replace all")).to_be_checked()
    keys.keyboard.press("Enter")
    expect(shown.get_by_text("Nothing has changed yet.")).to_be_focused()
    keys.keyboard.press("Tab")
    expect(shown.get_by_label("Name of the workspace")).to_be_focused()
    keys.keyboard.type(team.name)
    keys.keyboard.press("Enter")
    expect(shown.get_by_role("button", name="Done")).to_be_focused()
    keys.keyboard.press("Enter")
    expect(keys.get_by_role("button", name="Import", exact=True)).to_be_focused()
    assert team.key_names() == ["Phone"]


def test_without_javascript(browsing: Browsing, team: Team) -> None:
    team.add_key("CI")
    page = browsing.page(team.admin, java_script_enabled=False)
    page.goto(team.keys)
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("heading", name="Import keys from a JSON file")).to_be_visible()
    browsing.allow("status of 4")
    choose(page, file("[1]"), "Replace all")
    expect(page.get_by_text("entry 1: this is not an object.")).to_be_visible()
    expect(page.get_by_role("radio", name="Replace all")).to_be_checked()
    entries = [entry(f"New {number}") for number in range(60)]
    choose(page, file([*entries, entries[0]]), "Replace all")
    expect(page.get_by_role("heading", name="What the import will do")).to_be_visible()
    expect(page.get_by_text("counts once")).to_be_visible()
    page.get_by_role("link", name="Next").click()
    assert len(rows(page)) == 11
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text(f"Enter the name of the workspace, {team.name}")).to_be_visible()
    team.add_key("Meanwhile")
    page.get_by_label("Name of the workspace").fill(team.name)
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("The keys have changed since this plan was made.")).to_be_visible()
    page.get_by_label("Name of the workspace").fill(team.name)
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("The import is done: 60 added, 0 overwritten")
    assert "CI" not in team.key_names()


def test_an_export_holds_digests_and_can_be_imported_again(page: Page, team: Team, tmp_path: Path) -> None:
    secret = team.add_key("CI")
    page.goto(team.keys)
    link = page.get_by_role("link", name="Export")
    expect(link).to_have_accessible_description(re.compile("^The file holds digests, not secrets"))
    with page.expect_download() as download:
        link.click()
    saved = tmp_path / download.value.suggested_filename
    download.value.save_as(saved)
    assert saved.name == f"forjinn-apikeys-{team.slug}.json"
    exported = json.loads(saved.read_text())
    assert [key["name"] for key in exported["keys"]] == ["CI"]
    assert secret not in saved.read_text()
    team.delete_key("CI")
    page.reload()
    plan(page, file(saved.read_text()), "Add new only")
    confirm(page)
    expect(row(page, "CI")).to_be_visible()


def test_only_who_may_import_sees_the_controls(browsing: Browsing, team: Team) -> None:
    page = browsing.page(team.add_person("Viewer"))
    page.goto(team.keys)
    expect(page.get_by_role("heading", name="API Keys", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Import", exact=True)).to_have_count(0)
    expect(page.get_by_role("link", name="Export")).to_have_count(0)


def test_no_secret_of_the_file_is_in_a_page_the_log_or_the_database(
    chromium: Browser, app: Flask, server: Server, database_url: str, tmp_path: Path
) -> None:
    own = Installation(app, server)
    team, browsing = own.team(), Browsing(chromium, own.url)
    browsing.allow("status of 4")
    values = [f"q{number}-5uHj9f3kQ7vZx1LmB8wYd2RtC5uHj-{number}" for number in range(3)]
    flawed = [entry("Phone", values[0]), entry("Bad", values[1] + "\u00e9"), entry("Twice", values[0])]
    good = file([entry("Phone", values[0]), entry("Website", values[2])])
    page = browsing.page(team.admin)
    page.goto(team.keys)
    shown = open_import(page)
    choose(page, file(flawed), "Overwrite if exists")
    expect(shown.get_by_text("2 problems")).to_be_visible()
    seen = page.content()
    choose(page, file(json.dumps(flawed)[:-1]), "Overwrite if exists")
    expect(shown.get_by_text("The file is not JSON")).to_be_visible()
    seen += page.content()
    choose(page, good, "Overwrite if exists")
    expect(shown.get_by_text("Nothing has changed yet.")).to_be_visible()
    seen += page.content()
    # Between the plan and its confirmation, and afterwards.
    kept = stored(database_url, tmp_path)
    confirm(page)
    expect(page.get_by_role("dialog", name="The import is done")).to_be_visible()
    seen += page.content()
    browsing.close()
    own.server.stop()
    kept += stored(database_url, tmp_path)

    assert b"Website" in kept
    assert b"q2-5uHj" in kept, "the hint of an imported key is there, so its secret would be found, too"
    assert [place for place, secret in enumerate(values) if is_in(secret, seen.encode() + kept)] == []
    assert browsing.complaints == []
