"""A call of a flow, made from who calls and what was sent."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID, uuid4

from flask import current_app, g

from forjinn.errors import NotFound
from forjinn.flows import runs
from forjinn.flows.call import Budget, Call
from forjinn.flows.graph import Graph
from forjinn.flows.library import Library
from forjinn.flows.models import AGENTFLOW
from forjinn.prediction import overrides
from forjinn.prediction.access import Caller
from forjinn.prediction.answers import ApiError
from forjinn.prediction.body import Prediction
from forjinn.prediction.trace import Trace


class Started:
    """One prediction on its way, and what is told of it at the end."""

    def __init__(self, caller: Caller, asked: Prediction) -> None:
        self.caller, self.asked = caller, asked
        self.id, self.message_id = uuid4(), uuid4()
        self.graph = _graph(caller)
        self.is_agentflow = caller.type == AGENTFLOW
        # A stranger is not told how a flow is built.
        self.tells_trace = not caller.is_public
        self.overrides, self.call = self._call()
        self.trace = Trace()
        self.start = time.monotonic()

    def _call(self) -> tuple[overrides.Overrides, Call]:
        caller, asked, library = self.caller, self.asked, _library()
        config = current_app.config
        mentions = self.graph.mentions_variables or "vars" in asked.override
        variables = library.variables(caller.workspace) if mentions else {}
        changed = overrides.read(asked.override, self.graph, caller.overridable, variables, caller.workspace)
        budget = Budget(
            nodes=config["FORJINN_RUN_NODES"],
            depth=config["FORJINN_RUN_DEPTH"],
            deadline=time.monotonic() + config["FORJINN_RUN_SECONDS"],
            agent_steps=config["FORJINN_AGENT_STEPS"],
        )
        call = Call(
            caller.workspace,
            caller.flow,
            asked.question,
            asked.chat_id,
            budget,
            form=asked.form,
            history=asked.history,
            is_anonymous=caller.key_id is None,
            variables=variables | changed.variables,
            own_variables=changed.variables,
            overrides=changed.inputs,
            streaming=asked.streaming and self.graph.streams,
            within=(caller.flow,),
            memory=current_app.extensions["forjinn.memory"],
            open_flow=lambda flow_id: library.other(caller.workspace, flow_id),
        )
        return changed, call

    def metadata(self) -> dict[str, Any]:
        """What the answer says beside its text."""
        told: dict[str, Any] = {
            "question": self.asked.question,
            "chatId": self.asked.chat_id,
            "chatMessageId": str(self.message_id),
            "sessionId": self.asked.chat_id,
            "executionId": str(self.id),
        }
        if self.graph.remembers:
            told["memoryType"] = "Forjinn conversation"
        return told

    def record(self, outcome: str, usage: dict[str, int] | None, error: str) -> None:
        """Keep the run; it is written later."""
        recorder: runs.Recorder = current_app.extensions["forjinn.runs"]
        key = self.caller.key_id
        recorder.record(
            runs.Finished(
                id=self.id,
                workspace_id=self.caller.workspace,
                flow_id=self.caller.flow,
                api_key_id=UUID(str(key)) if key is not None else None,
                session_id=self.call.session,
                started_at=g.called_at,
                milliseconds=int((time.monotonic() - self.start) * 1000),
                usage=usage,
                outcome=outcome,
                error=error,
                trace=self.trace.json,
            )
        )


def _library() -> Library:
    library: Library = current_app.extensions["forjinn.library"]
    return library


def _graph(caller: Caller) -> Graph:
    try:
        return _library().graph(caller.workspace, caller.flow, caller.version)
    except NotFound as error:
        raise ApiError(404, "flow_not_found", str(error)) from error
