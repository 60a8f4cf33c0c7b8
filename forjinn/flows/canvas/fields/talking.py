"""LLM and Agent."""

from __future__ import annotations

from collections.abc import Iterator

from forjinn.flows.canvas.fields import tools
from forjinn.flows.canvas.fields.base import Group, Item, Place, Rows
from forjinn.flows.canvas.fields.model import model, settings
from forjinn.flows.canvas.fields.texts import LINE, LONG, OBJECT, RICH
from forjinn.flows.canvas.fields.values import CLEAR, SWITCH, WHOLE, Choice, Option
from forjinn.flows.nodes.agent import EMPTY, NOT_HERE
from forjinn.flows.nodes.base import is_on

ROLES: list[Option] = [
    ("system", "System"),
    ("developer", "Developer"),
    ("user", "User"),
    ("assistant", "Assistant"),
]
MEMORIES: list[Option] = [
    ("allMessages", "All messages"),
    ("windowSize", "The last messages"),
    ("conversationSummary", "A summary of the conversation"),
    ("conversationSummaryBuffer", "The last messages and a summary of those before"),
]
RETURNS: list[Option] = [("userMessage", "User message"), ("assistantMessage", "Assistant message")]
TYPES: list[Option] = [
    ("string", "Text"),
    ("stringArray", "List of texts"),
    ("number", "Number"),
    ("boolean", "Yes or no"),
    ("enum", "One of several values"),
    ("jsonArray", "List of objects"),
]


def llm(inputs: Place) -> Iterator[Item]:
    yield model(inputs, "llm")
    yield from _prompt(inputs, "llm")
    yield from _settings(inputs, "llm")


def agent(inputs: Place) -> Iterator[Item]:
    yield model(inputs, "agent")
    yield from _prompt(inputs, "agent")
    yield tools.rows(inputs)
    for name, what in NOT_HERE.items():
        if inputs.members.get(name) not in EMPTY:
            yield inputs.field(name, f"Take out {what}", CLEAR, "Forjinn does not have them.")
    yield from _settings(inputs, "agent")


def _prompt(inputs: Place, prefix: str) -> Iterator[Item]:
    yield inputs.rows(
        f"{prefix}Messages",
        "Messages",
        "Add message",
        {"role": "user", "content": ""},
        _message,
        title="Message {}",
    )
    yield inputs.field(
        f"{prefix}UserMessage", "Input message", RICH, "Sent after the messages above.", variables=True
    )


def _settings(inputs: Place, prefix: str) -> Iterator[Item]:
    yield Group("Memory", tuple(_memory(inputs, prefix)))
    yield settings(inputs, prefix)
    yield inputs.field(
        f"{prefix}ReturnResponseAs", "Later models are told the answer as", Choice(RETURNS, "User message")
    )
    yield inputs.rows(
        f"{prefix}StructuredOutput",
        "JSON structured output",
        "Add member",
        {"key": "", "type": "string", "enumValues": "", "jsonSchema": "", "description": ""},
        _member,
        title="Member {}",
        hint="With members here the model answers with a JSON object that has them.",
    )
    yield updates(inputs, f"{prefix}UpdateState")


def _message(row: Place) -> Iterator[Item]:
    yield row.field("role", "Role", Choice(ROLES))
    yield row.field("content", "Content", RICH, variables=True)


def _memory(inputs: Place, prefix: str) -> Iterator[Item]:
    yield inputs.field(f"{prefix}EnableMemory", "Remember the conversation", SWITCH)
    if not is_on(inputs.members.get(f"{prefix}EnableMemory")):
        return
    kind = inputs.text(f"{prefix}MemoryType")
    yield inputs.field(f"{prefix}MemoryType", "What is remembered", Choice(MEMORIES, "All messages"))
    if kind == "windowSize":
        yield inputs.field(f"{prefix}MemoryWindowSize", "Exchanges to remember", WHOLE, "20 unless told.")
    if kind == "conversationSummaryBuffer":
        yield inputs.field(f"{prefix}MemoryMaxTokenLimit", "Tokens to remember", WHOLE, "2,000 unless told.")


def _member(row: Place) -> Iterator[Item]:
    yield row.field("key", "Key", LINE)
    yield row.field("type", "Type", Choice(TYPES))
    if row.text("type") == "enum":
        yield row.field("enumValues", "Values", LINE, "With commas between them.")
    if row.text("type") == "jsonArray":
        yield _schema(row)
    yield row.field("description", "Description", LINE)


def _schema(row: Place) -> Item:
    hint = 'The members of its objects, such as {"name": {"type": "string"}}.'
    kind = OBJECT if isinstance(row.members.get("jsonSchema"), dict) else LONG
    return row.field("jsonSchema", "JSON schema", kind, hint)


def updates(inputs: Place, member: str) -> Rows:
    return inputs.rows(
        member,
        "Update flow state",
        "Add update",
        {"key": "", "value": ""},
        _update,
        title="Update {}",
        hint="What $flow.state holds when this node is done. {{ output }} is what the node said.",
    )


def _update(row: Place) -> Iterator[Item]:
    yield row.field("key", "Key", LINE)
    yield row.field("value", "Value", RICH, variables=True)
