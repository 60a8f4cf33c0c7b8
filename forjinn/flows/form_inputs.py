"""The form that a flow's Start node asks for, and what somebody filled in."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forjinn.errors import Refused
from forjinn.flows.nodes import Start
from forjinn.flows.nodes.base import objects, text_of

TYPES = ("string", "number", "boolean", "options")


@dataclass(frozen=True)
class Input:
    """`field` is its name in the page's form: `name`, which the flow reads, may hold any character."""

    field: str
    name: str
    label: str
    type: str
    options: list[str]


def of(start: Start) -> list[Input]:
    """The inputs of `formInputTypes`; one of a type that is not known is a text."""
    found = []
    for number, raw in enumerate(objects(start.inputs.get("formInputTypes"))):
        if name := text_of(raw.get("name")):
            kind = text_of(raw.get("type"))
            options = [text_of(one.get("option")) for one in objects(raw.get("addOptions"))]
            label = text_of(raw.get("label")) or name
            found.append(Input(f"form-{number}", name, label, kind if kind in TYPES else "string", options))
    return found


def read(inputs: Sequence[Input], given: Mapping[str, str]) -> dict[str, Any]:
    """What the flow is given, by the inputs' names. Raises Refused with the field at fault."""
    return {one.name: _value(one, given.get(one.field, "")) for one in inputs}


def _value(one: Input, text: str) -> Any:
    if one.type == "boolean":
        return bool(text)
    if one.type == "number":
        return _number(one, text)
    if one.type == "options" and text not in one.options:
        raise Refused(f"{one.label}: choose one of the options.", one.field)
    return text.replace("\r\n", "\n")


def _number(one: Input, text: str) -> int | float:
    try:
        number = float(text)
        if not math.isfinite(number):
            raise ValueError
        return int(text) if text.strip().lstrip("+-").isdecimal() else number
    except ValueError:
        raise Refused(f"{one.label}: enter a number.", one.field) from None
