"""Pages of keys: each key once, whatever happens meanwhile."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask

from forjinn.apikeys.listing import PAGE
from forjinn.apikeys.models import ApiKey
from forjinn.database import now, writing
from forjinn.workspaces.models import Workspace
from tests.apikeys.dom import Element, parse
from tests.apikeys.screen import Screen, rows
from tests.conftest import new_key
from tests.people import Person


@pytest.mark.parametrize("together", [1, 7, 1000], ids=["one by one", "seven at once", "all at once"])
def test_pages_show_each_key_once_forward_and_back(
    together: int, screen: Screen, app: Flask, production: Workspace
) -> None:
    names = many(app, production, 2 * PAGE + 20, together=together)
    forward = list(walk(screen, "Older"))
    assert [len(page) for page in forward] == [PAGE, PAGE, 20]
    assert sorted(name for page in forward for name in page) == sorted(names)
    if together == 1:
        assert [name for page in forward for name in page] == names
    back = list(walk(screen, "Newer", start=last_page(screen)))
    assert back == forward[::-1]


def test_as_many_keys_as_a_page_holds_need_no_second_one(
    screen: Screen, app: Flask, production: Workspace
) -> None:
    many(app, production, PAGE)
    assert len(screen.rows()) == PAGE
    assert [link for link in screen.page().all("a") if link.text in ("Older", "Newer")] == []


def test_a_search_is_kept_from_page_to_page(screen: Screen, app: Flask, production: Workspace) -> None:
    names = many(app, production, PAGE + 5)
    new_key(app, production, "something else")
    found = list(walk(screen, "Older", start=f"{screen.path}?q=KEY+"))
    assert [name for page in found for name in page] == names


def test_a_key_made_meanwhile_moves_no_other_to_the_next_page(
    screen: Screen, app: Flask, production: Workspace
) -> None:
    names = many(app, production, PAGE + 5)
    older = link(screen.page(), "Older")
    screen.create("made meanwhile")
    page = parse(screen.person.get(str(older)).text)
    assert [row.name for row in rows(page)] == names[PAGE:]


def test_the_page_after_the_last_row_was_deleted_is_not_empty(
    screen: Screen, app: Flask, production: Workspace
) -> None:
    names = many(app, production, PAGE + 1)
    address = last_page(screen)
    (only,) = rows(parse(screen.person.get(address).text))
    answer = screen.person.post(f"{screen.path}/{only.id}/delete", htmx=True)
    assert answer.status_code == 200
    # What the list of this address is asked for once it hears keys-changed.
    fragment = screen.person.get(address, htmx=True).text
    assert [row.name for row in rows(parse(fragment))] == names[:PAGE]


def test_when_all_newer_keys_are_deleted_the_way_back_is_not_empty(
    screen: Screen, app: Flask, production: Workspace
) -> None:
    names = many(app, production, PAGE + 3)
    newer = link(parse(screen.person.get(last_page(screen)).text), "Newer")
    with app.app_context(), writing() as session:
        for name in names[:PAGE]:
            session.query(ApiKey).filter_by(name=name).update({"deleted_at": now()})
    assert [row.name for row in rows(parse(screen.person.get(str(newer)).text))] == names[PAGE:]


def test_an_unreadable_cursor_shows_the_first_page(screen: Screen) -> None:
    screen.create("CI integration")
    packed = [base64.urlsafe_b64encode(raw).decode() for raw in (b"\xff" * 24, b"\0" * 25, b"\0" * 8)]
    for cursor in ("x", "%", "é", "\x00", "AAAA", "x" * 5000, *packed):
        for place in ("after", "before"):
            assert screen.names(**{place: cursor}) == ["CI integration"], (place, cursor)


def test_a_cursor_of_another_workspace_shows_no_key_of_it(
    screen: Screen, app: Flask, production: Workspace, charlie: Person
) -> None:
    many(app, production, PAGE + 5)
    cursor = str(link(screen.page(), "Older")).rpartition("after=")[2]
    Screen(charlie, "staging").create("Web app")
    page = charlie.get(f"/w/staging/api-keys?after={cursor}").text
    assert [row.name for row in rows(parse(page))] == ["Web app"]


def many(app: Flask, workspace: Workspace, count: int, *, together: int = 1) -> list[str]:
    """Make keys past the form, `together` of them at the same moment; return their names, newest first."""
    start = now() - timedelta(days=1)
    names = [f"key {number:04}" for number in range(count)]
    with app.app_context(), writing() as session:
        for number, name in enumerate(names):
            moment = start + timedelta(seconds=number // together)
            session.add(
                ApiKey(
                    workspace_id=workspace.id,
                    name=name,
                    name_key=name,
                    digest=uuid4().bytes * 2,
                    hint="fj_aaaa…bbbb",
                    created_at=moment,
                )
            )
    return names[::-1]


def link(page: Element, word: str) -> str | None:
    for found in page.all("a"):
        if found.text == word:
            return found["href"]
    return None


def walk(screen: Screen, word: str, start: str | None = None) -> Iterator[list[str]]:
    """The names on each page, from the first one on by the link of this word."""
    address: str | None = start or screen.path
    while address:
        page = parse(screen.person.get(address).text)
        yield [row.name for row in rows(page)]
        address = link(page, word)


def last_page(screen: Screen) -> str:
    address = screen.path
    while older := link(parse(screen.person.get(address).text), "Older"):
        address = older
    return address
