"""What a trace shows of a call: never a credential."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import unquote

MASK = "…"
SECRET = re.compile(r"(?i)authorization|auth$|cookie|token|key|secret|passw|pwd|credential|signature|^sig$")
USER = re.compile(r"(?<=//)[^/?#]*@")
PARAMETER = re.compile(r"(?<=[?&#])([^=&#]*)=([^&#]*)")
# Some servers take a semicolon for an ampersand.
FURTHER = re.compile(r"(?<=;)([^=&#;]*)=([^&#]*)")
# Shorter ones are found in any text.
SHORTEST_SECRET = 6


def is_secret(name: str) -> bool:
    """Whether what goes by this name looks like a credential."""
    return SECRET.search(name) is not None


def pairs(given: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"key": key, "value": MASK if value and is_secret(key) else value} for key, value in given]


def url(text: str) -> str:
    def parameter(match: re.Match[str]) -> str:
        return f"{match[1]}={MASK}" if match[2] and is_secret(unquote(match[1])) else match[0]

    return FURTHER.sub(parameter, PARAMETER.sub(parameter, USER.sub(f"{MASK}@", text)))


def value(given: Any) -> Any:
    """JSON, without the texts that go by a name such as `password`."""
    if isinstance(given, list):
        return [value(item) for item in given]
    if not isinstance(given, dict):
        return given
    return {
        name: MASK if isinstance(item, str) and item and is_secret(name) else value(item)
        for name, item in given.items()
    }


def secrets(*given: Sequence[tuple[str, str]]) -> list[str]:
    """The values that go by a secret's name, and what follows a scheme such as Bearer."""
    values = [value for one in given for key, value in one if is_secret(key)]
    found = {part for value in values for part in (value, value.partition(" ")[2])}
    return sorted((part for part in found if len(part) >= SHORTEST_SECRET), key=len, reverse=True)


def without(text: str, known: Iterable[str]) -> str:
    """The text, without the credentials that the other side may have repeated."""
    for secret in known:
        text = text.replace(secret, MASK)
    return text
