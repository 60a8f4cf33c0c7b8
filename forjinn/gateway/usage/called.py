from __future__ import annotations

from dataclasses import dataclass

from forjinn.gateway.usage.texts import Texts


@dataclass(frozen=True, slots=True)
class Called:
    """One call. `key` is an id as the database gave it, `at` Unix time, `money` millionths of a dollar."""

    key: object
    model: str
    at: float
    failed: bool
    input_tokens: int
    output_tokens: int
    money: int
    address: str
    # What follows `/v1/` in the address.
    endpoint: str = "chat/completions"
    status: int = 200
    # Of the error, or empty.
    code: str = ""
    milliseconds: int = 0
    # None unless the key's configuration records them.
    texts: Texts | None = None
