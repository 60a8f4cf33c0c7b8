"""Entries that are wrong: all of them are named at once, by position and name, and none is imported."""

from __future__ import annotations

from typing import Any

from tests.apikeys.transfer.conftest import State
from tests.apikeys.transfer.files import export, exported, flowise, plain, value
from tests.apikeys.transfer.ways import Way

KEY = value("one")
ODD = "the key holds spaces, control characters or characters beyond ASCII"
CONTROL = "A name cannot hold control characters or line breaks"


def entry(**members: Any) -> dict[str, Any]:
    return {"name": "CI", "key": KEY} | members


# What is wrong, the name that is shown, and what is said.
WRONG: tuple[tuple[Any, str | None, str], ...] = (
    (7, None, "this is not an object"),
    ([KEY], None, "this is not an object"),
    (KEY, None, "this is not an object"),
    (None, None, "this is not an object"),
    ({}, None, "name is missing"),
    ({"key": KEY}, None, "name is missing"),
    ({"name": "CI"}, "CI", "key is missing"),
    ({"keyName": "CI"}, "CI", "apiKey is missing"),
    ({"apiKey": KEY}, None, "keyName is missing"),
    ({"keyName": "CI", "key": KEY}, "CI", "apiKey is missing"),
    (entry(name=7), None, "name is not a string"),
    (entry(name=None), None, "name is not a string"),
    (entry(name=" \t"), "", "name is blank"),
    (entry(key=None), "CI", "key is not a string"),
    (entry(key=[KEY]), "CI", "key is not a string"),
    (entry(key=7e31), "CI", "key is not a string"),
    (entry(key=""), "CI", "key is blank"),
    (flowise("CI", "   "), "CI", "apiKey is blank"),
    (entry(key="abcd"), "CI", "the key is 4 characters; at least 32 are needed"),
    (entry(key="x" * 31), "CI", "the key is 31 characters; at least 32 are needed"),
    (entry(key="x" * 513), "CI", "the key is 513 characters; at most 512 are possible"),
    *(
        (entry(key=KEY[:20] + odd + KEY[20:]), "CI", ODD)
        for odd in (" ", "\t", "\n", "\x00", "\x7f", "é", "\u200b", "\ud800")
    ),
    (entry(key=f" {KEY}"), "CI", ODD),
    (
        entry(key=KEY[:20] + "," + KEY[20:]),
        "CI",
        "the key holds a comma, which an Authorization header cannot carry",
    ),
    (entry(key="fjgw_" + "x" * 38), "CI", "this is a gateway key, not an API key"),
    (entry(name="x" * 101), "x" * 60, "This name has 101 characters; at most 100 are possible"),
    (entry(name="C\x07I"), "C�I", CONTROL),
    (entry(name="C\nI\x1b[2J"), "C�I�[2J", CONTROL),
    (entry(name="C\ud800I"), "C�I", CONTROL),
    (entry(name="C\u202eI"), "C�I", CONTROL),
    (entry(name="<b>CI</b>", key="short"), "<b>CI</b>", "the key is 5 characters; at least 32 are needed"),
)
DIGEST = "digest is not 64 hexadecimal digits"
MOMENT = "created_at is not a moment such as 2026-01-31T12:00:00+00:00"
HINT = "hint is longer than 20 characters or not printable"
WRONG_IN_AN_EXPORT: tuple[tuple[dict[str, Any], str], ...] = (
    ({"digest": "0" * 63}, DIGEST),
    ({"digest": "G" * 64}, DIGEST),
    ({"digest": "٠" * 64}, DIGEST),
    ({"digest": 7}, "digest is not a string"),
    ({"hint": "x" * 21}, HINT),
    ({"hint": "fj_\n…"}, HINT),
    ({"hint": ""}, "hint is blank"),
    ({"created_at": 7}, MOMENT),
    ({"created_at": "yesterday"}, MOMENT),
    ({"created_at": "2026-01-31T12:00:00"}, MOMENT),
    ({"created_at": "0001-01-01T00:00:00+23:59"}, MOMENT),
    ({"created_at": "0001-01-01T00:00:00+00:00"}, MOMENT),
    ({"created_at": "9999-12-31T23:59:59-23:59"}, MOMENT),
    ({"created_at": "\ud800"}, MOMENT),
)


def test_every_wrong_entry_is_named_at_once(way: Way, state: State, production_key: str) -> None:
    before = state()
    wrong = way([*plain(Good="good"), *(content for content, _, _ in WRONG)], "overwrite")
    named = [(f', "{name}"' if name is not None else "", said) for _, name, said in WRONG]
    expected = [f"entry {position}{name}: {said}." for position, (name, said) in enumerate(named, 2)]
    assert wrong.problems == expected
    assert state() == before
    for secret in (KEY, KEY[:20], KEY[20:], value("good")):
        assert secret not in wrong.said


def test_every_wrong_entry_of_an_export_is_named_at_once(way: Way, state: State, production_key: str) -> None:
    before = state()
    entries = [exported("CI", KEY) | members for members, _ in WRONG_IN_AN_EXPORT]
    expected = [f'entry {n}, "CI": {said}.' for n, (_, said) in enumerate(WRONG_IN_AN_EXPORT, 1)]
    assert way(export(*entries), "overwrite").problems == expected
    assert way(export({"name": "CI", "key": KEY}), "add-new").problems == [
        'entry 1, "CI": digest is missing.'
    ]
    assert state() == before


def test_a_member_that_stands_twice_is_named(way: Way, state: State) -> None:
    before = state()
    text = (
        f'[{{"name": "CI", "key": "{KEY}", "key": "{KEY}"}},'
        f' {{"name": "A", "name": "B", "key": "{value("two")}"}}, {{"x\\ud800": 1, "x\\ud800": 2}}]'
    )
    found = way(text, "add-new")
    assert found.problems == [
        "entry 1, \"CI\": the member 'key' stands twice.",
        "entry 2, \"B\": the member 'name' stands twice.",
        "entry 3: the member 'x\\ud800' stands twice.",
    ]
    assert state() == before


def test_of_very_many_problems_the_first_thousand_are_listed(way: Way) -> None:
    found = way([{}] * 1_100, "add-new").problems
    assert (len(found), found[-1]) == (1_000, "entry 1000: name is missing.")


def test_the_shortest_and_the_longest_that_are_allowed_are_imported(way: Way) -> None:
    content = [
        {"name": "x" * 100, "key": "k" * 32},
        {"name": "y", "key": "!~" + "k" * 510},
        {"name": "z" * 99 + "e\u0301", "key": KEY},
    ]
    assert len(way(content, "error").done) == 3
