"""A request's body: what must be known of it, and the few bytes of it that change on the way.

It is not written anew: numbers, order, spacing and members that we do not know reach the upstream
as the client sent them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from json.decoder import scanstring  # type: ignore[attr-defined]
from types import NoneType
from typing import Any

from forjinn.gateway.api.answers import GatewayError
from forjinn.gateway.api.estimate import CHOICES, MAXIMA, input_bytes, most_output
from forjinn.gateway.api.members import forbidden, shown_name
from forjinn.gateway.usage.counts import of_bytes

SPACE = re.compile(r"[ \t\n\r]*")
DECODER = json.JSONDecoder()
LONGEST_NAME = 100
# What we read of a body. A server that takes names in any case would read another one than we did.
OURS = frozenset(
    ("model", "stream", "stream_options", "background", "messages", "input", "prompt", "metadata", "tools")
)
NUMBERS = (*MAXIMA, *CHOICES)


@dataclass(frozen=True)
class Body:
    """`members` are those of the object; `spans` where the value of each stands in `text`."""

    text: str
    members: dict[str, Any]
    spans: dict[str, tuple[int, int]]

    @property
    def model(self) -> str:
        name: str = self.members["model"]
        return name

    @property
    def streams(self) -> bool:
        return self.members.get("stream") is True

    @property
    def wants_usage(self) -> bool:
        """Whether the client asked for the usage at the end of a stream."""
        options = self.members.get("stream_options")
        return isinstance(options, dict) and options.get("include_usage") is True

    def for_upstream(self, model: str, *, asks_usage: bool) -> bytes:
        """The same with the upstream's name of the model; with `asks_usage`, also asking for the usage."""
        changes = [(*self.spans["model"], json.dumps(model))]
        if asks_usage and not self.wants_usage:
            changes.append(self._asking())
        text = self.text
        for start, end, new in sorted(changes, reverse=True):
            text = text[:start] + new + text[end:]
        return text.encode()

    def _asking(self) -> tuple[int, int, str]:
        options = self.members.get("stream_options")
        asking = (options if isinstance(options, dict) else {}) | {"include_usage": True}
        if "stream_options" in self.spans:
            return (*self.spans["stream_options"], json.dumps(asking))
        _start, end = self.spans["model"]
        return end, end, f',"stream_options":{json.dumps(asking)}'

    def most_tokens(self, *, makes_text: bool) -> tuple[int, int]:
        """The most input and output tokens that this can take: no token is shorter than a byte."""
        return self.input_bytes, most_output(self.members) if makes_text else 0

    @property
    def input_tokens(self) -> int:
        """About how many there are."""
        return of_bytes(self.input_bytes)

    @cached_property
    def input_bytes(self) -> int:
        size = len(self.text) if self.text.isascii() else len(self.text.encode())
        return input_bytes(size, self.members)


def read(data: bytes) -> Body:
    """Raises GatewayError 400."""
    try:
        text = data.decode()
        members, spans = _members(text)
    except UnicodeDecodeError:
        raise _bad("The body is not UTF-8.") from None
    except (ValueError, RecursionError, IndexError):
        raise _bad("The body is not a JSON object.") from None
    _check_case(members)
    _check_values(members)
    return Body(text, members, spans)


def _check_case(members: dict[str, Any]) -> None:
    spelled: dict[str, str] = {}
    for name in members:
        plain = name.casefold()
        if plain != name and (plain in OURS or plain in NUMBERS):
            raise forbidden(name)
        if plain in spelled:
            raise _bad(f"{shown_name(name)} stands twice in the body, in capital and small letters.", name)
        spelled[plain] = name


def _check_values(members: dict[str, Any]) -> None:
    """What servers of many kinds would each read as something else: `"2"`, `"true"`, 2.5."""
    if not isinstance(members.get("model"), str) or not members["model"]:
        raise GatewayError(400, "model_missing", "model must name the model to call.", param="model")
    if not isinstance(members.get("stream"), (bool, NoneType)):
        raise _bad("stream must be true or false.", "stream")
    if members.get("background") not in (None, False):
        # It would be made after its charge, and could not be fetched here.
        raise forbidden("background")
    for name in NUMBERS:
        if not _is_whole(members.get(name)):
            raise _bad(f"{name} must be a whole number.", name)


def _is_whole(value: object) -> bool:
    """JSON knows one kind of numbers: 2.0 is 2."""
    if isinstance(value, float):
        return value.is_integer()
    return value is None or (isinstance(value, int) and not isinstance(value, bool))


def _members(text: str) -> tuple[dict[str, Any], dict[str, tuple[int, int]]]:
    """The values of the top object, and where each stands. Raises ValueError, RecursionError, IndexError."""
    members: dict[str, Any] = {}
    spans: dict[str, tuple[int, int]] = {}
    place = _after(text, 0, "{")
    while text[place] != "}":
        if members:
            place = _after(text, place, ",")
        if text[place] != '"':
            raise ValueError("no name")
        name, place = scanstring(text, place + 1)
        place = _after(text, _skip(text, place), ":")
        if name in members:
            # Two readers of the same body may each take another one.
            raise _bad(f"{shown_name(name)} stands twice in the body.", name)
        members[name], end = DECODER.raw_decode(text, place)
        spans[name] = place, end
        place = _skip(text, end)
    if _skip(text, place + 1) != len(text):
        raise ValueError("more than one value")
    return members, spans


def _skip(text: str, place: int) -> int:
    return SPACE.match(text, place).end()  # type: ignore[union-attr]


def _after(text: str, place: int, mark: str) -> int:
    place = _skip(text, place)
    if text[place] != mark:
        raise ValueError(mark)
    return _skip(text, place + 1)


def _bad(sentence: str, param: str | None = None) -> GatewayError:
    return GatewayError(400, "invalid_request", sentence, param=param)
