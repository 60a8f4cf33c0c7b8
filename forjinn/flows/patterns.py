"""Regular expressions of flows, which their authors write and their callers' texts run through."""

from __future__ import annotations

import regex

from forjinn.errors import DomainError

SECONDS = 1.0


def found(pattern: str, text: str) -> bool:
    """Whether the pattern is found in the text. Raises DomainError when that takes over a second."""
    try:
        return regex.search(pattern, text, timeout=SECONDS) is not None
    except regex.error:
        return False
    except TimeoutError:
        raise DomainError("a regular expression takes too long on this text.") from None


def wrong(pattern: str) -> bool:
    try:
        regex.compile(pattern)
    except regex.error:
        return True
    return False
