"""What the canvas's forms say."""

from __future__ import annotations

import hashlib
import json
import math

from flask import request

from forjinn.errors import Refused
from forjinn.flows.canvas import places
from forjinn.flows.canvas.editing import Editing
from forjinn.flows.canvas.operations import Move
from forjinn.flows.canvas.places import Place


def some(name: str) -> list[str]:
    """All values of a field, each once, in their order."""
    return list(dict.fromkeys(request.form.getlist(name)))


def digest() -> str:
    """Of the form and where it was sent to; the same for one that is sent again."""
    fields = [(name, request.form.getlist(name)) for name in request.form if name != "csrf_token"]
    said = json.dumps([request.full_path, sorted(fields)])
    return hashlib.sha256(said.encode()).hexdigest()


def output() -> int:
    """0 where nothing is said. Raises Refused."""
    return _number("output", "There is no such output.")


def size() -> tuple[int, int]:
    """Width and height. Raises Refused."""
    said = "An Iteration cannot have this size."
    return _number("width", said), _number("height", said)


def _number(name: str, said: str) -> int:
    text = request.form.get(name, "") or "0"
    if not (text.isdecimal() and len(text) < 6):
        raise Refused(said)
    return int(text)


def moves() -> list[Move]:
    """Raises Refused when the fields do not belong together, or a place is none."""
    form = request.form
    keys, parents = form.getlist("node"), form.getlist("parent")
    xs, ys = form.getlist("x"), form.getlist("y")
    if not len(keys) == len(xs) == len(ys) or len(parents) not in (0, len(keys)):
        raise Refused("Each node that is moved needs its place.")
    within: list[str | None] = [*parents] or [None] * len(keys)
    return [
        Move(key, (_coordinate(x), _coordinate(y)), parent)
        for key, x, y, parent in zip(keys, xs, ys, within, strict=True)
    ]


def place(editing: Editing) -> Place:
    """Where a new node is to lie: without a place right of the one that leads to it, or of all others."""
    form = request.form
    if form.get("x") or form.get("y"):
        return _coordinate(form.get("x", "")), _coordinate(form.get("y", ""))
    nodes = editing.document.nodes
    lie = {key: places.clamped(one) for key, one in places.absolute(nodes, places.parents(nodes)).items()}
    x, y = lie.get(form.get("source", "")) or max(lie.values(), default=(-places.BESIDE, 0.0))
    return x + places.BESIDE, y


def _coordinate(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not abs(found) <= places.FARTHEST:
        raise Refused("This place is not on the canvas.")
    return found
