"""The texts of a request as a person reads them: who said what, and the rest as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from forjinn.gateway.usage.texts import objects, unpacked

# Members of a body that hold what was said, beside `messages`.
SAID = ("instructions", "prompt", "input")


@dataclass(frozen=True)
class Turn:
    role: str
    text: str


@dataclass(frozen=True)
class Read:
    """`asked` and `answered` in turns; `settings` are the other members of the body, as JSON."""

    asked: list[Turn]
    settings: str
    answered: list[Turn]


def read(kept: bytes) -> Read:
    content = unpacked(kept)
    asked, answered = content["asked"], content["answered"]
    if not isinstance(asked, dict):
        return Read([], "", _answer(answered))
    rest = {name: value for name, value in asked.items() if name not in (*SAID, "messages")}
    return Read(list(_asked(asked)), _json(rest), _answer(answered))


def _asked(asked: dict[str, Any]) -> Iterator[Turn]:
    for name in SAID:
        if isinstance(asked.get(name), list) and all(isinstance(one, dict) for one in asked[name]):
            yield from map(_turn, asked[name])
        elif name in asked:
            yield Turn(name, _text(asked[name]))
    messages = asked.get("messages")
    for message in messages if isinstance(messages, list) else ():
        yield _turn(message)


def _turn(message: Any) -> Turn:
    if not isinstance(message, dict):
        return Turn("", _text(message))
    calls = message.get("tool_calls")
    said = [_text(message["content"])] if message.get("content") else []
    said += [_json(calls)] if calls else []
    return Turn(str(message.get("role") or message.get("type") or ""), "\n".join(said) or _json(message))


def _answer(answered: Any) -> list[Turn]:
    """Of an answer, a stream that was put together, or an error."""
    if not isinstance(answered, dict):
        return []
    turns = [Turn("assistant", _text(answered["text"]))] if answered.get("text") else []
    turns += map(_choice, objects(answered.get("choices")))
    turns += map(_turn, objects(answered.get("output")))
    if answered.get("tool_calls"):
        turns.append(Turn("tool calls", _json(answered["tool_calls"])))
    if answered.get("error"):
        turns.append(Turn("error", _text(answered["error"])))
    return turns or [Turn("", _json(answered))]


def _choice(choice: dict[str, Any]) -> Turn:
    """The older completions have a text where the newer have a message."""
    return _turn(choice.get("message") or {"role": "assistant", "content": choice.get("text")})


def _text(value: Any) -> str:
    """A text, or the texts of parts; anything else as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and isinstance(said := value.get("text") or value.get("message"), str):
        return said
    if isinstance(value, list) and value and all(isinstance(part, (str, dict)) for part in value):
        return "\n".join(map(_text, value))
    return _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
