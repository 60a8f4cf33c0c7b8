"""A request's body: what must be known of it, and the few bytes of it that change on the way.

It is not written anew: numbers, order, spacing and members that we do not know reach the upstream
as the client sent them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

from forjinn.gateway.api.answers import GatewayError

SPACE = re.compile(r"[ \t\n\r]*")
DECODER = json.JSONDecoder()
# Members by which a client could choose where its request goes, or as whom; a LiteLLM proxy obeys them.
FORBIDDEN = frozenset(
    {
        "api_base",
        "api_key",
        "api_type",
        "api_version",
        "azure_ad_token",
        "azure_endpoint",
        "base_url",
        "custom_llm_provider",
        "extra_body",
        "extra_headers",
        "fallbacks",
        "headers",
        "litellm_credential_name",
        "litellm_params",
        "model_list",
        "user_config",
    }
)
LONGEST_NAME = 100
# Taken for the output of a request that names no maximum.
UNSAID_OUTPUT = 16_384
MOST_OUTPUT = 10_000_000


@dataclass(frozen=True, slots=True)
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
        return len(self.text), self._most_output() if makes_text else 0

    def _most_output(self) -> int:
        said = (self.members.get(f"max_{name}") for name in ("completion_tokens", "tokens", "output_tokens"))
        most = next(filter(None, map(_count, said)), UNSAID_OUTPUT)
        return min(most * (_count(self.members.get("n")) or 1), MOST_OUTPUT)


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def read(data: bytes) -> Body:
    """Raises GatewayError 400."""
    try:
        text = data.decode()
        members, spans = _members(text)
    except UnicodeDecodeError:
        raise _bad("The body is not UTF-8.") from None
    except (ValueError, RecursionError, IndexError):
        raise _bad("The body is not a JSON object.") from None
    for name in FORBIDDEN & members.keys():
        raise GatewayError(
            400,
            "forbidden_parameter",
            f"{name} is not accepted: the gateway chooses the upstream by the model.",
        )
    if not isinstance(members.get("model"), str) or not members["model"]:
        raise _bad("model must name the model to call.", "model_missing")
    return Body(text, members, spans)


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
            raise _bad(f"{name} stands twice in the body.")
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


def _bad(sentence: str, code: str = "invalid_request") -> GatewayError:
    return GatewayError(400, code, sentence)
