"""Files that are read, whatever wrote them."""

from __future__ import annotations

import codecs
import io
import json
from typing import Any

import pytest
from flask import Flask

from tests.apikeys.screen import Screen
from tests.apikeys.transfer.conftest import Works
from tests.apikeys.transfer.files import export, exported, flowise, listed, plain, raw, value
from tests.apikeys.transfer.ways import Browser, Way
from tests.calls import Sql

# As older versions of Flowise wrote them.
BASE64 = ("aCp3QY3lnC9yWeLRgyhgYIPXcHl5MxJwQqbHH3rKxs0=", "EI++Hwb16+cr7c/VcGfgIgeW03s4rY0dL371ertGFb8=")
TEXT = json.dumps([{"name": "Café", "key": value("one")}], ensure_ascii=False, indent=2)


@pytest.mark.parametrize(
    "content",
    [
        [flowise("CI", value("one"))],
        [listed("CI", value("one"))],
        [{"name": "CI", "key": value("one")}],
        export(exported("CI", value("one"))),
    ],
    ids=["api.json", "key listing", "plain array", "our export"],
)
def test_every_format_is_known_by_its_content(content: Any, way: Way, works: Works) -> None:
    assert not works(value("one"))
    assert way(content, "add-new").done == [("added", "CI")]
    assert works(value("one"))


def test_an_api_json_keeps_the_days_of_its_keys(browser: Browser, screen: Screen) -> None:
    entries = [
        flowise("Summer", value("1")),
        flowise("Winter", value("2"), createdAt="03-Jan-25"),
        flowise("No day", value("3"), createdAt="31-Feb-25"),
    ]
    assert browser(entries, "add-new").worked
    created = {row.name: row.created.one("time")["datetime"][:10] for row in screen.rows()}
    assert (created["Summer"], created["Winter"]) == ("2024-07-26", "2025-01-03")
    assert created["No day"] > "2025-03-03"


def test_the_format_of_entries_may_differ_within_an_array(way: Way) -> None:
    content = [flowise("One", value("1")), *plain(Two="2"), listed("Three", value("3"))]
    assert [name for _, name in way(content, "add-new").rows] == ["One", "Two", "Three"]


def test_old_base64_keys_work(way: Way, works: Works) -> None:
    content = [flowise(f"Legacy key {number}", key) for number, key in enumerate(BASE64)]
    assert way(content, "add-new").worked
    assert all(works(key) for key in BASE64)


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        TEXT.replace("\n", "\r\n").encode(),
        codecs.BOM_UTF16_LE + TEXT.replace("\n", "\r\n").encode("utf-16-le"),
        b"\n\t " + TEXT.encode() + b"\r\n\r\n",
        json.dumps(json.loads(TEXT)).encode("ascii"),
    ],
    ids=["UTF-8", "BOM", "UTF-16 LE", "UTF-16 BE", "CRLF", "PowerShell", "blanks around", "escaped"],
)
def test_every_encoding_is_found_out(content: bytes, way: Way, works: Works) -> None:
    assert way(content, "add-new").done == [("added", "Café")]
    assert works(value("one"))


def test_the_files_name_and_type_say_nothing(browser: Browser, works: Works) -> None:
    file = (io.BytesIO(raw(plain(CI="one"))), "photo.png", "image/png")
    answer = browser.person.post(browser.path, file=file, mode="add-new")
    assert answer.status_code == 303


def test_unknown_members_are_ignored(way: Way) -> None:
    entry = plain(CI="one")[0] | {"": 1, "deep": {"a": [[None, 1.5e300, {"b": -7}]]}, "key2": "x y"}
    assert way([entry], "add-new").done == [("added", "CI")]
    assert way(export(exported("Web", value("two"), more=[]), more={}), "add-new").worked


def test_ids_workspaces_and_permissions_of_a_file_have_no_effect(
    way: Way, app: Flask, staging: object, sql: Sql, works: Works
) -> None:
    [(other,)] = sql("SELECT id FROM workspaces WHERE slug = 'staging'")
    wanted = {"id": "17fa8fc8-c1db-4442-a634-6f5c4d96ea89", "workspaceId": str(other), "slug": "staging"}
    others = {"permissions": ["apikeys:view"], "disabled_at": "2020-01-01", "expires_at": "2020-01-01"}
    entries = [
        flowise("One", value("1"), **wanted, **others),
        plain(Two="2")[0] | wanted | others | {"digest": "00" * 32},
    ]
    assert way(entries, "add-new").worked
    found = sql("SELECT k.id, w.slug FROM api_keys k JOIN workspaces w ON w.id = k.workspace_id")
    assert [slug for _, slug in found] == ["production", "production"]
    assert wanted["id"].replace("-", "") not in {str(key).replace("-", "") for key, _ in found}
    assert works(value("1"))
    assert works(value("2"))


def test_names_are_trimmed_and_made_nfc(way: Way, screen: Screen) -> None:
    assert way([{"name": "  Cafe\u0301 \u00a0", "key": value("one")}], "add-new").worked
    assert screen.names() == ["Café"]
