"""Changes single values of a JSON text and leaves every other character as it stands."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

# Where a value begins in the text, and where it ends.
Span = tuple[int, int]
DECODER = json.JSONDecoder()
SPACE = re.compile(r"[ \t\n\r]*")


def items(text: str, start: int) -> list[Span]:
    """The spans of a list's values. `start` is that of the list, in a text that is JSON."""
    return [span for _key, span in _values(text, start, keyed=False)]


def members(text: str, start: int) -> dict[str, Span]:
    """The spans of an object's values by their name; of two with one name the last counts, as for `json`."""
    return dict(_values(text, start, keyed=True))


def at(text: str, start: int, path: Sequence[str]) -> Span:
    """The span of what stands under these names, one in the other, in the object that begins there."""
    span = (start, len(text))
    for name in path:
        span = members(text, span[0])[name]
    return span


def beginning(text: str) -> int:
    """Where the text's value begins."""
    return _after_space(text, 0)


def replaced(text: str, changes: Iterable[tuple[Span, Any]]) -> str:
    """The text with other values in these places, which do not overlap."""
    parts: list[str] = []
    end = 0
    for (start, stop), value in sorted(changes, key=lambda change: change[0]):
        parts += [text[end:start], json.dumps(value, ensure_ascii=False)]
        end = stop
    return "".join([*parts, text[end:]])


def _values(text: str, start: int, *, keyed: bool) -> Iterator[tuple[str, Span]]:
    place, key = _after_space(text, start + 1), ""
    while text[place] not in "]}":
        if keyed:
            key, place = DECODER.raw_decode(text, place)
            # Behind the colon.
            place = _after_space(text, _after_space(text, place) + 1)
        _value, end = DECODER.raw_decode(text, place)
        yield key, (place, end)
        place = _after_space(text, end)
        if text[place] == ",":
            place = _after_space(text, place + 1)


def _after_space(text: str, place: int) -> int:
    found = SPACE.match(text, place)
    return found.end() if found else place
