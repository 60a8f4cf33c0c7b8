"""What people do to import keys: choose a file and a mode, read the plan, confirm it."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.browser.actions import dialog


def file(content: Any) -> FilePayload:
    """A file that can be chosen; as JSON if it is not text."""
    text = content if isinstance(content, str) else json.dumps(content)
    return {"name": "keys.json", "mimeType": "application/json", "buffer": text.encode()}


def entry(name: str, key: str = "") -> dict[str, str]:
    return {"name": name, "key": key or secrets.token_hex(20)}


def open_import(page: Page) -> Locator:
    page.get_by_role("button", name="Import", exact=True).click()
    expect(dialog(page).get_by_label("JSON file", exact=True)).to_be_focused()
    return dialog(page)


def choose(page: Page, file: FilePayload | Path, mode: str) -> None:
    page.get_by_label("JSON file", exact=True).set_input_files(file)
    page.get_by_role("radio", name=mode).check()
    page.get_by_role("button", name="Show the plan").click()


def plan(page: Page, file: FilePayload, mode: str) -> Locator:
    """The dialog with the plan, which has the focus at its beginning."""
    shown = open_import(page)
    choose(page, file, mode)
    expect(page.get_by_role("dialog", name="What the import will do")).to_be_visible()
    expect(shown.get_by_text("Nothing has changed yet.")).to_be_focused()
    return shown


def confirm(page: Page) -> None:
    dialog(page).get_by_role("button", name="Import", exact=True).click()


def totals(page: Page) -> dict[str, int]:
    said = page.get_by_role("list", name="Totals").get_by_role("listitem").all_inner_texts()
    return {action: int(count) for count, action in (one.split() for one in said)}


def rows(page: Page) -> list[str]:
    """The action and the name of each row of the plan."""
    found = page.locator("#plan-rows tbody tr")
    return [
        f"{row.locator('.badge').inner_text()} {row.locator('.fw-medium').inner_text()}"
        for row in found.all()
    ]


def slow_down(page: Page, *, megabytes: float) -> None:
    """Uploads take a second for each so many megabytes."""
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    conditions = {"offline": False, "latency": 0, "downloadThroughput": -1}
    network.send(
        "Network.emulateNetworkConditions", {**conditions, "uploadThroughput": megabytes * 1_000_000}
    )
