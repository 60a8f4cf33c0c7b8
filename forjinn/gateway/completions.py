"""What a model is asked and what it answers, in OpenAI's format (`POST /chat/completions`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from forjinn.errors import DomainError
from forjinn.gateway.lookup import Upstream
from forjinn.gateway.models import EMBEDDED
from forjinn.gateway.refusals import refusal

# The embedded model is small and slow; without a bound it may fill its whole context.
EMBEDDED_TOKENS = 400


class ProviderError(DomainError):
    """The provider failed; the message is its own, without credentials."""


class RequestRefused(ProviderError):
    """The provider refused what it was asked, and another one would too."""


@dataclass(frozen=True, slots=True)
class Request:
    messages: list[dict[str, Any]]
    options: dict[str, Any] = field(default_factory=dict)
    # OpenAI's `tools`.
    tools: list[dict[str, Any]] = field(default_factory=list)
    # The JSON schema that the answer must have.
    schema: dict[str, Any] | None = None


@dataclass(slots=True)
class ToolCall:
    id: str
    name: str
    # JSON, as the model wrote it.
    arguments: str


@dataclass(slots=True)
class Completion:
    text: str
    # Tokens, as the provider counted them: input_tokens, output_tokens, total_tokens.
    usage: dict[str, int]
    tool_calls: list[ToolCall] = field(default_factory=list)


def body_of(upstream: Upstream, request: Request, *, stream: bool) -> dict[str, Any]:
    messages, options = request.messages, request.options
    if upstream.kind == EMBEDDED:
        messages, options = _for_embedded(messages, options)
    body = {"model": upstream.model, "messages": messages, "stream": stream} | options
    if stream:
        body["stream_options"] = {"include_usage": True}
    if request.tools:
        body["tools"] = request.tools
    if request.schema is not None:
        schema = {"name": "answer", "schema": request.schema}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    return body


def _for_embedded(
    messages: list[dict[str, Any]], options: dict[str, Any]
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    # Without a system prompt its chat template puts one about another product.
    if not any(message["role"] == "system" for message in messages):
        messages = [{"role": "system", "content": "You are a helpful assistant."}, *messages]
    return messages, {"max_tokens": EMBEDDED_TOKENS} | options


def completion_of(upstream: Upstream, answer: Any) -> Completion:
    """Raises ProviderError when the answer has not OpenAI's format."""
    try:
        message = answer["choices"][0]["message"]
        text, calls, usage = message.get("content"), message.get("tool_calls"), answer.get("usage")
    except (TypeError, KeyError, IndexError, AttributeError):
        raise not_openai(upstream) from None
    made = [_call(upstream, call) for call in calls] if isinstance(calls, list) else []
    if not isinstance(text, str) and not made:
        raise ProviderError(f"The model {upstream.name!r} answered without text.")
    return Completion(whole(text if isinstance(text, str) else ""), tokens(usage), made)


def not_openai(upstream: Upstream) -> ProviderError:
    return ProviderError(f"The model {upstream.name!r} did not answer in OpenAI's format.")


def _call(upstream: Upstream, call: Any) -> ToolCall:
    try:
        name, arguments = call["function"]["name"], call["function"].get("arguments") or "{}"
        call_id = str(call.get("id") or "")
    except (TypeError, KeyError, AttributeError):
        raise not_openai(upstream) from None
    if not isinstance(name, str):
        raise not_openai(upstream)
    # Some providers give an object where OpenAI gives its JSON.
    arguments = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return ToolCall(whole(call_id), whole(name), whole(arguments))


class Pieces:
    """A streamed completion, put together from its chunks."""

    def __init__(self, upstream: Upstream) -> None:
        self.upstream = upstream
        self.texts: list[str] = []
        self.usage: Any = None
        self.calls: dict[int, ToolCall] = {}
        self.ended = False

    def add(self, data: str) -> str:
        """One chunk's JSON; return its text. Raises ProviderError."""
        try:
            chunk = json.loads(data)
        except (ValueError, RecursionError):
            raise not_openai(self.upstream) from None
        if not isinstance(chunk, Mapping):
            raise not_openai(self.upstream)
        if chunk.get("error"):
            raise ProviderError(refusal(self.upstream, None, chunk))
        self.usage = chunk.get("usage") or self.usage
        try:
            return "".join(map(self._choice, chunk.get("choices") or []))
        except (TypeError, AttributeError, KeyError, ValueError, OverflowError):
            raise not_openai(self.upstream) from None

    def _choice(self, choice: Mapping[str, Any]) -> str:
        self.ended = self.ended or bool(choice.get("finish_reason"))
        delta = choice.get("delta") or {}
        for call in delta.get("tool_calls") or []:
            self._tool_call(call)
        text = delta.get("content")
        if not isinstance(text, str):
            return ""
        self.texts.append(text)
        return text

    def _tool_call(self, call: Mapping[str, Any]) -> None:
        # A call's name comes in its first piece, its arguments bit by bit.
        made = self.calls.setdefault(int(call.get("index") or 0), ToolCall("", "", ""))
        function = call.get("function") or {}
        made.id = made.id or str(call.get("id") or "")
        made.name += function.get("name") or ""
        made.arguments += function.get("arguments") or ""

    def completion(self) -> Completion:
        calls = [
            ToolCall(whole(call.id), whole(call.name), whole(call.arguments))
            for _index, call in sorted(self.calls.items())
        ]
        return Completion(whole("".join(self.texts)), tokens(self.usage), calls)


def whole(text: str) -> str:
    """The text without halves of characters, which an answer that was cut off may end with."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def tokens(usage: Any) -> dict[str, int]:
    def count(name: str) -> int:
        value = usage.get(name) if isinstance(usage, dict) else None
        return value if type(value) is int and 0 <= value < 1 << 53 else 0

    given, made = count("prompt_tokens"), count("completion_tokens")
    return {
        "input_tokens": given,
        "output_tokens": made,
        "total_tokens": count("total_tokens") or given + made,
    }
