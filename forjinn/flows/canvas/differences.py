"""The splices that make one JSON value another. Whatever is equal in both stays as it is written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from forjinn.flows.canvas import spans
from forjinn.flows.canvas.spans import Span
from forjinn.flows.canvas.splices import Splice
from forjinn.flows.canvas.writing import Style, indentation


def between(text: str, old: Span, new: Any, style: Style) -> list[Splice]:
    if old.value is new:
        return []
    if isinstance(old.value, dict) and isinstance(new, Mapping):
        return _of_objects(text, old, new, style)
    if isinstance(old.value, list) and isinstance(new, list):
        return _of_lists(text, old, new, style)
    return [] if _same(old.value, new) else [_replaced(text, old, new, style)]


def _same(one: Any, other: Any) -> bool:
    # 1, 1.0 and true are equal in Python and not in a file.
    return one is other or (type(one) is type(other) and one == other and _dump(one) == _dump(other))


def _dump(value: Any) -> str:
    return json.dumps(value)


def _replaced(text: str, old: Span, new: Any, style: Style) -> Splice:
    return Splice(old.start, text[old.start : old.end], style.written(new, indentation(text, old.start)))


def _of_objects(text: str, old: Span, new: Mapping[str, Any], style: Style) -> list[Splice]:
    if old.value.keys() == new.keys() and all(old.value[key] is value for key, value in new.items()):
        return []
    members = spans.members(text, old.start)
    # The very objects of the old value, so that what is the same one in both is not looked at.
    last = {one.key: replace(one, value=old.value[one.key]) for one in members}
    made = [
        splice for key, one in last.items() if key in new for splice in between(text, one, new[key], style)
    ]
    gone = [one.key not in new for one in members]
    kept = [one for one in members if one.key in new]
    fresh = {key: value for key, value in new.items() if key not in last}
    if fresh and not kept:
        return [_replaced(text, old, dict(new), style)]
    # What is new comes first: it stands before what is taken away behind the last one that stays.
    for key, value in fresh.items():
        made += added(text, old, key, value, style, kept)
    whole = [Span(one.key_at, one.end, None) for one in members]
    return made + (without(text, whole, gone) if any(gone) else [])


def added(
    text: str, into: Span, key: str, value: Any, style: Style, members: Sequence[Span] | None = None
) -> list[Splice]:
    """A new member after the last one of an object."""
    members = spans.members(text, into.start) if members is None else members
    name = json.dumps(key, ensure_ascii=False) + style.colon
    if not members:
        return [Splice(into.start + 1, "", name + style.written(value, indentation(text, into.start)))]
    last = members[-1]
    begin = last.key_at
    while text[begin - 1] in " \t\n\r":
        begin -= 1
    space = text[begin : last.key_at]
    if len(members) == 1 and not space:
        space = style.comma[1:]
    line = space.rpartition("\n")[2] if "\n" in space else indentation(text, last.key_at)
    return [Splice(last.end, "", f",{space}{name}{style.written(value, line)}")]


def _of_lists(text: str, old: Span, new: list[Any], style: Style) -> list[Splice]:
    found = zip(spans.items(text, old.start), old.value, strict=True)
    items = [replace(item, value=value) for item, value in found]
    if len(items) == len(new):
        pairs = zip(items, new, strict=True)
        return [splice for item, value in pairs for splice in between(text, item, value, style)]
    begin = 0
    while begin < min(len(items), len(new)) and _same(items[begin].value, new[begin]):
        begin += 1
    end = 0
    shorter = min(len(items), len(new)) - begin
    while end < shorter and _same(items[-1 - end].value, new[-1 - end]):
        end += 1
    if begin + end == len(new):
        gone = [begin <= number < len(items) - end for number in range(len(items))]
        return without(text, items, gone)
    if begin == len(items):
        if items:
            return [
                Splice(
                    items[-1].end, "", style.following(text, items, _texts(new[begin:], text, items, style))
                )
            ]
        return [_replaced(text, old, new, style)]
    return _middle(text, items, new, begin, end, style)


def _texts(values: list[Any], text: str, items: Sequence[Span], style: Style) -> list[str]:
    line = indentation(text, items[-1].start)
    return [style.written(value, line) for value in values]


def _middle(text: str, items: list[Span], new: list[Any], begin: int, end: int, style: Style) -> list[Splice]:
    """Other items between those that stay."""
    kept_from = len(items) - end
    first = items[begin].start
    line = indentation(text, first)
    between_items = f",\n{line}" if "\n" in text[items[0].end : items[-1].start] else style.comma
    written = between_items.join(style.written(value, line) for value in new[begin : len(new) - end])
    if begin == kept_from:
        return [Splice(first, "", written + between_items)]
    last = items[kept_from - 1].end
    return [Splice(first, text[first:last], written)]


def without(text: str, items: Sequence[Span], gone: Sequence[bool]) -> list[Splice]:
    """Take items out of a list or members out of an object, with their commas."""
    made, number = [], 0
    while number < len(items):
        if not gone[number]:
            number += 1
            continue
        begin = number
        while number < len(items) and gone[number]:
            number += 1
        if number < len(items):
            start, end = items[begin].start, items[number].start
        else:
            start, end = items[begin - 1].end if begin else items[0].start, items[-1].end
        made.append(Splice(start, text[start:end], ""))
    return made
