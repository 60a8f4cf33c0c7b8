"""A call of a flow, made from who calls and what was sent."""

from __future__ import annotations

from uuid import UUID

from flask import g

from forjinn import ids
from forjinn.errors import NotFound
from forjinn.flows import starting
from forjinn.flows.call import Call
from forjinn.flows.graph import Graph
from forjinn.flows.library import Variables
from forjinn.flows.models import AGENTFLOW
from forjinn.prediction import overrides
from forjinn.prediction.access import Caller
from forjinn.prediction.answers import ApiError
from forjinn.prediction.body import Prediction


class Started(starting.Started):
    """One prediction on its way. `overrides` is what it changes in the flow."""

    def __init__(self, caller: Caller, asked: Prediction) -> None:
        workspace, flow = caller.workspace, caller.flow
        graph = _graph(workspace, flow, caller.version)
        self.overrides = _overrides(caller, workspace, asked, graph)
        super().__init__(
            graph,
            _call(caller, workspace, flow, asked, graph, self.overrides),
            called_at=g.called_at,
            is_agentflow=caller.type == AGENTFLOW,
            # A stranger is not told how a flow is built.
            tells_trace=not caller.is_public,
            tells_reason=caller.key_id is not None,
            key_id=ids.of(caller.key_id) if caller.key_id is not None else None,
        )


def _overrides(caller: Caller, workspace: UUID, asked: Prediction, graph: Graph) -> overrides.Overrides:
    mentions = graph.mentions_variables or "vars" in asked.override
    variables = starting.library().variables(workspace) if mentions else Variables()
    try:
        return overrides.read(asked.override, graph, caller.overridable, variables, workspace)
    except overrides.WrongValue as wrong:
        # A stranger is told what was sent, and nothing of the node that cannot work with it.
        sentence = wrong.outside if caller.key_id is None else str(wrong)
        raise ApiError(400, "invalid_request", f"overrideConfig: {sentence}") from wrong


def _call(
    caller: Caller,
    workspace: UUID,
    flow: UUID,
    asked: Prediction,
    graph: Graph,
    changed: overrides.Overrides,
) -> Call:
    return starting.new_call(
        workspace,
        flow,
        asked.question,
        asked.chat_id,
        form=asked.form,
        history=asked.history,
        is_anonymous=caller.key_id is None,
        variables=changed.known_variables.plain | changed.variables,
        secrets=changed.known_variables.secret,
        workspace_variables=changed.known_variables.plain.values(),
        own_variables=changed.variables,
        overrides=changed.inputs,
        streaming=asked.streaming and graph.streams,
    )


def _graph(workspace: UUID, flow: UUID, version: int) -> Graph:
    try:
        return starting.library().graph(workspace, flow, version)
    except NotFound as error:
        raise ApiError(404, "flow_not_found", str(error)) from error
