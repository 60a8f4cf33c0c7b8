"""A form counts once: sent again by reload, Back or a double click, it makes no second key."""

from __future__ import annotations

import threading

import pytest

from tests.apikeys.dom import parse
from tests.apikeys.screen import SECRET, Screen
from tests.people import Person, field


def once(screen: Screen) -> str:
    return field(screen.person.get(f"{screen.path}/new").text, "once")


@pytest.mark.parametrize("htmx", [False, True], ids=["page", "htmx"])
def test_a_repeated_form_says_that_the_key_was_already_created(htmx: bool, screen: Screen) -> None:
    token = once(screen)
    answers = [
        screen.person.create_key("production", "CI integration", once=token, htmx=htmx) for _ in range(3)
    ]
    assert [answer.status_code for answer in answers] == [200, 409, 409]
    answer = answers[-1]
    page = parse(answer.text)
    assert "The key “CI integration” was already created." in page.text
    assert "If you did not copy it, delete it in the list and add a new key." in page.text
    assert page.all("input", name="name") == []
    assert not SECRET.search(answer.text)
    assert screen.names() == ["CI integration"]


def test_a_repeated_form_with_another_name_makes_no_second_key_either(screen: Screen) -> None:
    token = once(screen)
    screen.person.create_key("production", "CI integration", once=token)
    answer = screen.person.create_key("production", "Nightly", once=token)
    assert answer.status_code == 409
    assert "The key “CI integration” was already created." in answer.text
    assert screen.names() == ["CI integration"]


def test_a_form_that_made_a_deleted_key_makes_no_new_one(screen: Screen) -> None:
    token = once(screen)
    screen.person.create_key("production", "CI integration", once=token)
    screen.post("CI integration", "delete")
    assert screen.person.create_key("production", "CI integration", once=token).status_code == 409
    assert screen.rows() == []


def test_a_double_click_makes_one_key(screen: Screen) -> None:
    fields = {
        name: field(screen.person.get(f"{screen.path}/new").text, name) for name in ("once", "csrf_token")
    }
    statuses: list[int] = []

    def click(number: int) -> None:
        # A copy of the cookie: the client of one thread cannot be used by another.
        browser = screen.person.client.application.test_client()
        browser.set_cookie("forjinn", cookie(screen.person))
        data = fields | {"name": f"CI integration {number}"}
        statuses.append(browser.post(f"{screen.path}/new", data=data).status_code)

    threads = [threading.Thread(target=click, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] + [409] * 7
    assert len(screen.rows()) == 1


@pytest.mark.parametrize("token", ["", "short", "x" * 65, "x" * 30 + "\n", "x" * 30 + " "], ids=ascii)
def test_a_form_without_a_token_of_ours_makes_no_key(token: str, screen: Screen) -> None:
    page = f"{screen.path}/new"
    answer = screen.person.post(page, page=page, name="CI integration", once=token)
    assert answer.status_code == 422
    assert "This form is incomplete. Close it and start again." in answer.text
    assert parse(answer.text).one("input", name="name")["value"] == "CI integration"
    assert screen.rows() == []


@pytest.mark.parametrize("forged", [None, "", "forged", "ImYzMjM0Ig.aaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbb"])
@pytest.mark.parametrize("verb", ["new", "rename", "delete"])
def test_a_request_that_another_site_forged_changes_nothing(
    verb: str, forged: str | None, screen: Screen
) -> None:
    screen.create("CI integration")
    path = screen.path if verb == "new" else f"{screen.path}/{screen.row('CI integration').id}"
    data = {"name": "Forged", "once": once(screen)} | ({} if forged is None else {"csrf_token": forged})
    answer = screen.person.client.post(f"{path}/{verb}", data=data)
    assert answer.status_code == 400
    assert "Nothing was changed. Reload the page and try again." in answer.text
    assert screen.names() == ["CI integration"]


def cookie(person: Person) -> str:
    found = person.client.get_cookie("forjinn")
    assert found
    return found.value
