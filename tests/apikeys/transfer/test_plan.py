"""The plan: what somebody sees before anything changes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from forjinn.apikeys import usage
from forjinn.database import now
from tests.apikeys.conftest import Call
from tests.apikeys.dom import Element, parse
from tests.apikeys.screen import Screen
from tests.apikeys.transfer.conftest import State
from tests.apikeys.transfer.files import numbered, plain
from tests.apikeys.transfer.ways import Browser, rows, totals
from tests.calls import Sql

MODES = ("add-new", "overwrite", "replace-all", "error")


@pytest.mark.parametrize("mode", MODES)
def test_nothing_changes_before_import_is_pressed(
    mode: str, browser: Browser, screen: Screen, state: State
) -> None:
    screen.create("CI")
    screen.create("Web")
    before = state()
    plan = browser.planned(plain(CI="one", New="two"), mode)
    assert browser.upload(plain(Other="three"), mode, htmx=True).status_code == 200
    assert plan.get().status_code == 200
    assert "Nothing has changed yet." in plan.shown
    assert state() == before


def test_every_entry_has_a_row_with_its_action_and_the_reason(browser: Browser, screen: Screen) -> None:
    kept, renamed = screen.create("Kept"), screen.create("Old name")
    screen.create("Overwritten")
    screen.create("Goes")
    content = [
        {"name": "Kept", "key": kept},
        {"name": "New name", "key": renamed},
        *plain(Overwritten="one", New="two"),
    ]
    plan = browser.planned(content, "replace-all")
    assert totals(plan.page) == {"added": 1, "overwritten": 2, "kept": 1, "deleted": 1, "refused": 0}
    assert {row.all("td")[1].all("span")[0].text: reason(row) for row in body(plan.page)} == {
        "Kept": "unchanged",
        "New name": "renamed from “Old name”",
        "Overwritten": "its value becomes the imported one Never used",
        "New": "new",
        "Goes": "not in the file Never used",
    }
    # What stops working stands first.
    assert sorted(name for _, name in plan.rows[:2]) == ["Goes", "Overwritten"]


def test_a_key_that_would_stop_working_shows_its_last_use_and_calls(
    browser: Browser, screen: Screen, call: Call, sql: Sql
) -> None:
    often, once = screen.create("Often"), screen.create("Once")
    screen.create("Never")
    for _ in range(3):
        assert call(often, address="203.0.113.7").status_code == 200
    call(once)
    days = [{"hour": usage.hour_of(now() - timedelta(days=8))}]
    sql("UPDATE api_key_usage SET hour = :hour WHERE calls = 1", **days[0])
    shown = [row.text for row in body(browser.planned(plain(Often="one"), "replace-all").page)]
    assert len(shown) == 3
    by_name = {name: next(text for text in shown if name in text) for name in ("Often", "Once", "Never")}
    assert "Overwritten Often" in by_name["Often"]
    assert "from 203.0.113.7; 3 calls in the last 7 days" in by_name["Often"]
    assert "from 127.0.0.1; no calls in the last 7 days" in by_name["Once"]
    assert "Never used" in by_name["Never"]
    # Those in use first.
    assert "Never" in shown[-1]


def test_a_long_plan_is_shown_page_by_page(browser: Browser) -> None:
    plan = browser.planned(numbered(120), "add-new")
    pages = [parse(plan.get(f"?page={number}").text) for number in (1, 2, 3)]
    found = [name for page in pages for _, name in rows(page)]
    assert found == [entry["name"] for entry in numbered(120)]
    assert [len(rows(page)) for page in pages] == [50, 50, 20]
    assert all(totals(page)["added"] == 120 for page in pages)
    assert [page.one("nav", aria_label="Pages of the plan").one("span").text for page in pages] == [
        "Page 1 of 3",
        "Page 2 of 3",
        "Page 3 of 3",
    ]
    for odd in ("0", "-1", "4", "99999999999999999999", "x", ""):
        assert plan.get(f"?page={odd}").status_code == 200


def test_giving_up_forgets_the_file(browser: Browser, sql: Sql, state: State) -> None:
    before = state()
    plan = browser.planned(plain(CI="one"), "add-new")
    assert len(sql("SELECT id FROM api_key_imports")) == 1
    assert browser.person.post(f"{plan.path}/give-up").status_code == 303
    assert sql("SELECT id FROM api_key_imports") == []
    assert browser.person.get(plan.path).status_code == 404
    assert state() == before


def test_names_in_a_plan_are_inert(browser: Browser) -> None:
    name = "<img src=x onerror=alert(1)>"
    plan = browser.planned([{"name": name, "key": "k" * 32}], "add-new")
    assert plan.rows == [("added", name)]
    assert plan.page.all("img", src="x") == []


def body(page: Element) -> list[Element]:
    return page.one("tbody").all("tr")


def reason(row: Element) -> str:
    return row.all("td")[2].text
