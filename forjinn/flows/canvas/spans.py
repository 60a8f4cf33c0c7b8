"""Where the parts of a JSON text begin and end. The decoder in C finds it out, so that 5 MB take no time."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from json import decoder
from typing import Any

SPACE = re.compile(r"[ \t\n\r]*")
# Not named in the types of the library: the parts that its own `loads` is made of.
_scan: Any = json.JSONDecoder().scan_once  # type: ignore[attr-defined]
_scan_string: Any = decoder.scanstring  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Span:
    """A value in a text: `text[start:end]`. `key_at` is where its key begins, if it is a member."""

    start: int
    end: int
    value: Any
    key_at: int = -1
    key: str = ""


def after_space(text: str, at: int) -> int:
    found = SPACE.match(text, at)
    return found.end() if found else at


# Values that are known already, by where they begin, with where they end: they are not read again.
Known = Mapping[int, tuple[int, Any]]


def members(text: str, at: int) -> list[Span]:
    """The members of the object that begins at `at`, in their order, also those of the same name."""
    return list(_members(text, at, lambda _key, start: _scan(text, start)))


def items(text: str, at: int) -> list[Span]:
    """The items of the list that begins at `at`."""
    return _items(text, at, {})[0]


def outline(text: str, lists: Collection[str], known: Known) -> tuple[dict[str, Span], dict[str, list[Span]]]:
    """The members of a text that is an object, and the items of those members that are `lists`.

    Of members of the same name the last one counts, as for every reader of JSON.
    """
    found: dict[str, list[Span]] = {}

    def read(key: str, start: int) -> tuple[Any, int]:
        found.pop(key, None)
        if key not in lists or text[start] != "[":
            value, end = _scan(text, start)
            return value, end
        found[key], end = _items(text, start, known)
        return [one.value for one in found[key]], end

    return {one.key: one for one in _members(text, after_space(text, 0), read)}, found


def _members(text: str, at: int, read: Callable[[str, int], tuple[Any, int]]) -> Iterator[Span]:
    at = after_space(text, at + 1)
    while text[at] != "}":
        key, colon = _scan_string(text, at + 1)
        start = after_space(text, after_space(text, colon) + 1)
        value, end = read(key, start)
        yield Span(start, end, value, at, key)
        at = _next(text, end)


def _items(text: str, at: int, known: Known) -> tuple[list[Span], int]:
    """Also where the list ends."""
    found: list[Span] = []
    at = after_space(text, at + 1)
    while text[at] != "]":
        if at in known:
            end, value = known[at]
        else:
            value, end = _scan(text, at)
        found.append(Span(at, end, value))
        at = _next(text, end)
    return found, at + 1


def _next(text: str, end: int) -> int:
    at = after_space(text, end)
    return after_space(text, at + 1) if text[at] == "," else at
