"""The edges of a draft."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from forjinn.errors import Refused
from forjinn.flows.canvas import kinds, places
from forjinn.flows.canvas.document import Document
from forjinn.flows.canvas.editing import Editing, label_of
from forjinn.flows.canvas.spans import Span
from forjinn.flows.canvas.splices import Splice
from forjinn.flows.parsing import output_of

CONNECTION = "a connection"


def connect(editing: Editing, source: str, output: int, target: str, *, instead: str | None = None) -> None:
    """Let `target` come after this output of `source`. `instead` is an edge that becomes this one."""
    document = editing.document
    one, other = editing.node(source), editing.node(target)
    old = editing.edge(instead) if instead is not None else None
    _check(document, (source, one), output, (target, other), old)
    edge = _edge(one.value, output, other.value)
    editing.said = f"Connected {label_of(one.value)} with {label_of(other.value)}"
    if old is None:
        editing.make(document.append("edges", [edge]))
        return
    kept = old.value.get("data")
    data = (kept if isinstance(kept, dict) else {}) | edge["data"]
    if "edgeLabel" not in edge["data"]:
        data.pop("edgeLabel", None)
    editing.make(document.change(old, old.value | edge | {"data": data}))


def disconnect(editing: Editing, keys: Sequence[str]) -> None:
    gone = [editing.edge(key) for key in keys]
    editing.said = f"Took away {CONNECTION if len(keys) == 1 else f'{len(keys)} connections'}"
    editing.make(editing.document.remove("edges", gone))


def _check(
    document: Document, source: tuple[str, Span], output: int, target: tuple[str, Span], old: Span | None
) -> None:
    (one_key, one), (other_key, other) = source, target
    parents = places.parents(document.nodes)
    if kinds.name_of(one.value) in kinds.NOTES or kinds.name_of(other.value) in kinds.NOTES:
        raise Refused("A note is connected with nothing.")
    if one_key == other_key:
        raise Refused("A node cannot lead to itself; a Loop node leads back.")
    if kinds.name_of(other.value) == kinds.START:
        raise Refused("Nothing can lead into Start.")
    if not 0 <= output < kinds.outputs(one.value):
        raise Refused(f"{label_of(one.value)} has no such output.")
    if parents.get(one_key) != parents.get(other_key):
        raise Refused("A connection cannot lead into or out of an Iteration.")
    edges = [edge.value for edge in document.edges.values() if old is None or edge.start != old.start]
    pair = (one.value.get("id"), other.value.get("id"))
    if any(
        (edge.get("source"), edge.get("target")) == pair and output_of(edge.get("sourceHandle")) == output
        for edge in edges
    ):
        raise Refused("These two are connected already.")
    if _leads(edges, pair[1], pair[0]):
        raise Refused("The flow would run in a circle; only a Loop node may lead back.")


def _leads(edges: Sequence[Mapping[str, Any]], begin: Any, end: Any) -> bool:
    """Whether one follows the other, near or far."""
    after: dict[Any, list[Any]] = {}
    for edge in edges:
        if isinstance(edge.get("source"), str):
            after.setdefault(edge["source"], []).append(edge.get("target"))
    seen, waiting = set(), [begin]
    while waiting:
        one = waiting.pop()
        if one == end:
            return True
        if isinstance(one, str) and one not in seen:
            seen.add(one)
            waiting += after.get(one, [])
    return False


def _edge(source: Mapping[str, Any], output: int, target: Mapping[str, Any]) -> dict[str, Any]:
    """An edge as the format's editor would write it."""
    one, other = source.get("id"), target.get("id")
    handle = kinds.handle(source, str(one), output)
    data: dict[str, Any] = {
        "sourceColor": kinds.data_of(source).get("color", ""),
        "targetColor": kinds.data_of(target).get("color", ""),
        "isHumanInput": kinds.name_of(source) == "humanInputAgentflow",
    }
    if kinds.branches(source):
        data["edgeLabel"] = str(output)
    elif data["isHumanInput"]:
        data["edgeLabel"] = "reject" if output else "proceed"
    edge = {
        "source": one,
        "sourceHandle": handle,
        "target": other,
        "targetHandle": other,
        "data": data,
        "type": "agentFlow",
        "id": f"{one}-{handle}-{other}-{other}",
    }
    # The format draws the edges inside an Iteration above its frame.
    return edge | {"zIndex": 9999} if kinds.parent_of(source) else edge


def rebranch(editing: Editing, key: str, new: dict[str, Any]) -> None:
    """Change a node, and let its edges leave by the outputs that their rows have afterwards."""
    document, node = editing.document, editing.document.nodes[key]
    if not kinds.branches(new) or kinds.rows_of(node.value) == kinds.rows_of(new):
        editing.make(document.change(node, new))
        return
    moved = _outputs_after(node.value, new)
    new = _anchored(new)
    made = document.change(node, new)
    for edge in document.edges.values():
        if edge.value.get("source") == node.value.get("id"):
            made += _leaving_by(document, edge, moved, new)
    editing.make(made)


def _outputs_after(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[int, int]:
    """Each output's number afterwards. A row that is gone gets a number that none has: its edge is broken."""
    before = [json.dumps(row, sort_keys=True) for row in kinds.rows_of(old)]
    after = [json.dumps(row, sort_keys=True) for row in kinds.rows_of(new)]
    moved: dict[int, int] = {}
    free = set(range(len(after)))
    for number, row in enumerate(before):
        same = [one for one in sorted(free) if after[one] == row]
        if same:
            moved[number] = number if number in same else same[0]
            free.discard(moved[number])
    # A row that was changed where it stands is the same row.
    for number in range(len(before)):
        if number not in moved and number in free and len(before) == len(after):
            moved[number] = number
            free.discard(number)
    beyond = kinds.outputs(new)
    if kinds.outputs(old) > len(before):
        moved[len(before)] = len(after)
    for number in range(kinds.outputs(old)):
        if number not in moved:
            moved[number], beyond = beyond, beyond + 1
    return moved


def _anchored(new: dict[str, Any]) -> dict[str, Any]:
    """The node with as many anchors as it has outputs now, where the file names anchors at all."""
    data = kinds.data_of(new)
    anchors, count = data.get("outputAnchors"), kinds.outputs(new)
    if not isinstance(anchors, list) or len(anchors) == count:
        return new
    return new | {"data": data | {"outputAnchors": kinds.anchors(new)}}


def _leaving_by(
    document: Document, edge: Span, moved: Mapping[int, int], new: Mapping[str, Any]
) -> list[Splice]:
    output = output_of(edge.value.get("sourceHandle"))
    after = moved.get(output, output)
    if after == output:
        return []
    handle = f"{new.get('id')}-output-{after}"
    value = edge.value | {"sourceHandle": handle}
    before = str(edge.value.get("sourceHandle"))
    if isinstance(edge.value.get("id"), str):
        value["id"] = edge.value["id"].replace(before, handle, 1)
    data = edge.value.get("data")
    if isinstance(data, dict) and data.get("edgeLabel") == str(output):
        value["data"] = data | {"edgeLabel": str(after)}
    return document.change(edge, value)
