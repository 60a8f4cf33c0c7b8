"""Where the parts of a JSON text begin and end. The decoder in C finds it out, so that 5 MB take no time."""

from __future__ import annotations

import json
import re
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


def members(text: str, at: int) -> list[Span]:
    """The members of the object that begins at `at`, in their order, also those of the same name."""
    found: list[Span] = []
    at = after_space(text, at + 1)
    while text[at] != "}":
        key, colon = _scan_string(text, at + 1)
        start = after_space(text, after_space(text, colon) + 1)
        value, end = _scan(text, start)
        found.append(Span(start, end, value, at, key))
        at = _next(text, end)
    return found


def items(text: str, at: int) -> list[Span]:
    """The items of the list that begins at `at`."""
    found: list[Span] = []
    at = after_space(text, at + 1)
    while text[at] != "]":
        value, end = _scan(text, at)
        found.append(Span(at, end, value))
        at = _next(text, end)
    return found


def _next(text: str, end: int) -> int:
    at = after_space(text, end)
    return after_space(text, at + 1) if text[at] == "," else at
