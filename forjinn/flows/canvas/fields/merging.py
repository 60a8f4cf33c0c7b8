"""What a form that was sent changes in its node: the fields that somebody changed, and nothing else."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from forjinn.flows.canvas import fields
from forjinn.flows.canvas.fields.base import Around, Field, Path, every
from forjinn.flows.canvas.fields.reading import as_list, as_sent, digest

CHANGED_ELSEWHERE = "This was changed in the meantime. It said: “{}”"
LONGEST_SHOWN = 200
# What these say decides which fields there are; others may be taken one after the other.
DECIDING = ("choice", "switch", "clear")
# Of more changes at once, none is looked for that brought a problem: each takes a look at the whole node.
MOST_BLAMED = 50


@dataclass
class Sent:
    """`shown` holds a digest of what each field said when the form was shown."""

    texts: Mapping[str, str]
    shown: Mapping[str, str] = field(default_factory=dict)

    def text(self, one: Field) -> str | None:
        """None for what was not sent. A switch that is off is not sent, though it was shown."""
        if one.look in ("switch", "clear"):
            return "on" if one.name in self.texts else "" if one.name in self.shown else None
        text = self.texts.get(one.name)
        return None if text is None else as_sent(text)

    def changes(self, one: Field) -> bool:
        """Whether somebody changed it, and it does not say so already."""
        text = self.text(one)
        if text is None or digest(text) == self.shown.get(one.name, digest(one.shown)):
            return False
        return text != one.shown

    def is_old(self, one: Field) -> bool:
        """Whether it said something else when the form was shown."""
        now = digest(one.shown)
        return self.shown.get(one.name, now) != now


@dataclass
class Merged:
    """`raw` is the node with the changes, `errors` what is wrong with fields, `problems` with the node."""

    raw: dict[str, Any]
    changed: dict[str, tuple[Field, Any]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def refused(self) -> bool:
        return bool(self.errors or self.problems)


def merge(raw: dict[str, Any], around: Around, sent: Sent) -> Merged:
    """Take what was sent into the node. Line ends become those of the format."""
    merged = Merged(raw)
    seen: set[str] = set()
    while _take_some(merged, around, seen, sent):
        pass
    if not merged.errors:
        _blame(merged, raw)
    return merged


def _take_some(merged: Merged, around: Around, seen: set[str], sent: Sent) -> bool:
    """Take the changes up to one that may bring other fields, or other choices; False when none did."""
    for one in every(fields.of(merged.raw, around)):
        if one.name not in seen:
            seen.add(one.name)
            if sent.changes(one):
                _take(merged, one, sent)
                if one.kind.look in DECIDING:
                    return True
    return False


def _take(merged: Merged, one: Field, sent: Sent) -> None:
    if sent.is_old(one):
        merged.errors[one.name] = CHANGED_ELSEWHERE.format(one.shown[:LONGEST_SHOWN])
        return
    try:
        value = one.stored(sent.text(one) or "")
    except ValueError as error:
        merged.errors[one.name] = str(error)
        return
    merged.changed[one.name] = (one, value)
    merged.raw = _with(merged.raw, one, value)


def _with(raw: dict[str, Any], one: Field, value: Any) -> dict[str, Any]:
    for path in (one.path, *one.also):
        raw = put(raw, path, value)
    return raw


def _blame(merged: Merged, before: dict[str, Any]) -> None:
    """Find what the changes made worse, by the import's own checks, and which of them did."""
    known = fields.problems(before)
    made_worse = worse(known, fields.problems(merged.raw))
    if not made_worse:
        return
    blamed = merged.changed if len(merged.changed) <= MOST_BLAMED else {}
    brings = {
        name: worse(known, fields.problems(_with(before, one, value)))
        for name, (one, value) in blamed.items()
    }
    for sentence in made_worse:
        # A change that is wrong only together with another is the last one's.
        name = next((name for name, brought in brings.items() if sentence in brought), None)
        name = name or (next(iter(blamed), None) if len(blamed) == 1 else None)
        if name is None:
            merged.problems.append(sentence)
        else:
            merged.errors[name] = " ".join(filter(None, (merged.errors.get(name), sentence)))


def worse(before: Iterable[str], after: Iterable[str]) -> list[str]:
    """The problems that were not there before."""
    return list((Counter(after) - Counter(before)).elements())


def put(value: Any, path: Path, new: Any) -> Any:
    """The value with another one at this path. What is in the way and can hold no member makes room."""
    if not path:
        return new
    head, rest = path[0], path[1:]
    if isinstance(head, str):
        members = value if isinstance(value, dict) else {}
        return members | {head: put(members.get(head), rest, new)}
    rows = list(as_list(value))
    rows[head] = put(rows[head], rest, new)
    return as_before(rows, value)


def as_before(rows: list[Any], before: Any) -> Any:
    """A list as the file keeps it: some versions of the editor write it as JSON text."""
    if not (isinstance(before, str) and before.strip()):
        return rows
    compact = '": ' not in before
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":") if compact else None)
