"""A run of a flow on its canvas: what each node did, on its card and in the panel."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forjinn.errors import NotFound
from forjinn.flows import history, service, traces, who_asked
from forjinn.flows.canvas import answers, ran
from forjinn.flows.canvas.drafts import Opened
from forjinn.flows.models import Flow, Run
from forjinn.rendering import wants_fragment
from forjinn.workspaces.guard import requires
from forjinn.workspaces.models import Workspace

bp = Blueprint("canvas_run", __name__, url_prefix="/w/<slug>/flows/<uuid:flow_id>/canvas/run")
# Of one node, in the panel; the page of the run shows more.
MOST_STEPS = 20


@bp.get("/<uuid:run_id>/node")
@requires("chatflows:view")
def node(workspace: Workspace, flow_id: UUID, run_id: UUID) -> ResponseReturnValue:
    """What one node did, for the panel; without a script, the page of the run tells it of all nodes."""
    flow = service.get(workspace, flow_id)
    found = history.run(workspace, flow, run_id)
    if not wants_fragment():
        return redirect(url_for("history.run", slug=workspace.slug, flow_id=flow_id, run_id=run_id))
    key = request.args.get("node", "")
    shown = traces.of(found, key)
    steps = shown.steps or []
    return render_template(
        "flows/canvas/_ran_panel.html",
        flow=flow,
        ran=ran.of(workspace, flow, found),
        steps=steps[:MOST_STEPS],
        more=max(0, len(steps) - MOST_STEPS) + shown.more,
        key=key,
        card=answers.context(workspace, _saved(flow))["drawing"].by_id.get(key),
        texts=shown.has_texts and workspace.record_texts,
    )


def page(workspace: Workspace, flow: Flow, run_id: str) -> ResponseReturnValue:
    """The saved flow with what the run did, to be looked at."""
    found = _found(workspace, flow, run_id)
    context = answers.context(workspace, _saved(flow)) | who_asked.of(workspace, [found])
    context |= {"run": found, "ran": ran.of(workspace, flow, found), "editable": False}
    context["opens"] = f"{context['base']}/run/{found.id}/node?node="
    return answers.shown(context)


def _saved(flow: Flow) -> Opened:
    return Opened(flow, None, flow.graph)


def _found(workspace: Workspace, flow: Flow, run_id: str) -> Run:
    try:
        return history.run(workspace, flow, UUID(run_id))
    except ValueError:
        raise NotFound("There is no such run of this flow.") from None
