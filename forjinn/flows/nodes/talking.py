"""The messages that an LLM or Agent node sends: its own, and what was said before."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from forjinn.flows import richtext
from forjinn.flows.call import Message, Scope, conversation
from forjinn.flows.events import Event
from forjinn.flows.nodes.base import objects, text_of
from forjinn.flows.nodes.model import ModelNode
from forjinn.flows.nodes.state import Updates
from forjinn.flows.variables import mentioned
from forjinn.gateway.completions import Request

# Messages, and the tokens that it took to make them.
Told = tuple[list[Message], dict[str, int]]
ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
WINDOW = 20
TOKENS = 2000
# Rounded down for most languages, so that a summary is rather made too early.
CHARACTERS_OF_A_TOKEN = 3
SUMMARIZE = (
    "Summarize the conversation below in a few sentences, in its own language. Keep names, numbers, "
    "decisions and open questions. Write the summary alone.\n\n"
)


class Talking(ModelNode):
    """Reads `<prefix>Messages`, `<prefix>UserMessage` and the memory's inputs."""

    def __init__(self, node_id: str, data: dict[str, Any]) -> None:
        super().__init__(node_id, data)
        self.messages = [
            (ROLES.get(text_of(one.get("role")), ""), richtext.plain(text_of(one.get("content"))))
            for one in objects(self.input("Messages"))
        ]
        self.user_message = richtext.plain(text_of(self.input("UserMessage")))
        self.updates = Updates(self.input("UpdateState"))
        self.as_assistant = text_of(self.input("ReturnResponseAs")) == "assistantMessage"

    def problems(self) -> list[str]:
        found = super().problems()
        if any(not role for role, _content in self.messages):
            found.append(f"{self.label}: a message has a role other than {', '.join(ROLES)}.")
        return found

    def composed(self, scope: Scope) -> Generator[Event, None, Told]:
        """System messages, the caller's history, what was said before, its own messages, the question.

        Beside them the tokens that a summary has cost.
        """
        own = [
            {"role": role, "content": scope.fill(content)}
            for role, content in self.messages
            if content or role != "system"
        ]
        system = [message for message in own if message["role"] == "system"]
        rest = [message for message in own if message["role"] != "system"]
        if self.user_message:
            rest.append({"role": "user", "content": scope.fill(self.user_message)})
        before, usage = (yield from self._remembered(scope)) if self.remembers() else ([], {})
        first = not scope.said
        if self._needs_question(first, rest):
            place = 0 if self.remembers() else len(rest)
            rest.insert(place, {"role": "user", "content": scope.call.asked})
        return [*system, *(scope.call.history if first else ()), *before, *rest], usage

    def _needs_question(self, first: bool, rest: list[Message]) -> bool:
        """Whether the question would otherwise not be told."""
        if self.remembers() and first:
            told = [content for role, content in self.messages if role == "user"]
            return not any("question" in mentioned(text) for text in (*told, self.user_message))
        asked_before = self.remembers() and not first
        return not asked_before and not any(message["role"] == "user" for message in rest)

    def _remembered(self, scope: Scope) -> Generator[Event, None, Told]:
        messages = [*scope.call.past, *scope.said]
        kind = text_of(self.input("MemoryType"))
        if kind == "windowSize":
            return messages[-2 * _number(self.input("MemoryWindowSize"), WINDOW) :], {}
        if kind == "conversationSummary":
            return (yield from self._summary(scope, messages))
        if kind == "conversationSummaryBuffer":
            most = _number(self.input("MemoryMaxTokenLimit"), TOKENS) * CHARACTERS_OF_A_TOKEN
            kept = _fitting(messages, most)
            summary, usage = yield from self._summary(scope, messages[: len(messages) - len(kept)])
            return [*summary, *kept], usage
        return messages, {}

    def _summary(self, scope: Scope, messages: list[Message]) -> Generator[Event, None, Told]:
        if not messages:
            return [], {}
        asked = {"role": "user", "content": SUMMARIZE + conversation(messages)}
        made = yield from self.ask(scope, Request([asked], self.options))
        summary = f"Summary of the conversation so far: {made.text}"
        return [{"role": "assistant", "content": summary}], made.usage

    def said(self, scope: Scope, content: str) -> list[Message]:
        """What the next nodes remember of this one; the first one also of the question."""
        asked = [] if scope.said else [{"role": "user", "content": scope.call.asked}]
        return [*asked, {"role": "assistant" if self.as_assistant else "user", "content": content}]


def _number(value: object, default: int) -> int:
    try:
        return max(1, int(float(value))) if isinstance(value, (int, float, str)) and value else default
    except (ValueError, OverflowError):
        return default


def _fitting(messages: list[Message], characters: int) -> list[Message]:
    """The latest messages that have at most so many characters together."""
    kept: list[Message] = []
    for message in reversed(messages):
        characters -= len(message["content"])
        if characters < 0:
            break
        kept.insert(0, message)
    return kept
