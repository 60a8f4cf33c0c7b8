"""Passes a stream on as it comes, and reads its usage on the way."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from forjinn import outgoing
from forjinn.gateway import wire
from forjinn.gateway.api import failures
from forjinn.gateway.api.calling import Begun, Gone
from forjinn.gateway.api.charge import CLIENT_LEFT, Ended
from forjinn.gateway.usage import counts

END_OF_EVENT = re.compile(rb"\r?\n\r?\n")
# Inside of a string the quotes would have backslashes, so this can only be a member.
NO_USAGE = re.compile(rb',\s*"usage"\s*:\s*null')
# How a stream says that it is whole: OpenAI's older endpoints, and the newer one's last events.
ENDED = re.compile(
    rb'(?m)^data:\s*\[DONE\]|"finish_reason"\s*:\s*"|"response\.(completed|incomplete|failed)"'
)
PIECE = re.compile(rb'"delta"\s*:|"text"\s*:\s*"')
# What was generated, wherever a provider puts it.
GENERATED = re.compile(
    rb'"(?:content|text|delta|arguments|reasoning|reasoning_content|refusal|thinking|transcript)"'
    rb'\s*:\s*"((?:[^"\\]|\\.)*)'
)
# The newer endpoint says again at the end of each part what it said in pieces.
SAID_BEFORE = re.compile(rb'"type"\s*:\s*"response\.[a-z_.]*(?<!\.delta)"')
LONGEST_EVENT = 4 << 20

# What of a stream is kept for who records texts: it holds far less text than bytes.
MOST_KEPT = 1 << 20

Settle = Callable[[counts.Tokens, Ended], None]


class Relay:
    """The stream's bytes. `settle` is told once, at its end however it comes: tokens, and how it ended.

    `hides_usage`: the client did not ask for it, but we did. `keeps`: the end tells also what was said.
    """

    def __init__(
        self,
        begun: Begun,
        *,
        hides_usage: bool,
        asked: int,
        gone: Gone,
        settle: Settle,
        keeps: bool = False,
    ) -> None:
        self._begun = begun
        self._hides_usage = hides_usage
        self._asked = asked
        self._gone = gone
        self._settle: Settle | None = settle
        self._kept = bytearray() if keeps else None
        self._rest = b""
        # As the upstream told.
        self._given: int | None = None
        self._made = 0
        # The tokens that were generated since then.
        self._uncounted = 0
        self._is_begun = self._ended = self._failed = False

    def __iter__(self) -> Iterator[bytes]:
        try:
            for chunk in self._chunks():
                yield self._pass_on(chunk)
            yield self._pass_on(b"\n\n") if self._rest.strip() else b""
            if not self._ended and not self._failed:
                raise wire.Failed("the stream has no end")
        except (wire.Failed, _TooLong):
            # Once it has said that it is whole, what happens to its connection is nobody's loss.
            if not self._ended:
                self._failed = True
                yield failures.broke_off(self._begun.upstream)
        except outgoing.Abandoned:
            return
        finally:
            self.close()

    def close(self) -> None:
        """Free the upstream, and charge what it made."""
        settle, self._settle = self._settle, None
        if settle is not None:
            self._begun.response.close()
            self._count_unread()
            settle(self._tokens(), self._end())

    def _count_unread(self) -> None:
        """What had come and was not passed on: the beginning of an event, or all that came at first."""
        unread = self._rest if self._is_begun else self._begun.first
        self._uncounted += sum(map(_generated, re.split(END_OF_EVENT, unread)))

    def _end(self) -> Ended:
        said = bytes(self._kept or b"")
        if self._failed:
            return Ended(502, "upstream_broke_off", said)
        return Ended(answered=said) if self._ended else Ended(CLIENT_LEFT, answered=said)

    def _chunks(self) -> Iterator[bytes]:
        self._is_begun = True
        yield self._begun.first
        chunks = self._begun.chunks or iter(())
        while True:
            with outgoing.patience(gone=self._gone):
                chunk = next(chunks, None)
            if chunk is None:
                return
            yield chunk

    def _pass_on(self, chunk: bytes) -> bytes:
        """The whole events of what has come so far; the beginning of the next one waits."""
        data = self._rest + chunk
        events, start = [], 0
        for end in END_OF_EVENT.finditer(data):
            events.append(self._event(data[start : end.end()]))
            start = end.end()
        self._rest = data[start:]
        if len(self._rest) > LONGEST_EVENT:
            raise _TooLong
        told = b"".join(events)
        if self._kept is not None and len(self._kept) < MOST_KEPT:
            self._kept += told
        return told

    def _event(self, event: bytes) -> bytes:
        self._uncounted += _generated(event)
        self._ended = self._ended or ENDED.search(event) is not None
        if b'"usage"' in event or b'"error"' in event:
            return self._read(event)
        return event

    def _read(self, event: bytes) -> bytes:
        content = _data(event)
        if content.get("error"):
            self._failed = True
            # In our words: a provider's may quote its credential.
            return failures.broke_off(self._begun.upstream, content)
        nested = content.get("response")
        usage = content.get("usage") or (nested.get("usage") if isinstance(nested, dict) else None)
        self._count(usage)
        if not self._hides_usage:
            return event
        return _without_usage(content) if content.get("usage") else NO_USAGE.sub(b"", event)

    def _count(self, usage: Any) -> None:
        """Some tell it once, some with each piece, and then always of all until there."""
        given, made = counts.parts(usage, self._asked)
        if given is not None:
            self._given = max(given, self._given or 0)
        if made is not None:
            self._made, self._uncounted = max(made, self._made), 0

    def _tokens(self) -> counts.Tokens:
        given = self._asked if self._given is None else self._given
        return counts.Tokens(given, self._made + self._uncounted)


def _generated(event: bytes) -> int:
    """About how many tokens an event brought: no piece is less than one."""
    if PIECE.search(event) is None or SAID_BEFORE.search(event):
        return 0
    return max(1, sum(len(text) for text in GENERATED.findall(event)) // counts.BYTES_PER_TOKEN)


def _without_usage(content: dict[str, Any]) -> bytes:
    """Nothing, when the event was for the usage alone: without a choice, or with an empty one (LiteLLM)."""
    choices = content.get("choices") or []
    if not any(_says_something(choice) for choice in choices):
        return b""
    content.pop("usage")
    return f"data: {json.dumps(content, ensure_ascii=False)}\n\n".encode()


def _says_something(choice: Any) -> bool:
    if not isinstance(choice, dict):
        return True
    delta = choice.get("delta")
    said = delta.values() if isinstance(delta, dict) else (delta,)
    return any(value is not None for value in (*said, choice.get("finish_reason"), choice.get("text")))


class _TooLong(Exception):
    """An event that has no end."""


def _data(event: bytes) -> dict[str, Any]:
    lines = (line[5:] for line in event.splitlines() if line.startswith(b"data:"))
    try:
        content = json.loads(b"\n".join(lines))
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
