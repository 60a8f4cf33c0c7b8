from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from forjinn.flows import patterns, richtext
from forjinn.flows.call import Scope
from forjinn.flows.nodes.base import Node, Outcome, Steps, is_on, objects, text_of
from forjinn.flows.variables import written

TEXT: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda one, other: other in one,
    "notContains": lambda one, other: other not in one,
    "startsWith": lambda one, other: one.startswith(other),
    "endsWith": lambda one, other: one.endswith(other),
    "equal": lambda one, other: one == other,
    "notEqual": lambda one, other: one != other,
    "regex": lambda one, other: patterns.found(other, one),
    "isEmpty": lambda one, _other: one == "",
    "notEmpty": lambda one, _other: one != "",
}
NUMBER: dict[str, Callable[[float, float], bool]] = {
    "smaller": lambda one, other: one < other,
    "smallerEqual": lambda one, other: one <= other,
    "equal": lambda one, other: one == other,
    "notEqual": lambda one, other: one != other,
    "larger": lambda one, other: one > other,
    "largerEqual": lambda one, other: one >= other,
}
EMPTY = {"isEmpty", "notEmpty"}
OPERATIONS = {
    "string": TEXT.keys(),
    "number": NUMBER.keys() | EMPTY,
    "boolean": {"equal", "notEqual"} | EMPTY,
}
# As a number: what stands at the beginning of a text counts, and nothing is 0.
LEADING_NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)")


class Condition(Node):
    """Leaves by the output of the first condition that holds, else by the one after the last."""

    name = "conditionAgentflow"
    title = "Condition"
    OVERRIDABLE = ("conditions",)

    def __init__(self, node_id: str, data: dict[str, Any]) -> None:
        super().__init__(node_id, data)
        self.conditions = [
            condition | {name: _plain(condition.get(name)) for name in ("value1", "value2")}
            for condition in objects(self.inputs.get("conditions"))
        ]

    def problems(self) -> list[str]:
        wrong = ((number, _wrong(condition)) for number, condition in enumerate(self.conditions, 1))
        return [f"{self.label}: condition {number} {what}." for number, what in wrong if what]

    def run(self, scope: Scope) -> Steps:
        yield from ()
        made = [
            condition | {name: _filled(condition[name], scope) for name in ("value1", "value2")}
            for condition in self.conditions
        ]
        chosen = next((number for number, one in enumerate(made) if holds(one)), len(made))
        told = [one | {"isFulfilled": number == chosen} for number, one in enumerate(made)]
        told.append({"type": "else", "isFulfilled": chosen == len(made)})
        return Outcome("", {"conditions": made}, {"conditions": told}, branch=chosen)


def _wrong(condition: dict[str, Any]) -> str:
    operation, kind = text_of(condition.get("operation")), _kind(condition)
    if kind not in OPERATIONS or operation not in OPERATIONS[kind]:
        return f"compares {kind!r} by {operation!r}"
    pattern = _text(condition["value2"])
    if operation == "regex" and "{{" not in pattern and patterns.wrong(pattern):
        return "is not a regular expression"
    return ""


def holds(condition: dict[str, Any]) -> bool:
    operation, kind = text_of(condition.get("operation")), _kind(condition)
    one, other = condition["value1"], condition["value2"]
    if operation in EMPTY:
        return TEXT[operation](_text(one), "")
    if kind == "number":
        return operation in NUMBER and NUMBER[operation](_number(one), _number(other))
    if kind == "boolean":
        return (is_on(one) == is_on(other)) == (operation == "equal")
    return operation in TEXT and TEXT[operation](_text(one), _text(other))


def _kind(condition: dict[str, Any]) -> str:
    return text_of(condition.get("type", "string")) or "string"


def _plain(value: object) -> object:
    return richtext.plain(value).strip() if isinstance(value, str) else value


def _filled(value: object, scope: Scope) -> object:
    return scope.fill(value) if isinstance(value, str) else value


def _text(value: object) -> str:
    return "" if value is None else written(value)


def _number(value: object) -> float:
    if isinstance(value, (int, float)):
        with suppress(OverflowError):
            return float(value)
    match = LEADING_NUMBER.match(_text(value))
    return float(match[1]) if match else 0.0
