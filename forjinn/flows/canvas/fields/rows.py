"""Adding, taking out and moving a row of a list."""

from __future__ import annotations

import copy
from typing import Any

from forjinn.errors import Refused
from forjinn.flows.canvas import fields
from forjinn.flows.canvas.fields.base import Around, Rows, every_rows
from forjinn.flows.canvas.fields.merging import as_before, put
from forjinn.flows.canvas.fields.reading import as_list

ADD, REMOVE, UP, DOWN = "add", "remove", "up", "down"


def done(raw: dict[str, Any], around: Around, wanted: str) -> tuple[dict[str, Any], str]:
    """`wanted` is "<verb>:<list>", with ":<row>" for one that is there.

    Gives the node, and the id of what the person goes on with. Raises Refused.
    """
    verb, _, rest = wanted.partition(":")
    name, _, number = rest.partition(":")
    found = next((one for one in every_rows(fields.of(raw, around)) if one.name == name), None)
    if found is None or verb not in (ADD, REMOVE, UP, DOWN):
        raise Refused("This list is not there any more.")
    rows, focus = _added(found) if verb == ADD else _changed(found, verb, _number(found, number))
    after = put(raw, found.path, as_before(rows, found.value))
    known, now = fields.problems(raw), fields.problems(after)
    if len(now) > len(known):
        raise Refused(now[-1])
    return after, focus


def _number(rows: Rows, text: str) -> int:
    number = int(text) if text.isdecimal() and len(text) < 9 else -1
    if not 0 <= number < len(rows.rows):
        raise Refused("This row is not there any more.")
    return number


def _added(rows: Rows) -> tuple[list[Any], str]:
    values = as_list(rows.value)
    return [*values, copy.deepcopy(dict(rows.fresh))], f"{rows.id}-row-{len(rows.rows)}"


def _changed(rows: Rows, verb: str, number: int) -> tuple[list[Any], str]:
    values = list(as_list(rows.value))
    place = rows.rows[number].place
    if verb == REMOVE:
        del values[place]
        return values, f"{rows.id}-add"
    other = number + (-1 if verb == UP else 1)
    if not 0 <= other < len(rows.rows):
        raise Refused("This row cannot be moved further.")
    values[place], values[rows.rows[other].place] = values[rows.rows[other].place], values[place]
    return values, f"{rows.id}-row-{other}"
