"""A flow's file without its credentials: what a Viewer's screen shows of it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from forjinn.errors import DomainError
from forjinn.flows import masking, parsing, richtext
from forjinn.flows.canvas import fields, kinds
from forjinn.flows.canvas.fields.base import Around, Field, Path, every
from forjinn.jsons import written

# Members of a node or an edge, and of a node's data that say what it is; others are the editor's, or unknown.
DRAWN = ("id", "type", "source", "target", "sourceHandle", "targetHandle", "parentNode")
ABOUT = ("id", "label", "name", "type", "version", "category", "color", "hideInput", "hideOutput")


def masked_flow(text: str) -> str:
    """JSON of the same shape. What no form of ours shows is hidden whole."""
    try:
        nodes, edges = parsing.read(text)
    except DomainError:
        return written({"nodes": [], "edges": []})
    return written({"nodes": [_node(node) for node in nodes], "edges": [_drawn(edge) for edge in edges]})


def _node(raw: Mapping[str, Any]) -> dict[str, Any]:
    data = kinds.data_of(raw)
    shown = {name: _prose(value) for name, value in data.items() if name in ABOUT}
    inputs = data.get("inputs")
    if isinstance(inputs, dict):
        shown["inputs"] = masking.whole(copy.deepcopy(inputs))
    node = _drawn({name: value for name, value in raw.items() if name != "data"}) | {"data": shown}
    for field in every(fields.of(raw, Around())):
        if field.path[:2] == ("data", "inputs"):
            _put(node, field, raw)
    return node


def _drawn(raw: Mapping[str, Any]) -> dict[str, Any]:
    """What says where a node or an edge stands; ids look like anything."""
    return {name: value if name in DRAWN else masking.value(value) for name, value in raw.items()}


def _put(node: dict[str, Any], field: Field, raw: Mapping[str, Any]) -> None:
    """What a form shows of the value, in its place: as it is in the file where nothing of it is masked."""
    value = _at(raw, field.path)
    if value is None or (not field.shown and isinstance(value, (str, list, dict))):
        # The form does not show what it is either.
        return
    place = _at(node, field.path[:-1])
    last = field.path[-1]
    if isinstance(place, dict) and last in place:
        hidden = field.masked(field.shown)
        place[last] = _plain(value) if hidden == field.shown else hidden


def _at(value: Any, path: Path) -> Any:
    for part in path:
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            return None
    return value


def _plain(value: Any) -> Any:
    return _prose(value) if isinstance(value, str) else masking.value(value)


def _prose(value: Any) -> Any:
    """A text without the credentials of addresses in it; the editor's HTML stays where there are none."""
    if not isinstance(value, str):
        return masking.value(value)
    plain = richtext.plain(value)
    is_json = plain.lstrip()[:1] in ("{", "[")
    masked = masking.value(plain) if is_json else masking.prose(plain)
    return value if masked == plain else masked
