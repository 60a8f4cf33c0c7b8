"""Files that hold no list of keys: what is said of them, and that nothing is imported."""

from __future__ import annotations

import codecs
import io
from typing import Any

import pytest

from tests.apikeys.dom import parse
from tests.apikeys.transfer.conftest import State
from tests.apikeys.transfer.files import export, numbered, raw
from tests.apikeys.transfer.ways import Browser, Way

ARRAY = "The file is not an array of keys."
NO_TEXT = "The file is not text in UTF-8, or in UTF-16 with a byte order mark."
NEWER = "The file is an export of a newer Forjinn; this one reads version 1."
DEEP = "The file is not a list of keys: it is nested too deeply."
TEXT = "[1,\n 2,,]"
DIGITS = "9" * 5_000
FILES: tuple[tuple[Any, str], ...] = (
    (b"", "The file is empty."),
    (b" \r\n\t", "The file is empty."),
    (codecs.BOM_UTF8, "The file is empty."),
    (codecs.BOM_UTF16_LE, "The file is empty."),
    (b"\xff\xfe\x00", NO_TEXT),
    (b"[\xe9]", NO_TEXT),
    (bytes(range(256)), NO_TEXT),
    (TEXT, "The file is not JSON: line 2, column 4: "),
    (TEXT.replace("\n", "\r\n"), "The file is not JSON: line 2, column 4: "),
    (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "The file is not JSON: line 2, column 4: "),
    (TEXT.encode("utf-16-be"), "The file is not JSON: line 1, column 1: "),
    ('[{"name": "CI"', "The file is not JSON: line 1, column 15: "),
    ("[] []", "The file is not JSON: line 1, column 4: "),
    ('["a\nb"]', "The file is not JSON: line 1, column 4: "),
    ("{}", ARRAY),
    ("7", ARRAY),
    ('"keys"', ARRAY),
    ("null", ARRAY),
    ('{"keys": []}', ARRAY),
    ('{"format": "other", "version": 1, "keys": []}', ARRAY),
    (export() | {"keys": {}}, ARRAY),
    ('{"format": "forjinn-apikeys", "version": 1}', ARRAY),
    (export() | {"version": 2}, NEWER),
    (export() | {"version": True}, NEWER),
    ('{"format": "x", "format": "forjinn-apikeys"}', "The file names 'format' twice."),
    ("NaN", "The file is not JSON: NaN is not a value of JSON."),
    ('[{"a": -Infinity}]', "The file is not JSON: -Infinity is not a value of JSON."),
    ('[{"a": 1e999}]', "The file is not JSON: a number is too large."),
    ('[{"a": -1.5E+999}]', "The file is not JSON: a number is too large."),
    (f"[{DIGITS}]", "The file is not JSON: a number has 5000 digits."),
    (f"[-0.{DIGITS}]", "The file is not JSON: a number is too large."),
    ("[" * 100_000 + "]" * 100_000, DEEP),
    ('[{"name": "CI", "more": ' + '{"a":' * 100_000, DEEP),
)


def test_what_is_no_list_of_keys_is_refused_with_a_reason(
    way: Way, state: State, production_key: str
) -> None:
    before = state()
    for content, sentence in FILES:
        for mode in ("error", "replace-all"):
            (said,) = way(content, mode).problems
            assert said.startswith(sentence), raw(content)[:60]
    assert state() == before


def test_100_001_entries_are_too_many(way: Way, state: State) -> None:
    before = state()
    content = "[" + ",".join(["{}"] * 100_001) + "]"
    sentence = "The file has 100,001 entries; at most 100,000 are possible."
    assert way(content, "add-new").problems == [sentence]
    assert state() == before


def test_a_list_that_is_empty_changes_nothing(way: Way, state: State, production_key: str) -> None:
    before = state()[:1]
    for mode in ("add-new", "overwrite", "error"):
        assert way([], mode).done == []
    assert state()[:1] == before


def test_an_empty_list_is_refused_where_it_would_delete_every_key(
    way: Way, state: State, production_key: str
) -> None:
    before = state()
    sentence = "The file holds no keys. Replace all would delete every key, so it is refused."
    for content in (b"[]", export()):
        assert way(content, "replace-all").problems == [sentence]
    assert state() == before


@pytest.mark.parametrize(
    ("mode", "said"),
    [("", "Choose how to handle keys that already exist."), ("everything", "Not a valid choice.")],
)
def test_without_a_mode_the_form_says_so(mode: str, said: str, browser: Browser) -> None:
    answer = browser.upload(numbered(1), mode)
    assert answer.status_code == 422
    assert said in answer.text


def test_no_mode_is_chosen_beforehand(browser: Browser) -> None:
    modes = parse(browser.person.get(browser.path).text).all("input", name="mode")
    assert [mode["value"] for mode in modes] == ["add-new", "overwrite", "replace-all", "error"]
    assert not any("checked" in mode.attributes for mode in modes)


def test_without_a_file_the_form_says_so(browser: Browser) -> None:
    for fields in ({}, {"file": "[]"}, {"file": (io.BytesIO(b""), "")}):
        answer = browser.person.post(browser.path, mode="add-new", **fields)
        assert answer.status_code == 422
        assert "Choose a file." in answer.text
