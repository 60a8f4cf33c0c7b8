"""New nodes in a draft: from the palette, and copies."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any

from forjinn.errors import Refused
from forjinn.flows.canvas import kinds, palette, places, wiring
from forjinn.flows.canvas.editing import Editing, label_of
from forjinn.flows.canvas.places import Place
from forjinn.flows.canvas.spans import Span
from forjinn.flows.nodes import Loop

# From a node to its copy.
STEP = 40.0


def add(
    editing: Editing,
    name: str,
    place: Place,
    *,
    parent: str = "",
    source: str = "",
    output: int = 0,
) -> str:
    """Add a node of the palette, after an output of `source` if that is given. Returns its key."""
    kind = palette.KINDS.get(name)
    if kind is None:
        raise Refused("There is no such node.")
    nodes = editing.document.nodes
    if name == kinds.START and any(kinds.name_of(one.value) == kinds.START for one in nodes.values()):
        raise Refused("A flow has one Start node, and this one has it.")
    node_id = _free(name, nodes)
    number = int(node_id.rpartition("_")[2])
    made = palette.fresh(kind, node_id, f"{kind.title} {number}" if number else kind.title)
    around = (0.0, 0.0)
    if parent:
        around = _around(editing, parent, name)
        made |= {"parentNode": parent, "extent": "parent"}
    made["position"] = _written((place[0] - around[0], place[1] - around[1]))
    made["positionAbsolute"] = _written(place)
    editing.make(editing.document.append("nodes", [made]))
    if source:
        wiring.connect(editing, source, output, node_id)
    editing.said = f"Added {kind.title}"
    return node_id


def _around(editing: Editing, parent: str, name: str) -> Place:
    within = editing.node(parent).value
    if kinds.name_of(within) != kinds.ITERATION:
        raise Refused("Nodes can stand in an Iteration, and in no other node.")
    if name == kinds.START:
        raise Refused("Start cannot stand in an Iteration.")
    nodes = editing.document.nodes
    return places.absolute(nodes, places.parents(nodes))[parent]


def duplicate(editing: Editing, keys: Sequence[str]) -> list[str]:
    """Copy nodes with what stands in them, and the edges between them. Returns the copies' keys."""
    document = editing.document
    for key in keys:
        if kinds.name_of(editing.node(key).value) == kinds.START:
            raise Refused("A flow has one Start node; it cannot be duplicated.")
    parents = places.parents(document.nodes)
    wanted = {one for key in keys for one in (key, *places.within(key, parents))}
    copied = [key for key in document.nodes if key in wanted]
    taken: dict[str, Any] = dict(document.nodes)
    renamed: dict[str, str] = {}
    for key in copied:
        raw = document.nodes[key].value
        renamed[key] = _free(kinds.name_of(raw) or "node", taken)
        taken[renamed[key]] = raw
    nodes = [_copy(editing, document.nodes[key], key, renamed, parents) for key in copied]
    edges = [
        document.copy(edge, _rewired(edge.value, renamed))
        for edge in document.edges.values()
        if {edge.value.get("source"), edge.value.get("target")} <= renamed.keys()
    ]
    editing.make([*document.append("nodes", nodes), *document.append("edges", edges)])
    first = label_of(document.nodes[copied[0]].value) if copied else ""
    editing.said = f"Duplicated {first if len(keys) == 1 else f'{len(keys)} nodes'}"
    return [renamed[key] for key in keys]


def _copy(editing: Editing, node: Span, key: str, renamed: dict[str, str], parents: dict[str, str]) -> str:
    raw, new = node.value, renamed[key]
    inside = parents.get(key) in renamed
    made = _back_to(_rewritten(raw, str(raw.get("id")), new), key, renamed)
    if inside:
        made["parentNode" if "parentNode" in raw else "parentId"] = renamed[parents[key]]
    for name in ("position", "positionAbsolute"):
        if isinstance(raw.get(name), dict) and not (inside and name == "position"):
            x, y = places.own({"position": raw[name]}) or (0.0, 0.0)
            made[name] = raw[name] | _written((x + STEP, y + STEP))
    return editing.document.copy(node, made)


def _rewritten(raw: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    """The node under another id, also where its parameters and anchors begin with it."""
    made = raw | {"id": new}
    if not isinstance(raw.get("data"), dict):
        return made
    data = dict(raw["data"])
    if "id" in data:
        data["id"] = new
    for name in ("inputParams", "inputAnchors", "outputAnchors"):
        if isinstance(data.get(name), list):
            data[name] = [_renamed(one, old, new) for one in data[name]]
    label = data.get("label")
    if isinstance(label, str):
        data["label"] = f"{label} ({new.rpartition('_')[2]})"
    return made | {"data": data}


def _back_to(made: dict[str, Any], key: str, renamed: dict[str, str]) -> dict[str, Any]:
    """The copy of a Loop, which goes back to the copy of its node where there is one."""
    node = kinds.made(made, key)
    target = node.target(renamed) if isinstance(node, Loop) else None
    if target is None or not isinstance(node, Loop):
        return made
    back = renamed[target] + node.back_to[len(target) :]
    return made | {"data": made["data"] | {"inputs": node.inputs | {"loopBackToNode": back}}}


def _renamed(one: Any, old: str, new: str) -> Any:
    if isinstance(one, dict) and isinstance(one.get("id"), str) and one["id"].startswith(f"{old}-"):
        return one | {"id": new + one["id"][len(old) :]}
    return one


def _rewired(edge: dict[str, Any], renamed: dict[str, str]) -> dict[str, Any]:
    """The edge between the copies. Its id is made of the ends' ids, as the format makes it."""
    made = dict(edge)
    for end, handle in (("source", "sourceHandle"), ("target", "targetHandle")):
        old, new = edge[end], renamed[edge[end]]
        made[end] = new
        at = edge.get(handle)
        if isinstance(at, str) and (at == old or at.startswith(f"{old}-")):
            made[handle] = new + at[len(old) :]
    ends = ("source", "sourceHandle", "target", "targetHandle")
    made["id"] = "-".join(str(made[name]) for name in ends if name in made)
    return made


def _free(name: str, taken: Collection[str]) -> str:
    """`<name>_<n>` with the lowest number that no node has."""
    base = re.sub(r"_\d+$", "", name)
    number = 0
    while f"{base}_{number}" in taken:
        number += 1
    return f"{base}_{number}"


def _written(place: Place) -> dict[str, Any]:
    return {"x": places.written(place[0]), "y": places.written(place[1])}
