"""What a flow is called with, how much it may do, and what its nodes have said so far."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from forjinn.errors import DomainError
from forjinn.flows.hidden_values import HiddenValues
from forjinn.flows.variables import MISSING, fill, follow, value_of

if TYPE_CHECKING:
    from forjinn.flows.graph import Graph
    from forjinn.flows.memory import Memory

# The first part of a path to a variable of the workspace.
VARIABLE_OF_WORKSPACE = re.compile(r"\$vars\.([A-Za-z0-9_]+)")
# {"role": "system" | "user" | "assistant", "content": …}
Message = dict[str, Any]


class LimitReached(DomainError):
    """The run did all that it may: nodes, seconds, or flows within flows."""


class NodeFailed(DomainError):
    """A node could not do its work; `reason` is the error of the node, however deep inside."""

    def __init__(self, label: str, reason: DomainError) -> None:
        super().__init__(f"{label}: {reason}")
        self.reason: DomainError = reason


@dataclass(slots=True)
class Budget:
    """Shared by a run and the flows that it calls. `deadline` is in the seconds of `time.monotonic`."""

    nodes: int
    depth: int
    deadline: float
    agent_steps: int = 10
    nodes_run: int = 0

    def spend(self) -> None:
        """For one node more. Raises LimitReached."""
        self.nodes_run += 1
        if self.nodes_run > self.nodes:
            raise LimitReached(f"The flow ran {self.nodes} nodes, which is the limit.")
        if time.monotonic() > self.deadline:
            raise LimitReached("The flow ran longer than it may.")


@dataclass(slots=True)
class Call:
    workspace_id: UUID
    flow_id: UUID
    question: str
    chat_id: str
    budget: Budget
    form: dict[str, Any] = field(default_factory=dict)
    # Earlier messages that the caller sent, and those of the conversation that were kept.
    history: list[Message] = field(default_factory=list)
    past: list[Message] = field(default_factory=list)
    # The state that the conversation's last run ended with, where the flow persists it.
    kept_state: dict[str, Any] = field(default_factory=dict)
    # What `$vars.<name>` stands for, and those of them that the caller sent.
    variables: Mapping[str, Any] = field(default_factory=dict)
    own_variables: Mapping[str, Any] = field(default_factory=dict)
    # The workspace's secret variables; None for one that cannot be decrypted.
    secrets: Mapping[str, str | None] = field(default_factory=dict)
    # What nobody reads in what the flow tells, and what callers do not read in a trace or an error. Shared by
    # a run and the flows that it calls.
    hidden: HiddenValues = field(default_factory=HiddenValues)
    hidden_from_callers: HiddenValues = field(default_factory=HiddenValues)
    # Inputs that the caller changed: node id -> input -> value.
    overrides: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    # Called without a key, so that anybody may have chosen the chat's id.
    is_anonymous: bool = False
    # Whether somebody reads the answer while it is made.
    streaming: bool = False
    # The ids of the flows that are being run, this one last.
    within: tuple[UUID, ...] = ()
    # Keeps what is said; None where nothing is kept.
    memory: Memory | None = None
    # Finds another flow of the workspace by its id. Raises DomainError.
    open_flow: Callable[[str], OtherFlow] = lambda _id: _no_flows()

    @property
    def session(self) -> str:
        """What the conversation is kept under: nobody without a key continues one that was begun with one."""
        return f"public:{self.chat_id}" if self.is_anonymous else self.chat_id

    @property
    def asked(self) -> str:
        """What the caller said: the question, or the form's fields a line each."""
        return self.question or "\n".join(f"{name}: {value}" for name, value in self.form.items())


@dataclass(frozen=True, slots=True)
class OtherFlow:
    id: UUID
    graph: Graph


def _no_flows() -> OtherFlow:
    raise DomainError("Other flows cannot be called here.")


@dataclass(slots=True)
class Scope:
    """The nodes of one graph at work: a flow, or one round of an Iteration."""

    call: Call
    state: dict[str, Any] = field(default_factory=dict)
    # A node's output under its id; the latest, when it ran several times.
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    # What the models of this run were told and said.
    said: list[Message] = field(default_factory=list)
    # How often each Loop node has gone back, the latest last.
    loops: dict[str, int] = field(default_factory=dict)
    # The item of an Iteration's round.
    item: object = MISSING
    # Whether the text of the node at work is the answer.
    answering: bool = False
    # Whether texts of the node at work are the caller's, who must not read the workspace's variables.
    has_callers_texts: bool = False

    def fill(self, text: str) -> str:
        return fill(text, self.look_up)

    def value_of(self, text: str) -> Any:
        return value_of(text, self.look_up)

    def look_up(self, path: str) -> object:
        """What a variable stands for, or MISSING. Raises DomainError for a secret variable."""
        # The editor's Markdown writes `llmAgentflow\\_0`.
        path = path.replace("\\", "")
        if (name := self.secret_in(path)) is not None:
            raise DomainError(f"the secret variable “{name}” can be used in HTTP nodes only.")
        head, _, rest = path.partition(".")
        if path in SINGLE:
            return SINGLE[path](self)
        if head in NAMESPACES:
            found = NAMESPACES[head](self)
            return follow(found, rest) if rest else found
        node_id = self._node_of(path)
        return MISSING if node_id is None else _of_output(self.outputs[node_id], path[len(node_id) :])

    def secret_in(self, path: str) -> str | None:
        """The name of the secret variable that a path begins with."""
        if not self.call.secrets or self.has_callers_texts:
            return None
        match = VARIABLE_OF_WORKSPACE.match(path.replace("\\", ""))
        return match[1] if match and match[1] in self.call.secrets else None

    def look_up_in_http(self, path: str) -> object:
        """As `look_up`, for an HTTP call to its author's address: secret variables are known, too."""
        name = self.secret_in(path)
        if name is None:
            return self.look_up(path)
        value = self.call.secrets[name]
        if value is None:
            raise DomainError(
                f"the secret variable “{name}” cannot be read with this secret key; set it again."
            )
        rest = path.replace("\\", "").partition(name)[2]
        return follow(value, rest) if rest else value

    def _node_of(self, path: str) -> str | None:
        """The id that a path begins with, which may itself hold dots."""
        ids = (one for one in self.outputs if path.startswith(one))
        return max((one for one in ids if path[len(one) :][:1] in ("", ".", "[")), key=len, default=None)

    def flow(self) -> dict[str, Any]:
        """What `$flow` stands for."""
        return {
            # A copy: the state may be given this very value, and must not hold itself.
            "state": dict(self.state),
            "sessionId": self.call.chat_id,
            "chatId": self.call.chat_id,
            "chatflowId": str(self.call.flow_id),
            "chatflowid": str(self.call.flow_id),
            "input": self.call.asked,
        }


def _of_output(output: dict[str, Any], path: str) -> object:
    path = path.removeprefix(".").removeprefix("output.")
    if path in ("", "output"):
        return output.get("content", "")
    # A path into what the node said, which may be JSON; structured output may have a member of any name.
    said = follow(output.get("content"), path)
    return follow(output, path) if said is MISSING else said


def conversation(messages: list[Message]) -> str:
    return "\n".join(f"{message['role']}: {message['content']}" for message in messages)


SINGLE: dict[str, Callable[[Scope], object]] = {
    "question": lambda scope: scope.call.asked,
    "chat_history": lambda scope: conversation([*scope.call.history, *scope.call.past, *scope.said]),
    "current_date_time": lambda _scope: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    "runtime_messages_length": lambda scope: max(0, len(scope.said) - 1),
    "loop_count": lambda scope: next(reversed(scope.loops.values()), 0),
    "file_attachment": lambda _scope: "",
}
NAMESPACES: dict[str, Callable[[Scope], object]] = {
    "form": lambda scope: scope.call.form,
    "$form": lambda scope: scope.call.form,
    "$flow": Scope.flow,
    "$vars": lambda scope: scope.call.own_variables if scope.has_callers_texts else scope.call.variables,
    "$iteration": lambda scope: scope.item,
}
