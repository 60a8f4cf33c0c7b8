"""How many tokens a call took: as the upstream counted them, or estimated where it did not."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, TypeGuard

from forjinn.bounds import bound

# More in one call is no count.
MOST = bound("Tokens that an upstream may say a call took", 100_000_000, "tokens")
BYTES_PER_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Tokens:
    input: int = 0
    output: int = 0

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(self.input + other.input, self.output + other.output)

    @property
    def total(self) -> int:
        return self.input + self.output


def of_bytes(size: int) -> int:
    """A token for four bytes, and one for less."""
    return max(1, size // BYTES_PER_TOKEN) if size else 0


def told(usage: Any, estimated: Tokens) -> Tokens | None:
    """Of a whole answer's `usage`, what it leaves out as `estimated`; None when it says nothing."""
    given, made = parts(usage, estimated.input)
    if given is None and made is None:
        return None
    return Tokens(
        estimated.input if given is None else given,
        estimated.output if made is None else made,
    )


def parts(usage: Any, asked: int) -> tuple[int | None, int | None]:
    """Input and output tokens of OpenAI's `usage` object, in either of its spellings; None for one not told.

    The total counts: what it has beyond the two parts, such as reasoning that some providers do not count as
    completion, is output. Of a total alone, `asked` is the input.
    """
    if not isinstance(usage, dict):
        return None, None
    given, made = _count(usage, "prompt_tokens", "input_tokens"), _made(usage)
    total = _count(usage, "total_tokens") or 0
    if given is None and total:
        given = max(0, total - made) if made is not None else min(asked, total)
    if given is not None and total > given + (made or 0):
        made = total - given
    # All zero is said by those who do not count.
    return (given, made) if given or made else (None, None)


def _made(usage: dict[str, Any]) -> int | None:
    made = _count(usage, "completion_tokens", "output_tokens")
    details = usage.get("completion_tokens_details") or usage.get("output_tokens_details")
    reasoning = _count(details, "reasoning_tokens") if isinstance(details, dict) else None
    # More of it than of all that was made: then it was not counted there.
    return (made or 0) + reasoning if reasoning and reasoning > (made or 0) else made


def _count(usage: dict[str, Any], *names: str) -> int | None:
    """The largest under these names; None when there is no such count."""
    values = [usage.get(name) for name in names]
    return max((math.ceil(value) for value in values if _is_count(value)), default=None)


def _is_count(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= MOST
