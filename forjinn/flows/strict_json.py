"""JSON that comes from outside, so that all later steps can write it again: the trace, a provider, a page."""

from __future__ import annotations

import json
from functools import reduce
from typing import Any

from forjinn.errors import DomainError

# How much deeper than here a value may stand when it is written.
LEVELS = 150
LONGEST = 4 << 20


def loads(text: str) -> Any:
    """Raises ValueError, also for NaN, 1e999, half a character, and what is nested too deeply."""
    try:
        value = json.loads(text)
        json.dumps(_deeper(value), ensure_ascii=False, allow_nan=False).encode()
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return value


def checked(value: Any) -> Any:
    """A value that a variable stood for. Raises DomainError when it is too large to be passed on."""
    try:
        size = 0
        for piece in json.JSONEncoder(ensure_ascii=False).iterencode(_deeper(value)):
            size += len(piece)
            if size > LONGEST:
                raise too_long()
    except RecursionError:
        raise DomainError("a value is nested too deeply.") from None
    return value


def too_long() -> DomainError:
    return DomainError(f"a text has more than {LONGEST:,} characters when its variables are filled in.")


def _deeper(value: Any) -> Any:
    return reduce(lambda inner, _level: [inner], range(LEVELS), value)
