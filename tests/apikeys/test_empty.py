"""No keys yet, and no key that matches."""

from __future__ import annotations

from tests.apikeys.screen import Screen
from tests.people import Person


def test_a_workspace_without_keys_explains_them_and_starts_the_first(screen: Screen) -> None:
    page = screen.page()
    assert "No API keys yet" in page.text
    assert "you include an API key in the request header" in page.text
    button = page.one(id="add-first-key")
    assert button.text == "Create the first key"
    assert button["hx-get"] == "/w/production/api-keys/new"
    assert page.one(id="keys").all("table") == []
    assert page.all("input", type="search") == []


def test_who_may_not_create_keys_is_told_what_is_missing_and_who_gives_it(bob: Person) -> None:
    page = Screen(bob).page()
    assert "you need the apikeys:create permission. An admin of this workspace can give it" in page.text
    assert page.all(id="add-first-key") == []


def test_deleted_keys_leave_the_list_empty(screen: Screen) -> None:
    screen.create("CI integration")
    assert "No API keys yet" not in screen.page().text
    screen.post("CI integration", "delete")
    assert "No API keys yet" in screen.page().text


def test_a_search_that_finds_nothing_says_so_and_leads_back(screen: Screen) -> None:
    screen.create("CI integration")
    page = screen.page(q="nightly")
    assert "No key matches “nightly”" in page.text
    assert "No API keys yet" not in page.text
    assert [link["href"] for link in page.all("a") if link.text == "Show all keys"] == [screen.path]
    assert page.one("input", type="search")["value"] == "nightly"


def test_htmx_gets_the_same_list_without_the_page_around_it(screen: Screen) -> None:
    screen.create("CI integration")
    fragment = screen.person.get(screen.path, htmx=True).text
    assert fragment.lstrip().startswith('<div id="keys"')
    assert "CI integration" in fragment
    assert "<html" not in fragment
    assert "HX-Request" in screen.answer().headers["Vary"]
