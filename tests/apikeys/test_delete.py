"""Deleting: what will fail is said first, and then it fails."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask

from tests.apikeys.conftest import Call
from tests.apikeys.dom import parse
from tests.apikeys.screen import JUST_NOW, Screen, rows
from tests.apikeys.test_list import used

SENTENCE = "Any request that uses this key will immediately receive a 401 Unauthorized response."


@pytest.mark.parametrize("htmx", [False, True], ids=["page", "htmx"])
def test_the_dialog_tells_what_will_happen(htmx: bool, screen: Screen, call: Call) -> None:
    secret = screen.create("CI integration")
    for _ in range(3):
        call(secret, address="203.0.113.7")
    answer = screen.get("CI integration", "delete", htmx=htmx)
    assert answer.status_code == 200
    assert ("<html" in answer.text) is not htmx
    page = parse(answer.text)
    dialog = page.one(id="delete-key")
    title = dialog.one("h2", id="dialog-title") if htmx else page.one("h1")
    assert title.text == "Delete “CI integration”?"
    key, last_used, failing = [fact.text for fact in dialog.all("li")]
    assert key == f"CI integration {secret[:7]}…{secret[-4:]}"
    assert re.fullmatch(f"Last used {JUST_NOW} from 203.0.113.7", last_used)
    assert failing == "3 calls in the last 7 days will start to fail"
    assert SENTENCE in dialog.text
    assert dialog.one(class_="btn btn-danger").text == "Delete key"
    assert len([one for one in dialog.all() if one.text == "Keep it" and "data-close" in one.attributes]) == 1


def test_the_dialog_counts_as_the_list_does(screen: Screen, app: Flask, call: Call) -> None:
    call(screen.create("CI integration"))
    dialog = parse(screen.get("CI integration", "delete").text).one(id="delete-key")
    assert "1 call in the last 7 days will start to fail" in dialog.text
    used(app, screen.row("CI integration").id, 1213, hours_ago=24)
    used(app, screen.row("CI integration").id, 5000, hours_ago=24 * 8)
    dialog = parse(screen.get("CI integration", "delete").text).one(id="delete-key")
    assert "1,214 calls in the last 7 days will start to fail" in dialog.text


def test_the_dialog_of_an_unused_key_says_so_in_calm(screen: Screen) -> None:
    screen.create("CI integration")
    dialog = parse(screen.get("CI integration", "delete").text).one(id="delete-key")
    assert "Never used, so nothing is known to depend on it" in dialog.text
    assert "will start to fail" not in dialog.text
    assert SENTENCE in dialog.text


def test_asking_deletes_nothing(screen: Screen, call: Call) -> None:
    secret = screen.create("CI integration")
    screen.get("CI integration", "delete")
    assert call(secret).status_code == 200


def test_a_deleted_key_is_refused_and_its_row_is_gone(screen: Screen, call: Call) -> None:
    secret = screen.create("CI integration")
    assert call(secret).status_code == 200
    answer = screen.post("CI integration", "delete")
    assert answer.status_code == 303
    assert answer.headers["Location"] == screen.path
    said = "The key “CI integration” was deleted. Any request that uses it now receives 401 Unauthorized."
    assert said in screen.answer().text
    assert said not in screen.answer().text
    assert screen.rows() == []
    refusal = call(secret)
    assert (refusal.status_code, refusal.get_json()["code"]) == (401, "key_deleted")


def test_htmx_closes_the_dialog_and_reloads_the_list(screen: Screen) -> None:
    screen.create("CI integration")
    answer = screen.post("CI integration", "delete", htmx=True)
    assert answer.status_code == 200
    assert answer.headers["HX-Trigger"].split(", ") == ["close-dialog", "keys-changed"]
    announce = parse(answer.text).one("hx-partial", hx_target="#announce")
    assert announce.text == "The key “CI integration” was deleted."
    listening = screen.page().one(id="keys")
    assert listening["hx-trigger"].startswith("keys-changed from:")
    assert rows(parse(screen.person.get(listening["hx-get"], htmx=True).text)) == []


def test_other_keys_live_on(screen: Screen, call: Call) -> None:
    kept, gone = screen.create("Web app"), screen.create("CI integration")
    screen.post("CI integration", "delete")
    assert screen.names() == ["Web app"]
    assert (call(kept).status_code, call(gone).status_code) == (200, 401)


@pytest.mark.parametrize("htmx", [False, True], ids=["page", "htmx"])
def test_deleting_twice_is_not_found(htmx: bool, screen: Screen) -> None:
    screen.create("CI integration")
    key = f"{screen.path}/{screen.row('CI integration').id}"
    screen.post("CI integration", "delete")
    for answer in (
        screen.person.post(f"{key}/delete", htmx=htmx),
        screen.person.get(f"{key}/delete", htmx=htmx),
    ):
        assert answer.status_code == 404
        assert "There is no such API key in this workspace, or it was deleted." in answer.text


def test_a_call_does_not_bring_a_deleted_key_back(screen: Screen, call: Call) -> None:
    secret = screen.create("CI integration")
    screen.post("CI integration", "delete")
    for _ in range(3):
        assert call(secret).get_json()["code"] == "key_deleted"
    assert screen.rows() == []


def test_the_same_digest_can_live_again_and_the_call_works(
    screen: Screen, call: Call, sql: Callable[..., object]
) -> None:
    """As an import brings a key back that was deleted: the dead row does not stand in its way."""
    secret = screen.create("CI integration")
    screen.post("CI integration", "delete")
    columns = "workspace_id, name, name_key, digest, hint, created_at"
    sql(
        f"INSERT INTO api_keys (id, {columns}) SELECT "
        f"'00000000000040008000000000000001', {columns} FROM api_keys"
    )
    assert screen.names() == ["CI integration"]
    assert call(secret).status_code == 200
    screen.post("CI integration", "delete")
    assert call(secret).get_json()["code"] == "key_deleted"
