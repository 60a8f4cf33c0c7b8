"""Try it: a flow is asked by the signed-in person's right, without a key, deployed or not.

No application called, so no key's calls are counted; the run is kept as this person's try.
Beside the canvas, where the field `draft` is sent, it is the person's draft that is asked.
"""

from __future__ import annotations

import json
import time
from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forjinn.errors import DatabaseUnavailable, DomainError, Refused
from forjinn.flows import form_inputs, needs, parsing, service, starting, stream
from forjinn.flows.call import Call
from forjinn.flows.canvas import answers, drafts
from forjinn.flows.graph import Graph
from forjinn.flows.library import Variables
from forjinn.flows.models import DRAFT, Flow
from forjinn.flows.node_runs import failed_node
from forjinn.flows.parsing import InvalidGraph
from forjinn.flows.starting import Started
from forjinn.rendering import partial_or_page
from forjinn.workspaces.guard import can, requires
from forjinn.workspaces.models import Workspace

bp = Blueprint("trying", __name__, url_prefix="/w/<slug>/flows/<uuid:flow_id>/try")
# With what a draft's begins with, it fits into its column.
LONGEST_SESSION = 190
EVENTS = "text/event-stream"


@bp.get("")
@requires("chatflows:run")
def page(workspace: Workspace, flow_id: UUID) -> ResponseReturnValue:
    flow = service.get(workspace, flow_id)
    try:
        graph, _is_draft = _graph(workspace, flow)
    except InvalidGraph as error:
        return _broken(workspace, flow, error)
    return _page(workspace, flow, graph, str(uuid4()))


@bp.post("")
@requires("chatflows:run")
def ask(workspace: Workspace, flow_id: UUID) -> ResponseReturnValue:
    """The answer as it is made for the panel's script, which asks for events; else a page with all of it."""
    called_at, flow = time.time(), service.get(workspace, flow_id)
    streams, session = request.accept_mimetypes.best == EVENTS, _session()
    try:
        graph, is_draft = _graph(workspace, flow)
    except InvalidGraph as error:
        return _told(error) if streams else _broken(workspace, flow, error, 422)
    try:
        # What unsaved changes remember is not mixed with what the flow does.
        call = _call(workspace, flow, graph, DRAFT + session if is_draft else session, streams)
    except Refused as refused:
        return _told(refused) if streams else _page(workspace, flow, graph, session, 422, refused=refused)
    started = Started(
        graph,
        call,
        called_at=called_at,
        # A chatflow's nodes are told of, too: the page lights them up.
        is_agentflow=True,
        tells_trace=True,
        is_member=True,
        tried_by_id=current_user.id,
    )
    if streams:
        answer = stream.response(started)
        # Else it would be compressed, and told in lumps.
        answer.headers["Cache-Control"] = "no-store"
        return answer
    return _page(workspace, flow, graph, session, 200, asked=call.asked, **_answered(started))


def _told(error: DomainError) -> Response:
    return Response(str(error), 422, content_type="text/plain; charset=utf-8")


def _answered(started: Started) -> dict[str, str | None]:
    try:
        return {"answer": starting.whole(started).text}
    except DatabaseUnavailable:
        raise
    except DomainError as failed:
        return {"error": str(failed), "failed": failed_node(json.loads(started.trace.json))}


def _call(workspace: Workspace, flow: Flow, graph: Graph, session: str, streams: bool) -> Call:
    """Raises Refused for an incomplete form."""
    question, form = "", {}
    if graph.start.asks_for_form:
        form = form_inputs.read(form_inputs.of(graph.start), request.form)
    else:
        question = request.form.get("question", "").replace("\r\n", "\n").strip()
        if not question:
            raise Refused("Write a question.", "question")
    known = starting.library()
    variables = known.variables(workspace.id) if graph.mentions_variables else Variables()
    return starting.new_call(
        workspace.id,
        flow.id,
        question,
        session,
        form=form,
        variables=variables.plain,
        secrets=variables.secret,
        streaming=streams and graph.streams,
    )


def _graph(workspace: Workspace, flow: Flow) -> tuple[Graph, bool]:
    """What is tried, and whether it is the person's draft. Raises InvalidGraph."""
    if _beside() and can("chatflows:update"):
        opened = drafts.open_(workspace, flow, current_user)
        if opened.own:
            # Never kept: the library knows what is saved, by its version.
            return parsing.parse(opened.text), True
    return starting.library().graph(flow.workspace_id, flow.id, flow.version), False


def _beside() -> bool:
    """Whether the panel stands beside the canvas."""
    return "draft" in request.values


def _session() -> str:
    sent = request.form.get("session", "")
    return sent if sent and len(sent) <= LONGEST_SESSION and sent.isprintable() else str(uuid4())


def _page(
    workspace: Workspace, flow: Flow, graph: Graph, session: str, status: int = 200, **more: Any
) -> Response:
    start = graph.start
    context: dict[str, Any] = {
        "flow": flow,
        "session": session,
        "start": start.inputs if start.asks_for_form else {},
        "inputs": form_inputs.of(start) if start.asks_for_form else None,
        "given": request.form,
        "missing": needs.of(workspace, graph, flow.id),
        "remembers": graph.remembers,
        "refused": None,
        "beside": _beside(),
        "unsaved": _unsaved(workspace, flow),
    } | more
    return partial_or_page("flows/_try.html", "flows/try.html", status, **context)


def _unsaved(workspace: Workspace, flow: Flow) -> int:
    """How many changes of the person's are not in what is tried."""
    if _beside() or not can("chatflows:update"):
        return 0
    return drafts.open_(workspace, flow, current_user).changes


def _broken(workspace: Workspace, flow: Flow, error: InvalidGraph, status: int = 200) -> Response:
    """What keeps a draft from being run, each problem with its node."""
    context: dict[str, Any] = {"flow": flow, "beside": True, "missing": []}
    context["problems"] = answers.problems(workspace, flow, error)
    return partial_or_page("flows/_try.html", "flows/try.html", status, **context)
