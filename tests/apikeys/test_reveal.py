"""A new key is shown once, in the answer that made it, and never again."""

from __future__ import annotations

import pytest

from tests.apikeys.conftest import Call
from tests.apikeys.dom import parse
from tests.apikeys.screen import SECRET, Screen, rows


@pytest.mark.parametrize("htmx", [False, True], ids=["page", "htmx"])
def test_the_answer_shows_the_key_and_is_kept_by_no_cache(htmx: bool, screen: Screen) -> None:
    answer = screen.person.create_key("production", "CI integration", htmx=htmx)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    field = parse(answer.text).one("input", id="secret")
    assert SECRET.fullmatch(field["value"])
    assert "readonly" in field.attributes
    assert field["autocomplete"] == "off"
    assert ("<html" in answer.text) is not htmx
    # Compressed beside what an attacker chooses, its length would give it away (BREACH).
    assert "Content-Encoding" not in answer.headers


def test_the_product_page_warns_beside_the_key(screen: Screen) -> None:
    page = parse(screen.person.create_key("production", "CI integration").text)
    warning = page.one(id=page.one("input", id="secret")["aria-describedby"])
    assert "This key is shown once." in warning.text
    assert (
        "Store your API key securely. Treat it like a password — do not commit it to version control, "
        "include it in client-side code, or share it in chat." in warning.text
    )
    assert page.one("label", for_="secret").text == "API key “CI integration”"


@pytest.mark.parametrize("htmx", [False, True], ids=["page", "htmx"])
def test_the_secret_is_in_no_header_cookie_or_address(htmx: bool, screen: Screen) -> None:
    answer = screen.person.create_key("production", "CI integration", htmx=htmx)
    secret = SECRET.search(answer.text)
    assert secret
    assert secret[0] not in str(answer.headers)
    assert "Location" not in answer.headers
    for element in parse(answer.text).all():
        for attribute in ("href", "action", "src", "hx-get", "hx-post"):
            assert not SECRET.search(element.attributes.get(attribute, ""))
    with screen.person.client.session_transaction() as session:
        assert not SECRET.search(str(dict(session)))


def test_no_later_page_shows_the_secret(screen: Screen) -> None:
    screen.create("CI integration")
    key = f"{screen.path}/{screen.row('CI integration').id}"
    for path in (screen.path, "", "/rename", "/delete", "/w/production/flows", "/profile", "/"):
        address = path if path.startswith("/w") or path in ("/profile", "/") else key + path
        for htmx in (False, True):
            assert not SECRET.search(screen.person.get(address, htmx=htmx).text), address
    assert not SECRET.search(screen.person.create_key("production", "Nightly", once="short").text)


def test_reload_and_back_ask_for_the_form_which_shows_no_key(screen: Screen) -> None:
    screen.create("CI integration")
    again = screen.person.get(f"{screen.path}/new")
    assert again.status_code == 200
    assert not SECRET.search(again.text)
    assert screen.names() == ["CI integration"]


def test_htmx_also_gets_the_list_with_the_new_row_in_it_and_a_word_for_screen_readers(
    screen: Screen,
) -> None:
    screen.create("Web app")
    answer = parse(screen.person.create_key("production", "CI integration", htmx=True).text)
    keys, announce = answer.all("hx-partial")
    assert keys["hx-target"] == "#keys"
    assert [row.name for row in rows(keys)] == ["CI integration", "Web app"]
    (new,) = keys.all("tr", class_="row-highlight")
    assert "CI integration" in new.text
    assert not SECRET.search(keys.text)
    assert (announce["hx-target"], announce.text) == ("#announce", "The key “CI integration” was created.")


def test_the_new_key_works_at_once(screen: Screen, call: Call) -> None:
    assert call(screen.create("CI integration")).status_code == 200
