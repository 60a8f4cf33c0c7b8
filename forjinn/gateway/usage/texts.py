"""What is kept of a call's texts: what was asked and answered as JSON, bounded, and without keys."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

# Of a request, and of its answer, each.
MOST_CHARACTERS = 64_000
# Longer strings are cut, such as images and files; shorter still where that is not enough.
LONGEST_STRINGS = (16_000, 2_000, 200)
KEY = re.compile(r"(fj(?:gw)?_)[0-9A-Za-z]{38}")
MASK = "…"


@dataclass(frozen=True, slots=True)
class Texts:
    """`asked` is the body's object, `answered` an answer's or an error's, or the bytes of a stream."""

    asked: dict[str, Any]
    answered: dict[str, Any] | bytes
    # About how many bytes it takes until it is written.
    size: int
    # Of the upstream; wherever it stands, it is taken out.
    credential: str | None = field(default=None, repr=False)


def packed(texts: Texts) -> bytes:
    """Read it with `unpacked`."""
    answered = texts.answered if isinstance(texts.answered, dict) else _told(texts.answered)
    kept = f'{{"asked":{_bounded(texts.asked, texts)},"answered":{_bounded(answered, texts)}}}'
    return zlib.compress(kept.encode("utf-8", "replace"), 1)


def unpacked(kept: bytes) -> dict[str, Any]:
    """`asked` and `answered`; None for one that was too long to be kept."""
    content: dict[str, Any] = json.loads(zlib.decompress(kept))
    return content


def _bounded(value: Any, texts: Texts) -> str:
    with suppress(RecursionError):
        for longest in LONGEST_STRINGS:
            text = json.dumps(_cut(value, longest, texts.credential), ensure_ascii=False)
            if len(text) <= MOST_CHARACTERS:
                return text
    return "null"


def _cut(value: Any, longest: int, credential: str | None) -> Any:
    if isinstance(value, str):
        return _shortened(_masked(value, credential), longest)
    if isinstance(value, list):
        return [_cut(item, longest, credential) for item in value]
    if isinstance(value, dict):
        return {
            _masked(str(name), credential): _cut(item, longest, credential) for name, item in value.items()
        }
    return value


def _masked(text: str, credential: str | None) -> str:
    """Before it is cut: of half a key nobody would know that it is one."""
    text = text.replace(credential, MASK) if credential else text
    return KEY.sub(rf"\1{MASK}", text)


def _shortened(text: str, longest: int) -> str:
    more = len(text) - longest
    return f"{text[:longest]}… ({more:,} more characters)" if more > 0 else text


def _told(stream: bytes) -> dict[str, Any]:
    """What a stream said, put together: its text and tool calls, or the newer endpoint's last word."""
    said: list[str] = []
    calls: dict[int, dict[str, str]] = {}
    for event in _events(stream):
        if isinstance(whole := event.get("response"), dict) and whole.get("output"):
            return whole
        if event.get("error"):
            return {"text": "".join(said), "error": event["error"]}
        # The newer endpoint's pieces are texts, the older ones' stand in their choices.
        if isinstance(event.get("delta"), str) and str(event.get("type")).endswith("text.delta"):
            said.append(event["delta"])
        for choice in objects(event.get("choices")):
            delta = choice["delta"] if isinstance(choice.get("delta"), dict) else choice
            said += [part for name in ("content", "text") if isinstance(part := delta.get(name), str)]
            for call in objects(delta.get("tool_calls")):
                _join(calls, call)
    return {"text": "".join(said)} | ({"tool_calls": list(calls.values())} if calls else {})


def _join(calls: dict[int, dict[str, str]], call: dict[str, Any]) -> None:
    """A call's name comes in its first piece, its arguments bit by bit."""
    index, function = call.get("index"), call.get("function")
    made = calls.setdefault(index if isinstance(index, int) else 0, {"name": "", "arguments": ""})
    for name in made:
        if isinstance(function, dict) and isinstance(function.get(name), str):
            made[name] += function[name]


def _events(stream: bytes) -> Iterator[dict[str, Any]]:
    for line in stream.splitlines():
        if line.startswith(b"data:"):
            try:
                event = json.loads(line[5:])
            except (ValueError, RecursionError):
                continue
            if isinstance(event, dict):
                yield event


def objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
