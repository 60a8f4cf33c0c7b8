"""What people do on the API Keys screen, found by role and name as they find it."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

from playwright.sync_api import Dialog, Locator, Page, expect

SECRET = re.compile(r"fj_[0-9A-Za-z]{38}")


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog")


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has_text=name)


def open_menu(page: Page, name: str) -> None:
    """“Signed in as” is the person's menu, “Workspace:” the switcher."""
    page.locator("summary").filter(has_text=name).click()


def sign_out(page: Page) -> None:
    open_menu(page, "Signed in as")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def open_new(page: Page) -> Locator:
    """The name field of the dialog that Add New Key opens."""
    page.get_by_role("button", name="Add New Key").click()
    name = dialog(page).get_by_label("Name")
    expect(name).to_be_focused()
    return name


def create(page: Page, name: str) -> str:
    """Create a key in the dialog; the secret that it then shows."""
    open_new(page).fill(name)
    dialog(page).get_by_role("button", name="Create key").click()
    return shown_secret(page, name)


def shown_secret(page: Page, name: str) -> str:
    field = page.get_by_role("textbox", name=name)
    expect(field).to_have_value(SECRET)
    return field.input_value()


def copy_key(page: Page) -> None:
    button = page.get_by_role("button", name="Copy key")
    button.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()


def done(page: Page) -> None:
    page.get_by_role("button", name="Done").click()
    expect(dialog(page)).to_be_hidden()


def create_and_close(page: Page, name: str) -> str:
    secret = create(page, name)
    copy_key(page)
    done(page)
    return secret


def accept_boxes(page: Page) -> list[str]:
    """The kinds of the browser's own boxes (alert, beforeunload …) that come up from now on."""
    kinds: list[str] = []

    def accept(box: Dialog) -> None:
        kinds.append(box.type)
        box.accept()

    page.on("dialog", accept)
    return kinds


def clipboard(page: Page) -> str:
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


def sample(page: Page, language: str) -> str:
    return page.get_by_label(f"{language} sample").inner_text()


def in_shell(command: str) -> Any:
    """What a command that was pasted into a terminal prints, read as JSON."""
    answer = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=10, check=True)
    return json.loads(answer.stdout)


def start_rename(page: Page, name: str) -> Locator:
    """The field into which Rename turns the name."""
    page.get_by_role("button", name=f'Rename "{name}"').click()
    field = page.get_by_role("textbox", name=f"New name of {name}")
    expect(field).to_be_focused()
    return field


def ask_to_delete(page: Page, name: str) -> Locator:
    """The dialog that Delete opens."""
    page.get_by_role("button", name=f'Delete "{name}"').click()
    expect(dialog(page)).to_be_visible()
    return dialog(page)
