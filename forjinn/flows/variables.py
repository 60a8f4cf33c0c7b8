"""`{{ question }}` and its like in a node's text, filled in one pass: a value is never read again."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from forjinn.flows import strict_json

VARIABLE = re.compile(r"\{\{([^{}]+)\}\}")
# The members of a path: `.name`, `.0` and `[0]`.
MEMBER = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]")


class Missing:
    """What a path leads to that leads nowhere."""


MISSING = Missing()
LookUp = Callable[[str], object]


def fill(text: str, look_up: LookUp) -> str:
    """The text with every known variable replaced. An unknown one stays, so that its author finds it.

    Raises DomainError when it grows too long: a text that names itself twice doubles with each round.
    """
    size = len(text)

    def value(match: re.Match[str]) -> str:
        nonlocal size
        found = look_up(match[1].strip())
        said = match[0] if found is MISSING else written(found)
        size += len(said)
        if size > strict_json.LONGEST:
            raise strict_json.too_long()
        return said

    return VARIABLE.sub(value, text)


def value_of(text: str, look_up: LookUp) -> Any:
    """As `fill`, but a text that is one variable and nothing else becomes its value, be it a list."""
    match = VARIABLE.fullmatch(text.strip())
    found = look_up(match[1].strip()) if match else MISSING
    return fill(text, look_up) if found is MISSING else strict_json.checked(found)


def written(value: object) -> str:
    """A value as it stands in a text: JSON, unless it is text itself."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def follow(value: object, path: str) -> object:
    """The member that a path such as `orders[0].id` leads to, or MISSING. Text is read as JSON."""
    found = value
    for match in MEMBER.finditer(path):
        found = _member(found, match[1] if match[1] is not None else match[2])
        if found is MISSING:
            break
    return found


def _member(value: object, name: str) -> object:
    if isinstance(value, str):
        value = _as_json(value)
    if isinstance(value, Mapping):
        return value.get(name, MISSING)
    if isinstance(value, list) and name.isdecimal() and len(name) < 10 and int(name) < len(value):
        return value[int(name)]
    return MISSING


def _as_json(text: str) -> object:
    try:
        return strict_json.loads(text)
    except ValueError:
        return MISSING


def mentioned(text: str) -> set[str]:
    """The variables that a text names."""
    return {match[1].strip() for match in VARIABLE.finditer(text)}
