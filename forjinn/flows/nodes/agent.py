from __future__ import annotations

import json
from collections.abc import Generator
from typing import Any

from forjinn.errors import DatabaseUnavailable, DomainError
from forjinn.flows import strict_json
from forjinn.flows.call import LimitReached, Message, NodeFailed, Scope
from forjinn.flows.events import Event, ToolsCalled
from forjinn.flows.nodes.base import Outcome, Steps, added, is_on, objects, shown, text_of, variables_in
from forjinn.flows.nodes.llm import Llm
from forjinn.flows.nodes.model import SETTINGS
from forjinn.flows.tools import TOOLS
from forjinn.flows.tools.base import Tool
from forjinn.gateway.completions import Completion, Request, ToolCall
from forjinn.patience import DeadlinePassed

# What an Agent can be given that Forjinn does not have, by its input.
NOT_HERE = {
    "agentKnowledgeDocumentStores": "document stores",
    "agentKnowledgeVSEmbeddings": "vector stores",
    "agentToolsBuiltInOpenAI": "the provider's built-in tools",
    "agentToolsBuiltInGemini": "the provider's built-in tools",
    "agentToolsBuiltInAnthropic": "the provider's built-in tools",
}
# What another try of the model could not mend.
NOT_TOLD = (LimitReached, DeadlinePassed, DatabaseUnavailable)
# Of a tool, before its number: providers take 64 characters.
LONGEST_NAME = 60
EMPTY: tuple[object, ...] = (None, "", "[]", [], {})


class Agent(Llm):
    """Asks a model that may use tools, until it answers."""

    name = "agentAgentflow"
    title = "Agent"
    prefix = "agent"
    OVERRIDABLE = ("agentMessages", "agentUserMessage", "agentMemoryType", "agentMemoryWindowSize", *SETTINGS)

    def __init__(self, node_id: str, data: dict[str, Any]) -> None:
        super().__init__(node_id, data)
        self.chosen = [
            (kind, row)
            for row in objects(self.inputs.get("agentTools"))
            if (kind := text_of(row.get("agentSelectedTool")))
        ]
        self.tools: dict[str, Tool] = {}
        for kind, row in self.chosen:
            if kind in TOOLS:
                config = row.get("agentSelectedToolConfig")
                tool = TOOLS[kind](config if isinstance(config, dict) else {})
                self.tools[_free(tool.name, self.tools)] = tool

    def missing(self) -> list[str]:
        found = super().missing() + [
            f"{self.label}: {what} are not supported."
            for name, what in NOT_HERE.items()
            if self.inputs.get(name) not in EMPTY
        ]
        for kind, row in self.chosen:
            if kind not in TOOLS:
                found.append(f"{self.label}: the tool {shown(kind)} is not supported.")
            if is_on(row.get("agentSelectedToolRequiresHumanInput")):
                found.append(f"{self.label}: asking a person before a tool is used is not supported.")
        return found + [f"{self.label}: {what}" for tool in self.tools.values() for what in tool.missing()]

    def flows(self) -> tuple[str, ...]:
        return tuple(flow for tool in self.tools.values() for flow in tool.flows())

    def told_variables(self) -> set[str]:
        tools = [
            row.get("agentSelectedToolConfig") for kind, row in self.chosen if not kind.startswith("requests")
        ]
        rest = {name: value for name, value in self.inputs.items() if name != "agentTools"}
        return variables_in([rest, tools])

    def run(self, scope: Scope) -> Steps:
        messages, summing_up = yield from self.composed(scope)
        talk, used = list(messages), Used(summing_up)
        made = yield from self._until_answered(scope, talk, used)
        output = self.schema.read(made.text) if self.schema else {}
        content = json.dumps(output, ensure_ascii=False, indent=2) if self.schema else made.text
        return Outcome(
            content,
            {"model": self.model, "messages": messages},
            output,
            usage=used.tokens,
            tools=used.calls,
            said=self.said(scope, content),
            state=self.updates.made(scope, content, output),
        )

    def _until_answered(
        self, scope: Scope, talk: list[Message], used: Used
    ) -> Generator[Event, None, Completion]:
        described = [_described(name, tool) for name, tool in self.tools.items()]
        schema = self.schema.as_json_schema() if self.schema else None
        aloud = scope.answering and not self.schema
        for _step in range(scope.call.budget.agent_steps):
            request = Request(talk, self.options, described, schema)
            made = yield from self.ask(scope, request, aloud=aloud)
            used.count(made.usage)
            if not made.tool_calls:
                return made
            calls = [self._use(scope, call, used) for call in made.tool_calls]
            yield ToolsCalled(calls)
            talk += _as_messages(made, calls)
        raise LimitReached(f"the agent did not answer within {scope.call.budget.agent_steps} steps.")

    def _use(self, scope: Scope, call: ToolCall, used: Used) -> dict[str, Any]:
        """Run one tool. What goes wrong is told to the model, which may find another way."""
        arguments: Any = None
        try:
            arguments = strict_json.loads(call.arguments or "{}")
            if call.name not in self.tools:
                raise DomainError(f"there is no tool {call.name}.")
            if not isinstance(arguments, dict):
                raise DomainError("the arguments are not a JSON object.")
            result = self.tools[call.name].call(scope, arguments)
            used.count(result.usage or {})
            text = result.text
        except (DomainError, ValueError) as error:
            if isinstance(error.reason if isinstance(error, NodeFailed) else error, NOT_TOLD):
                raise
            text = f"Error: {error}"
        told = {"tool": call.name, "toolInput": arguments, "toolOutput": text}
        used.calls.append(told)
        return told


class Used:
    """What an Agent used up: the tokens of all its steps, and its tools."""

    def __init__(self, tokens: dict[str, int]) -> None:
        self.tokens = tokens
        self.calls: list[dict[str, Any]] = []

    def count(self, tokens: dict[str, int]) -> None:
        self.tokens = added(self.tokens, tokens)


def _as_messages(made: Completion, calls: list[dict[str, Any]]) -> list[Message]:
    asked = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in made.tool_calls
    ]
    answers = [
        {"role": "tool", "tool_call_id": call.id, "content": told["toolOutput"]}
        for call, told in zip(made.tool_calls, calls, strict=True)
    ]
    return [{"role": "assistant", "content": made.text or None, "tool_calls": asked}, *answers]


def _described(name: str, tool: Tool) -> dict[str, Any]:
    function = {"name": name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": function}


def _free(name: str, taken: dict[str, Tool]) -> str:
    """The name, numbered when another tool of the Agent has it."""
    return next(
        one
        for n in range(len(taken) + 1)
        if (one := f"{name[:LONGEST_NAME]}_{n + 1}" if n else name) not in taken
    )
