"""Values that must not be read in what a flow tells: found in every form in which they may stand there."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any
from urllib.parse import quote, quote_plus

from forjinn.flows import strict_json
from forjinn.flows.masking import MASK, SHORTEST_SECRET
from forjinn.jsons import written

# JSON values whose members are looked for one by one; of more, only the whole.
MOST_MEMBERS = 1000
# Characters of a value whose forms are kept for the next call.
LONGEST_KEPT = 500


class HiddenValues:
    """Grows while a flow runs. A value counts from SHORTEST_SECRET characters on."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._values: set[str] = set()
        self._forms: list[str] | None = []
        self.add(values)

    def add(self, values: Iterable[str]) -> None:
        fresh = {value for value in values if len(value.strip()) >= SHORTEST_SECRET} - self._values
        if fresh:
            self._values |= fresh
            self._forms = None

    def __bool__(self) -> bool:
        return bool(self._values)

    @property
    def forms(self) -> list[str]:
        """The longest first: what holds another one is replaced as a whole. Made when something is told."""
        if self._forms is None:
            found = {form for value in self._values for form in _forms_of(value)}
            self._forms = sorted(found, key=len, reverse=True)
        return self._forms

    def text(self, text: str) -> str:
        """The text with each value masked."""
        for form in self.forms:
            if form in text:
                text = text.replace(form, MASK)
        return text

    def cut(self, text: str, longest: int) -> str:
        """The text masked and cut. A value that the cut would leave a part of is masked as well."""
        return self.text(text)[:longest]

    def json(self, value: Any) -> Any:
        """JSON with each value masked, in names, texts and numbers."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.json(item) for item in value]
        if isinstance(value, dict):
            return {self.json(name): self.json(item) for name, item in value.items()}
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return MASK if written(value) in self._values else value
        return value

    def begins_at(self, text: str) -> int:
        """Where a value may begin that is not whole yet, or the length of the text."""
        return min((_open(text, form) for form in self.forms), default=len(text))


class HeldBack:
    """Masks a text that comes in pieces: only what may be the beginning of a hidden value waits."""

    def __init__(self, hidden: HiddenValues) -> None:
        self._hidden = hidden
        self._waiting = ""

    def next(self, piece: str) -> str:
        """What can be told now."""
        text = self._waiting + piece
        end = self._hidden.begins_at(text)
        # A value that is whole may reach over the beginning of another one.
        for form in self._hidden.forms:
            start = text.find(form, max(0, end - len(form) + 1))
            if 0 <= start < end < start + len(form):
                end = start
        self._waiting = text[end:]
        return self._hidden.text(text[:end])

    def rest(self) -> str:
        """What was held back, when nothing more comes."""
        text, self._waiting = self._waiting, ""
        return self._hidden.text(text)


def _open(text: str, form: str) -> int:
    start = text.find(form[0], max(0, len(text) - len(form) + 1))
    while start >= 0:
        if form.startswith(text[start:]):
            return start
        start = text.find(form[0], start + 1)
    return len(text)


def _forms_of(value: str) -> tuple[str, ...]:
    return _kept_forms(value) if len(value) <= LONGEST_KEPT else tuple(_forms(value))


# Most values are the same at each call.
@lru_cache(maxsize=256)
def _kept_forms(value: str) -> tuple[str, ...]:
    return tuple(_forms(value))


def _forms(value: str) -> Iterator[str]:
    for one in {value, value.strip(), " ".join(value.split()), *_members(value)}:
        if len(one) >= SHORTEST_SECRET:
            yield one
            yield from _encoded(one)


def _encoded(value: str) -> Iterator[str]:
    """As a URL, JSON, HTML and Basic credentials would hold it."""
    for safe in ("", "/", "/:@!$&'()*+,;=~"):
        yield (percent := quote(value, safe=safe, errors="replace"))
        yield _lower(percent)
    yield quote_plus(value, errors="replace")
    for is_ascii in (True, False):
        once = json.dumps(value, ensure_ascii=is_ascii)[1:-1]
        yield once
        yield json.dumps(once, ensure_ascii=is_ascii)[1:-1]
    yield html.escape(value)
    yield from _base64(value.encode("utf-8", "replace"))


def _lower(percent: str) -> str:
    """The same with `%2f` for `%2F`."""
    first, *rest = percent.split("%")
    return "%".join([first, *(part[:2].lower() + part[2:] for part in rest)])


def _base64(value: bytes) -> Iterator[str]:
    """What stays of the value wherever it stands in a text that is encoded: before or behind a colon."""
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + value).decode().rstrip("=")
        # The first and the last characters also depend on what stands beside the value.
        first = (0, 2, 3)[shift]
        last = len(encoded) - (0 if (shift + len(value)) % 3 == 0 else 1)
        core = encoded[first:last]
        if len(core) >= SHORTEST_SECRET:
            yield core
            yield core.replace("+", "-").replace("/", "_")


def _members(value: str) -> Iterator[str]:
    """The texts and numbers of a value that is JSON: a flow can name each of them."""
    if value.lstrip()[:1] not in ("{", "["):
        return
    try:
        waiting = [strict_json.loads(value)]
    except ValueError:
        return
    seen = 0
    while waiting and seen < MOST_MEMBERS:
        one = waiting.pop()
        seen += 1
        if isinstance(one, (dict, list)):
            waiting.extend(one.values() if isinstance(one, dict) else one)
        elif isinstance(one, str):
            yield one
        elif one is not None and not isinstance(one, bool):
            yield written(one)
