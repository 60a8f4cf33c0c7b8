"""Condition and Condition Agent."""

from __future__ import annotations

from collections.abc import Iterator

from forjinn.flows.canvas.fields.base import Item, Place
from forjinn.flows.canvas.fields.model import model, settings
from forjinn.flows.canvas.fields.texts import RICH, VALUE
from forjinn.flows.canvas.fields.values import SWITCH, Choice, Option
from forjinn.flows.nodes.base import is_on
from forjinn.flows.nodes.condition import EMPTY, OPERATIONS

KINDS: list[Option] = [("string", "Text"), ("number", "Number"), ("boolean", "Yes or no")]
WORDS: list[Option] = [
    ("contains", "contains"),
    ("notContains", "does not contain"),
    ("startsWith", "starts with"),
    ("endsWith", "ends with"),
    ("equal", "is equal to"),
    ("notEqual", "is not equal to"),
    ("smaller", "is smaller than"),
    ("smallerEqual", "is smaller than or equal to"),
    ("larger", "is larger than"),
    ("largerEqual", "is larger than or equal to"),
    ("regex", "matches the regular expression"),
    ("isEmpty", "is empty"),
    ("notEmpty", "is not empty"),
]


def condition(inputs: Place) -> Iterator[Item]:
    yield inputs.rows(
        "conditions",
        "Conditions",
        "Add condition",
        {"type": "string", "value1": "", "operation": "equal", "value2": ""},
        _condition,
        title="Condition {}",
        hint="The flow leaves by the first one that holds, else by Else.",
    )


def _condition(row: Place) -> Iterator[Item]:
    kind = row.text("type") or "string"
    possible = OPERATIONS.get(kind, ())
    yield row.field("type", "Compare as", Choice(KINDS, "Text"))
    yield row.field("value1", "Value", VALUE, variables=True)
    operations = Choice([one for one in WORDS if one[0] in possible], otherwise="not for this kind of value")
    yield row.field("operation", "Operation", operations)
    if row.text("operation") not in EMPTY:
        yield row.field("value2", "Compared with", VALUE, variables=True)


def condition_agent(inputs: Place) -> Iterator[Item]:
    yield model(inputs, "conditionAgent")
    yield inputs.field("conditionAgentInstructions", "Instructions", RICH, variables=True)
    yield inputs.field("conditionAgentInput", "Input", RICH, "Empty: the question.", variables=True)
    yield inputs.rows(
        "conditionAgentScenarios",
        "Scenarios",
        "Add scenario",
        {"scenario": ""},
        lambda row: [row.field("scenario", "Scenario", RICH)],
        title="Scenario {}",
        hint="The model chooses one of them; each has an output of its own.",
    )
    yield inputs.field("conditionAgentOverrideSystemPrompt", "Use a system prompt of its own", SWITCH)
    if is_on(inputs.members.get("conditionAgentOverrideSystemPrompt")):
        hint = "Empty: Forjinn's own, which asks for JSON with the scenario as its output."
        yield inputs.field("conditionAgentSystemPrompt", "System prompt", RICH, hint, variables=True)
    yield settings(inputs, "conditionAgent")
