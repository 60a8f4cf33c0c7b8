"""JSON as people write it with variables in it. What is filled in can never change its structure."""

from __future__ import annotations

import json
import math
from typing import Any

from forjinn.errors import DomainError
from forjinn.flows.variables import MISSING, VARIABLE, LookUp, written


def read(text: str | bytes) -> Any:
    """JSON and nothing else: no NaN, no number that is infinite. Raises ValueError."""
    try:
        return json.loads(text, parse_constant=_refused, parse_float=_finite)
    except RecursionError:
        raise ValueError("too deep") from None


def read_whole(text: str) -> Any:
    """As `read`, without halves of characters, which JSON can name and no text can hold."""
    found = read(text)
    shown = written(found)
    whole = shown.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if whole == shown:
        return found
    return whole if isinstance(found, str) else read(whole)


def checked(text: str) -> Any:
    """As `read`, for an author's text. Raises DomainError, which says where but not what."""
    try:
        return read(text)
    except json.JSONDecodeError as error:
        raise DomainError(
            f"the body is not valid JSON (line {error.lineno}, column {error.colno})."
        ) from None
    except ValueError:
        raise DomainError("the body is not valid JSON.") from None


def filled(template: str, look_up: LookUp) -> str:
    """The template with its variables filled in.

    Inside a string a value is escaped. Elsewhere it is one whole value: JSON as it is, else a string.
    """
    parts: list[str] = []
    end, inside = 0, False
    for match in VARIABLE.finditer(template):
        literal = template[end : match.start()]
        inside = _ends_inside(literal, inside)
        found = look_up(match[1].strip())
        parts += [literal, match[0] if found is MISSING else _in_string(found) if inside else _whole(found)]
        end = match.end()
    return "".join([*parts, template[end:]])


def _ends_inside(literal: str, inside: bool) -> bool:
    """Whether a string is open after this piece, if one was open before it."""
    escaped = False
    for character in literal:
        if escaped:
            escaped = False
        elif character == '"':
            inside = not inside
        else:
            escaped = inside and character == "\\"
    return inside


def _in_string(value: object) -> str:
    return json.dumps(written(value), ensure_ascii=False)[1:-1]


def _whole(value: object) -> str:
    if isinstance(value, str):
        try:
            read(value)
        except ValueError:
            return json.dumps(value, ensure_ascii=False)
    return written(value)


def _refused(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("too large")
    return number
