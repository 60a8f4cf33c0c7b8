"""Regular expressions of flows, which their authors write and their callers' texts run through."""

from __future__ import annotations

import math

import regex

from forjinn import patience
from forjinn.errors import DomainError

SECONDS = 1.0
LONGEST = 10_000
# A repeat within a repeat is compiled to their product, and a few characters can ask for gigabytes.
MOST_REPEATS = 100_000
REPEAT = regex.compile(r"\{\s*(\d*)\s*(?:,\s*(\d*)\s*)?\}")
# Has no bound: it takes all memory within a second.
RECURSION = regex.compile(r"\(\?(?:R|[+-]?\d+|&|P>)")


def found(pattern: str, text: str) -> bool:
    """Whether the pattern is found in the text. Raises DomainError when that takes over a second."""
    # A node may try thousands of them, each almost for a second.
    patience.check()
    if wrong(pattern):
        return False
    try:
        return regex.search(pattern, text, timeout=SECONDS) is not None
    except TimeoutError:
        raise DomainError("a regular expression takes too long on this text.") from None
    except (MemoryError, RecursionError):
        raise DomainError("a regular expression needs too much memory on this text.") from None


def wrong(pattern: str) -> bool:
    """Whether it is no regular expression, or one that is too large to be tried."""
    if len(pattern) > LONGEST or RECURSION.search(pattern) or _repeats(pattern) > MOST_REPEATS:
        return True
    try:
        regex.compile(pattern)
    except (regex.error, RecursionError, OverflowError, ValueError):
        return True
    return False


def _repeats(pattern: str) -> float:
    counts = [[int(count[:9]) for count in match.groups() if count] for match in REPEAT.finditer(pattern)]
    return math.prod(max(1, *numbers) for numbers in counts if numbers)
