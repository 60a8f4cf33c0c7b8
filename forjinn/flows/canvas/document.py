"""A flow's text. It is changed by splices, so that all the rest of it stays byte for byte."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from forjinn.flows.canvas import differences, spans
from forjinn.flows.canvas.spans import Known, Span
from forjinn.flows.canvas.splices import Splice, applied, ordered
from forjinn.flows.canvas.writing import Style

LISTS = ("nodes", "edges")


class Document:
    """The nodes and edges of a text that `parsing.read` takes, by the keys that the canvas gives them."""

    def __init__(self, text: str, known: Known | None = None) -> None:
        self.text = text
        self.style = Style.of(text)
        self._members, self._lists = spans.outline(text, LISTS, known or {})
        self.nodes = _by_key(self._items("nodes"), _node_key)
        self.edges = _by_key(self._items("edges"), _edge_key)

    def _items(self, name: str) -> list[Span]:
        return self._lists.get(name, [])

    def spliced(self, splices: Sequence[Splice]) -> Document:
        """The document after this change. Only the elements that it touches are read again."""
        return Document(applied(self.text, splices), self._untouched(splices))

    def _untouched(self, splices: Sequence[Splice]) -> dict[int, tuple[int, Any]]:
        """What stands between the splices, by where it begins after them."""
        known: dict[int, tuple[int, Any]] = {}
        items = sorted((one for name in LISTS for one in self._items(name)), key=lambda one: one.start)
        number = shift = 0
        for item in items:
            while number < len(splices) and splices[number].at + len(splices[number].removed) <= item.start:
                shift += len(splices[number].inserted) - len(splices[number].removed)
                number += 1
            if number == len(splices) or splices[number].at >= item.end:
                known[item.start + shift] = item.end + shift, item.value
        return known

    def raw(self, element: Span) -> str:
        return self.text[element.start : element.end]

    def change(self, element: Span, value: Mapping[str, Any]) -> list[Splice]:
        """Make an element this value. What is equal in it is left as it is written."""
        return differences.between(self.text, element, value, self.style)

    def copy(self, element: Span, value: Mapping[str, Any]) -> str:
        """The text of a changed copy of an element, written as that one is."""
        moved = [one._replace(at=one.at - element.start) for one in ordered(self.change(element, value))]
        return applied(self.raw(element), moved)

    def append(self, name: str, values: Sequence[Mapping[str, Any] | str]) -> list[Splice]:
        """Put elements at the end of a list; those that are text are written as they are."""
        if not values:
            return []
        items = self._items(name)
        if items:
            return [Splice(items[-1].end, "", self.style.following(self.text, items, values))]
        member = self._members.get(name)
        if member is not None and isinstance(member.value, list):
            written = self.style.filled(self.text, member.start, values)
            return [Splice(member.start, self.text[member.start : member.end], written)]
        top = Span(spans.after_space(self.text, 0), len(self.text), {})
        return differences.added(self.text, top, name, list(values), self.style)

    def remove(self, name: str, gone: Iterable[Span]) -> list[Splice]:
        """Take elements out of a list, each with its comma and the white space before the next."""
        starts = {one.start for one in gone}
        items = self._items(name)
        return differences.without(self.text, items, [one.start in starts for one in items])


def _by_key(items: list[Span], key_of: Any) -> dict[str, Span]:
    """By what the file says; of elements that it calls the same, the later ones get a number."""
    found: dict[str, Span] = {}
    # The last number of each: to begin anew would take days for a file of edges that say nothing.
    numbers: dict[str, int] = {}
    for item in items:
        key = base = key_of(item.value)
        number = numbers.get(base, 1)
        while key in found:
            number += 1
            key = f"{base}~{number}"
        numbers[base] = number
        found[key] = item
    return found


def _node_key(value: Mapping[str, Any]) -> str:
    node_id = value.get("id")
    return node_id if isinstance(node_id, str) and node_id else "~"


def _edge_key(value: Mapping[str, Any]) -> str:
    edge_id = value.get("id")
    if isinstance(edge_id, str) and edge_id:
        return edge_id
    return "-".join(str(value.get(name)) for name in ("source", "sourceHandle", "target"))
