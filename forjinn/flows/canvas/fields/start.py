from __future__ import annotations

from collections.abc import Iterator

from forjinn.flows.canvas.fields.base import Group, Item, Place
from forjinn.flows.canvas.fields.texts import LINE, LONG, OBJECT, RICH
from forjinn.flows.canvas.fields.values import OPTIONS, SWITCH, Choice, Option

INPUTS: list[Option] = [("chatInput", "A chat"), ("formInput", "A form")]
TYPES: list[Option] = [
    ("string", "Text"),
    ("number", "Number"),
    ("boolean", "Yes or no"),
    ("options", "One of several"),
]


def start(inputs: Place) -> Iterator[Item]:
    yield inputs.field("startInputType", "Begins with", Choice(INPUTS, "A chat", "not supported"))
    if inputs.text("startInputType") == "formInput":
        yield Group("Form", tuple(_form(inputs)))
    yield inputs.field(
        "startEphemeralMemory", "Forget the conversation", SWITCH, "Each question stands for itself."
    )
    hint = "What $flow.state holds at the beginning."
    if isinstance(inputs.members.get("startState"), dict):
        yield inputs.field("startState", "Flow state", OBJECT, hint)
    else:
        fresh = {"key": "", "value": ""}
        yield inputs.rows("startState", "Flow state", "Add state", fresh, _state, title="State {}", hint=hint)
    yield inputs.field(
        "startPersistState",
        "Keep the state",
        SWITCH,
        "A conversation goes on with the state of its last run.",
    )


def _form(inputs: Place) -> Iterator[Item]:
    yield inputs.field("formTitle", "Title", LINE)
    yield inputs.field("formDescription", "Description", RICH)
    fresh = {"type": "string", "label": "", "name": "", "addOptions": ""}
    yield inputs.rows("formInputTypes", "Fields", "Add field", fresh, _field, title="Field {}")


def _field(row: Place) -> Iterator[Item]:
    yield row.field("type", "Type", Choice(TYPES, "Text"))
    yield row.field("label", "Label", LINE)
    yield row.field("name", "Name", LINE, "In texts: {{ $form.name }}")
    if row.text("type") == "options":
        yield row.field("addOptions", "Options", OPTIONS, "One a line.")


def _state(row: Place) -> Iterator[Item]:
    yield row.field("key", "Key", LINE)
    yield row.field("value", "Value", LONG, variables=True)
