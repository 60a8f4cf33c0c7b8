"""What can be done to a draft's nodes and edges. Raises Refused with the sentence for whoever tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forjinn.errors import Refused
from forjinn.flows.canvas import kinds, places, wiring
from forjinn.flows.canvas.editing import Editing, label_of
from forjinn.flows.canvas.places import Place

# A frame, each way.
SMALLEST = 50


@dataclass(frozen=True)
class Move:
    """`place` is on the canvas. `parent` is the Iteration to stand in, "" for none, None to stay."""

    key: str
    place: Place
    parent: str | None = None


def move(editing: Editing, moves: Sequence[Move]) -> None:
    """Lay nodes somewhere else, also into an Iteration or out of one. What stands in one goes with it."""
    nodes = editing.document.nodes
    wanted = {one.key: one for one in moves}
    for key in wanted:
        editing.node(key)
    parents = places.parents(nodes)
    for one in moves:
        _set_parent(editing, parents, one)
    lie = places.absolute(nodes, places.parents(nodes))
    at = _after(nodes, parents, wanted, lie)
    changes = []
    for key, place in at.items():
        new = _placed(nodes[key].value, place, at.get(parents.get(key, "")), lie[key])
        new = _within(new, parents.get(key), key in wanted and wanted[key].parent is not None)
        changes += editing.document.change(nodes[key], new)
    editing.make(changes)
    editing.said = f"Moved {_named(editing, list(wanted))}"


def _set_parent(editing: Editing, parents: dict[str, str], one: Move) -> None:
    if one.parent is None:
        return
    parents.pop(one.key, None)
    if not one.parent:
        return
    nodes = editing.document.nodes
    within = editing.node(one.parent).value
    if kinds.name_of(within) != kinds.ITERATION:
        raise Refused("Nodes can stand in an Iteration, and in no other node.")
    if kinds.name_of(nodes[one.key].value) == kinds.START:
        raise Refused("Start cannot stand in an Iteration.")
    if one.parent == one.key or one.key in places.above(one.parent, parents):
        raise Refused("An Iteration cannot stand in itself.")
    parents[one.key] = one.parent


def _after(
    nodes: Mapping[str, Any], parents: Mapping[str, str], wanted: Mapping[str, Move], lie: Mapping[str, Place]
) -> dict[str, Place]:
    """Where all lie on the canvas when it is done."""
    at: dict[str, Place] = {}

    def place(key: str) -> Place:
        if key not in at:
            parent = parents.get(key)
            if key in wanted:
                at[key] = wanted[key].place
            elif parent is None:
                at[key] = lie[key]
            else:
                x, y = place(parent)
                at[key] = lie[key][0] - lie[parent][0] + x, lie[key][1] - lie[parent][1] + y
        return at[key]

    for key in nodes:
        place(key)
    return at


def _placed(raw: dict[str, Any], place: Place, around: Place | None, before: Place) -> dict[str, Any]:
    """The node at this place of the canvas, in something that lies at `around`."""
    x, y = (place[0] - around[0], place[1] - around[1]) if around else place
    new = dict(raw)
    old = places.own(raw)
    if old is None and place == before:
        return raw
    if old is None or abs(old[0] - x) > 0.004 or abs(old[1] - y) > 0.004:
        kept = raw.get("position")
        new["position"] = _moved(kept if isinstance(kept, dict) else {}, old, (x, y))
    elsewhere = raw.get("positionAbsolute")
    if isinstance(elsewhere, dict) and place != before:
        new["positionAbsolute"] = _moved(elsewhere, places.own({"position": elsewhere}), place)
    return new


def _moved(position: Mapping[str, Any], old: Place | None, new: Place) -> dict[str, Any]:
    """A position of the file with other coordinates; one that is the same stays as it is written."""
    made = dict(position)
    for name, before, after in zip("xy", old or (None, None), new, strict=True):
        if before is None or abs(before - after) > 0.004:
            made[name] = places.written(after)
    return made


def _within(raw: dict[str, Any], parent: str | None, asked: bool) -> dict[str, Any]:
    if not asked or kinds.parent_of(raw) == parent:
        return raw
    if parent is None:
        return {
            name: value for name, value in raw.items() if name not in ("parentNode", "parentId", "extent")
        }
    # As later versions of the editor's library call it.
    name = "parentId" if "parentId" in raw and "parentNode" not in raw else "parentNode"
    return raw | {name: parent, "extent": "parent"}


def resize(editing: Editing, key: str, width: int, height: int) -> None:
    """Give an Iteration another frame."""
    node = editing.node(key)
    if kinds.name_of(node.value) != kinds.ITERATION:
        raise Refused("Only an Iteration has a size of its own.")
    if not (SMALLEST <= width <= places.FARTHEST and SMALLEST <= height <= places.FARTHEST):
        raise Refused("An Iteration cannot have this size.")
    size = {"width": width, "height": height}
    new = node.value | size
    if isinstance(new.get("style"), dict):
        new["style"] = new["style"] | size
    editing.said = f"Resized {label_of(node.value)}"
    editing.make(editing.document.change(node, new))


def delete(editing: Editing, node_keys: Sequence[str], edge_keys: Sequence[str] = ()) -> None:
    """Take away nodes with what stands in them and their edges, and further edges."""
    document = editing.document
    parents = places.parents(document.nodes)
    for key in node_keys:
        editing.node(key)
    for key in edge_keys:
        editing.edge(key)
    gone = {one for key in node_keys for one in (key, *places.within(key, parents))}
    ids = {document.nodes[key].value.get("id") for key in gone}
    edges = [
        edge
        for key, edge in document.edges.items()
        if key in edge_keys or {edge.value.get("source"), edge.value.get("target")} & ids
    ]
    editing.said = f"Deleted {_named(editing, list(node_keys)) if node_keys else wiring.CONNECTION}"
    removed = document.remove("nodes", [document.nodes[key] for key in gone])
    editing.make([*removed, *document.remove("edges", edges)])


def rename(editing: Editing, key: str, label: str) -> None:
    """Give a node another label."""
    set_data(editing, key, {"label": label})


def set_inputs(editing: Editing, key: str, inputs: Mapping[str, Any], *, label: str | None = None) -> None:
    """Give inputs of a node other values, and take away those that are None. Others stay as they are."""
    kept = kinds.inputs_of(editing.node(key).value)
    given = {name: value for name, value in (kept | dict(inputs)).items() if value is not None}
    set_data(editing, key, {"inputs": given} | ({} if label is None else {"label": label}))


def set_data(editing: Editing, key: str, members: Mapping[str, Any]) -> None:
    node = editing.node(key)
    new = dict(node.value) | {"data": kinds.data_of(node.value) | dict(members)}
    editing.said = f"Changed {label_of(node.value)}"
    wiring.rebranch(editing, key, new)


def _named(editing: Editing, keys: Sequence[str]) -> str:
    nodes = editing.document.nodes
    return label_of(nodes[keys[0]].value) if len(keys) == 1 else f"{len(keys)} nodes"
