"""Calls to OpenAI-compatible endpoints."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import httpx2
from flask import current_app

from forjinn.errors import DomainError
from forjinn.gateway.lookup import Upstream
from forjinn.gateway.models import EMBEDDED

LONGEST_ANSWER_BYTES = 16 << 20
LONGEST_MESSAGE = 500
# The embedded model is small and slow; without a bound it may fill its whole context.
EMBEDDED_TOKENS = 400
SECRET_LIKE = re.compile(r"(?i)\b(?:bearer\s+|sk-|key-|api[-_]?key[=:]\s*)[^\s\"',]{4,}")


class ProviderError(DomainError):
    """The provider failed; the message is its own, without credentials."""


@dataclass(frozen=True, slots=True)
class Completion:
    text: str
    # Tokens, as the provider counted them: input_tokens, output_tokens, total_tokens.
    usage: dict[str, int]


def complete(upstream: Upstream, messages: list[dict[str, str]], options: dict[str, Any]) -> Completion:
    """One chat completion (OpenAI's `POST /chat/completions`). Raises ProviderError."""
    if upstream.kind == EMBEDDED:
        messages, options = _for_embedded(messages, options)
    body = {"model": upstream.model, "messages": messages, "stream": False} | options
    status, content = _post(upstream, "/chat/completions", body)
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        answer = None
    if status != 200:
        raise ProviderError(_message(upstream, status, answer))
    try:
        text = answer["choices"][0]["message"]["content"]
        usage = answer.get("usage")
    except (TypeError, KeyError, IndexError, AttributeError):
        raise ProviderError(f"The model {upstream.name!r} did not answer in OpenAI's format.") from None
    if not isinstance(text, str):
        raise ProviderError(f"The model {upstream.name!r} answered without text.")
    return Completion(_whole(text), _tokens(usage if isinstance(usage, dict) else {}))


def _post(upstream: Upstream, path: str, body: dict[str, Any]) -> tuple[int, bytes]:
    headers = {"Authorization": f"Bearer {upstream.credential}"} if upstream.credential else {}
    content = bytearray()
    try:
        with _client().stream("POST", upstream.base_url + path, json=body, headers=headers) as response:
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > LONGEST_ANSWER_BYTES:
                    raise ProviderError(f"The model {upstream.name!r} answered more than 16 MB.")
            return response.status_code, bytes(content)
    except httpx2.TimeoutException as error:
        raise ProviderError(f"The model {upstream.name!r} did not answer in time.") from _named(error)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise ProviderError(f"The model {upstream.name!r} cannot be reached.") from _named(error)


def _client() -> httpx2.Client:
    """One pool of connections for the process. Redirects are not followed: they could lead anywhere."""
    client: httpx2.Client | None = current_app.extensions.get("forjinn.providers")
    if client is None:
        config = current_app.config
        timeout = httpx2.Timeout(
            config["FORJINN_PROVIDER_SECONDS"], connect=config["FORJINN_PROVIDER_CONNECT_SECONDS"]
        )
        limits = httpx2.Limits(max_connections=256, max_keepalive_connections=64)
        client = httpx2.Client(timeout=timeout, limits=limits, follow_redirects=False)
        # Two threads may both make one; the pool that loses is empty.
        client = current_app.extensions.setdefault("forjinn.providers", client)
    return client


def _for_embedded(
    messages: list[dict[str, str]], options: dict[str, Any]
) -> tuple[list[dict[str, str]], dict[str, Any]]:
    # Without a system prompt its chat template puts one about another product.
    if not any(message["role"] == "system" for message in messages):
        messages = [{"role": "system", "content": "You are a helpful assistant."}, *messages]
    return messages, {"max_tokens": EMBEDDED_TOKENS} | options


def _message(upstream: Upstream, status: int, answer: object) -> str:
    said = answer.get("error", answer) if isinstance(answer, dict) else None
    if isinstance(said, dict):
        said = said.get("message") or said.get("detail")
    if not isinstance(said, str) or not said.strip():
        return f"The model {upstream.name!r} answered with status {status}."
    said = " ".join(said.split())
    if upstream.credential:
        said = said.replace(upstream.credential, "…")
    said = SECRET_LIKE.sub("…", said)[:LONGEST_MESSAGE]
    return f"The model {upstream.name!r} answered with status {status}: {said}"


def _whole(text: str) -> str:
    """The text without halves of characters, which an answer that was cut off may end with."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _tokens(usage: dict[str, Any]) -> dict[str, int]:
    def count(name: str) -> int:
        value = usage.get(name)
        return value if isinstance(value, int) and 0 <= value < 1 << 53 else 0

    given, made = count("prompt_tokens"), count("completion_tokens")
    return {
        "input_tokens": given,
        "output_tokens": made,
        "total_tokens": count("total_tokens") or given + made,
    }


def _named(error: Exception) -> Exception:
    """The error's kind without its request, whose headers hold the credential."""
    return RuntimeError(type(error).__name__)
