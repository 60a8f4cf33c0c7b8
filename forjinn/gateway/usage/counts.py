"""How many tokens a call took: as the upstream counted them, or estimated where it did not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

MOST = 1 << 53
BYTES_PER_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Tokens:
    input: int = 0
    output: int = 0


def told(usage: Any) -> Tokens | None:
    """Of OpenAI's `usage` object, in either of its spellings; None when there is none."""
    if not isinstance(usage, dict):
        return None
    given = _count(usage, "prompt_tokens", "input_tokens")
    made = _count(usage, "completion_tokens", "output_tokens")
    return Tokens(given, made) if given or made else None


def estimated(request_bytes: int, pieces: int) -> Tokens:
    """Of an answer that was cut off after so many pieces. Nothing was made, nothing is charged."""
    return Tokens(request_bytes // BYTES_PER_TOKEN, pieces) if pieces else Tokens()


def _count(usage: dict[str, Any], *names: str) -> int:
    values = (usage.get(name) for name in names)
    return next((value for value in values if type(value) is int and 0 <= value < MOST), 0)
