"""JSON that comes from outside, so that all later steps can write it again: the trace, a provider, a page."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from functools import reduce
from typing import Any

from forjinn.errors import DomainError

# How much deeper than here a value may stand when it is written.
LEVELS = 150
DEEPEST = 500
# In characters, roughly: a member counts 8.
LONGEST = 4 << 20
# Half a character, or its escape; a whole one is written as two of these.
HALF = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")


def loads(text: str) -> Any:
    """Raises ValueError, also for NaN, 1e999, half a character, and what is nested too deeply."""
    try:
        value = _READ(text)
        # Most texts have too few brackets to be nested deeply at all, and most have no such escape.
        deep = text.count("[") + text.count("{") >= LEVELS
        if deep or HALF.search(text):
            _WRITE(_deeper(value) if deep else value).encode()
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return value


def _no_number(text: str) -> float:
    raise ValueError(f"{text[:20]} is not a number")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_number(text)


_READ = json.JSONDecoder(parse_constant=_no_number, parse_float=_finite).decode
_WRITE = json.JSONEncoder(ensure_ascii=False).encode


def checked(value: Any) -> Any:
    """A value that a variable stood for. Raises DomainError when it is too large to be passed on.

    Its parts may be the same objects many times over, so it is not written to measure it.
    """
    size, waiting = 0, [(value, 0)]
    while waiting:
        one, depth = waiting.pop()
        inner = one.values() if isinstance(one, Mapping) else one if isinstance(one, list) else ()
        size += 8 + (len(one) if isinstance(one, (str, Mapping)) else 0)
        if size > LONGEST:
            raise too_long()
        if depth > DEEPEST:
            raise DomainError("a value is nested too deeply.")
        waiting.extend((part, depth + 1) for part in inner)
    return value


def too_long() -> DomainError:
    return DomainError(f"a value has more than {LONGEST:,} characters when its variables are filled in.")


def _deeper(value: Any) -> Any:
    return reduce(lambda inner, _level: [inner], range(LEVELS), value)
