"""A run of a flow on its way, whoever asked for it, and what is told of it at the end."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from flask import current_app

from forjinn import ids, outgoing
from forjinn.errors import DomainError
from forjinn.flows import runner, runs
from forjinn.flows.call import Budget, Call
from forjinn.flows.events import NodeEnded
from forjinn.flows.graph import Graph
from forjinn.flows.hidden_values import HiddenValues
from forjinn.flows.library import Library
from forjinn.flows.trace import Trace

# The reason is in the run, which members of the workspace can read.
FAILED = "This flow cannot answer now. Try again later, or tell its owner, who finds the reason in its runs."


class Started:
    """`called_at` is Unix time. `tells_trace`: whether the one who asks may see how the flow is built.

    `tells_reason`: whether a failure is told with its reason. `is_member`: somebody who may read the
    workspace's runs asks, not an application.
    """

    def __init__(
        self,
        graph: Graph,
        call: Call,
        *,
        called_at: float,
        is_agentflow: bool,
        tells_trace: bool,
        tells_reason: bool = True,
        is_member: bool = False,
        key_id: UUID | None = None,
        tried_by_id: UUID | None = None,
    ) -> None:
        self.graph, self.call = graph, call
        self.called_at, self.key_id, self.tried_by_id = called_at, key_id, tried_by_id
        self.is_agentflow, self.tells_trace, self.tells_reason = is_agentflow, tells_trace, tells_reason
        self.is_member = is_member
        self.id, self.message_id = ids.new(), ids.new()
        self.trace = Trace(None if is_member or not tells_trace else call.hidden_from_callers)
        self.start = time.monotonic()

    def failure(self, sentence: str) -> str:
        """What is told of a failure: to a stranger only that there was one."""
        if not self.tells_reason:
            return FAILED
        return sentence if self.is_member else self.call.hidden_from_callers.text(sentence)

    def tools(self, calls: list[dict[str, Any]]) -> Any:
        """What is told of the tools that agents used."""
        return calls if self.is_member else self.call.hidden_from_callers.json(calls)

    def metadata(self) -> dict[str, Any]:
        """What the answer says beside its text."""
        told: dict[str, Any] = {
            "question": self.call.question,
            "chatId": self.call.chat_id,
            "chatMessageId": str(self.message_id),
            "sessionId": self.call.chat_id,
            "executionId": str(self.id),
        }
        if self.graph.remembers:
            told["memoryType"] = "Forjinn conversation"
        return told

    def record(self, outcome: str, usage: dict[str, int] | None, error: str) -> None:
        """Keep the run; it is written later."""
        recorder: runs.Recorder = current_app.extensions["forjinn.runs"]
        recorder.record(
            runs.Finished(
                id=self.id,
                workspace_id=self.call.workspace_id,
                flow_id=self.call.flow_id,
                api_key_id=self.key_id,
                session_id=self.call.session,
                started_at=self.called_at,
                milliseconds=int((time.monotonic() - self.start) * 1000),
                usage=usage,
                outcome=outcome,
                error=error,
                trace=self.trace.json,
                tried_by_id=self.tried_by_id,
            )
        )


def new_call(
    workspace_id: UUID,
    flow_id: UUID,
    question: str,
    chat_id: str,
    *,
    secrets: Mapping[str, str | None],
    workspace_variables: Iterable[str] = (),
    **more: Any,
) -> Call:
    """A call with the budget that the settings give it; `more` are further members of it.

    Callers do not read the values of `workspace_variables` in a trace, and nobody those of `secrets`.
    """
    kept = [value for value in secrets.values() if value is not None]
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    config, known = app.config, app.extensions["forjinn.library"]
    budget = Budget(
        nodes=config["FORJINN_RUN_NODES"],
        depth=config["FORJINN_RUN_DEPTH"],
        deadline=time.monotonic() + config["FORJINN_RUN_SECONDS"],
        agent_steps=config["FORJINN_AGENT_STEPS"],
    )
    return Call(
        workspace_id,
        flow_id,
        question,
        chat_id,
        budget,
        within=(flow_id,),
        memory=app.extensions["forjinn.memory"],
        open_flow=lambda other: known.other(workspace_id, other),
        secrets=secrets,
        hidden=HiddenValues(kept),
        hidden_from_callers=HiddenValues([*kept, *workspace_variables]),
        **more,
    )


def library() -> Library:
    found: Library = current_app.extensions["forjinn.library"]
    return found


def whole(started: Started) -> runner.Answer:
    """Run it to its end. Raises DomainError when a node fails; what each node did is in its trace."""
    outcome, error, usage = runs.ERROR, "", None
    try:
        with outgoing.patience(deadline=started.call.budget.deadline):
            events = runner.Events(runner.run(started.graph, started.call))
            for one in events:
                if isinstance(one, NodeEnded):
                    started.trace.add(one.entry)
        outcome, usage = runs.FINISHED, events.end.usage
        return events.end
    except DomainError as failed:
        error = str(failed)
        raise
    finally:
        started.record(outcome, usage, error)
