"""The table of keys: what each column says."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

from flask import Flask

from forjinn.apikeys.models import ApiKey, ApiKeyUsage
from forjinn.apikeys.usage import hour_of
from forjinn.database import now, writing
from forjinn.workspaces.models import Workspace
from tests.apikeys.conftest import Call
from tests.apikeys.dom import Element
from tests.apikeys.screen import JUST_NOW, Screen
from tests.conftest import new_key
from tests.people import Person


def test_the_columns_are_name_key_created_last_used_and_calls(screen: Screen) -> None:
    screen.create("CI integration")
    table = screen.page().all("table")[0]
    headings = [heading.text for heading in table.all("th", scope="col")]
    assert headings == ["Name", "Key", "Created", "Last used", "Calls, 7 days", "Actions"]


def test_a_row_says_when_and_by_whom_the_key_was_created(screen: Screen) -> None:
    before = now()
    screen.create("CI integration")
    created = screen.row("CI integration").created
    assert before - timedelta(seconds=1) < exact(created) <= now()
    assert re.fullmatch(f"{JUST_NOW} by alice", created.text)


def test_a_key_made_on_the_command_line_was_created_by_nobody(
    screen: Screen, app: Flask, production: Workspace
) -> None:
    new_key(app, production, "CI integration")
    assert re.fullmatch(JUST_NOW, screen.row("CI integration").created.text)


def test_a_key_that_was_never_used_says_so(screen: Screen) -> None:
    screen.create("CI integration")
    assert screen.row("CI integration").last_used.text == "Never used"
    assert screen.row("CI integration").calls == "0"


def test_a_used_key_says_when_it_was_used_last_and_how_often(screen: Screen, call: Call) -> None:
    secret, before = screen.create("CI integration"), now()
    for _ in range(3):
        call(secret)
    row = screen.row("CI integration")
    assert re.fullmatch(JUST_NOW, row.last_used.text)
    assert before - timedelta(seconds=1) < exact(row.last_used) <= now()
    assert row.calls == "3"


def test_a_refused_call_counts_too(screen: Screen, call: Call, staging_key: str, charlie: Person) -> None:
    assert call(staging_key).status_code == 403
    assert Screen(charlie, "staging").row("Staging web app").calls == "1"
    assert screen.rows() == []


def test_each_button_opens_a_page_of_its_own_without_javascript(screen: Screen) -> None:
    screen.create("CI integration")
    key = f"{screen.path}/{screen.row('CI integration').id}"
    actions = {form["action"] for form in screen.page().all("form", method="get")}
    assert {f"{screen.path}/new", f"{key}/rename", f"{key}/delete"} <= actions


def test_times_are_relative_and_say_the_exact_moment(screen: Screen, app: Flask) -> None:
    screen.create("CI integration")
    key = UUID(screen.row("CI integration").id)
    with app.app_context(), writing() as session:
        found = session.get_one(ApiKey, key)
        found.created_at = now() - timedelta(days=40)
        found.last_used_at = now() - timedelta(minutes=3, seconds=5)
    row = screen.row("CI integration")
    assert row.created.text == "a month ago by alice"
    assert row.last_used.text == "3 minutes ago"
    assert timedelta(seconds=185) <= now() - exact(row.last_used) < timedelta(seconds=240)


def test_calls_of_the_last_seven_days_are_counted(screen: Screen, app: Flask) -> None:
    screen.create("CI integration")
    for hours_ago, calls in ((24 * 30, 5000), (24 * 7 + 1, 300), (24 * 7 - 1, 1000), (1, 200), (0, 14)):
        used(app, screen.row("CI integration").id, calls, hours_ago)
    assert screen.row("CI integration").calls == "1,214"


def test_calls_of_one_key_are_not_those_of_another(screen: Screen, call: Call) -> None:
    call(screen.create("CI integration"))
    screen.create("Web app")
    assert [(row.name, row.calls) for row in screen.rows()] == [("Web app", "0"), ("CI integration", "1")]


def test_the_newest_key_comes_first(screen: Screen) -> None:
    for name in ("one", "two", "three"):
        screen.create(name)
    assert screen.names() == ["three", "two", "one"]


def test_each_workspace_lists_its_own_keys(screen: Screen, charlie: Person) -> None:
    screen.create("CI integration")
    Screen(charlie, "staging").create("Web app")
    assert screen.names() == ["CI integration"]
    assert Screen(charlie, "staging").names() == ["Web app"]


def test_buttons_have_names_that_tell_the_rows_apart(screen: Screen) -> None:
    screen.create("CI integration")
    assert screen.row("CI integration").actions == ['Rename "CI integration"', 'Delete "CI integration"']


def used(app: Flask, key_id: str, calls: int, hours_ago: int) -> None:
    """Write down calls of two flows in an hour that has passed."""
    with app.app_context(), writing() as session:
        for flow, count in ((1, calls - 4), (2, 4)):
            session.add(
                ApiKeyUsage(
                    api_key_id=UUID(key_id),
                    flow_id=UUID(int=flow),
                    hour=hour_of(now()) - hours_ago,
                    calls=count,
                )
            )


def exact(cell: Element) -> datetime:
    """The moment of a cell's <time>: the title says to a person what datetime says to a program."""
    time = cell.one("time")
    moment = datetime.fromisoformat(time["datetime"])
    assert moment.utcoffset() == timedelta(0)
    assert time["title"] == f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    return moment
