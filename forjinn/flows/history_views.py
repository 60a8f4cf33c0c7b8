"""The pages of a flow's runs and conversations."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forjinn.flows import history, service, traces, who_asked
from forjinn.rendering import partial_or_page, said, wants_fragment
from forjinn.workspaces.guard import requires
from forjinn.workspaces.models import Workspace

bp = Blueprint("history", __name__, url_prefix="/w/<slug>/flows/<uuid:flow_id>")


@bp.get("/runs")
@requires("chatflows:view")
def runs(workspace: Workspace, flow_id: UUID) -> ResponseReturnValue:
    flow, which = service.get(workspace, flow_id), request.args.get("which", "")
    page = history.runs(workspace, flow, *_place(), which=which)
    context: dict[str, Any] = {"flow": flow, "page": page, "which": which if which in history.WHICH else ""}
    context |= who_asked.of(workspace, page.rows)
    return partial_or_page("flows/_runs.html", "flows/runs.html", **context)


@bp.get("/runs/<uuid:run_id>")
@requires("chatflows:view")
def run(workspace: Workspace, flow_id: UUID, run_id: UUID) -> ResponseReturnValue:
    flow = service.get(workspace, flow_id)
    found = history.run(workspace, flow, run_id)
    return render_template(
        "flows/run.html",
        flow=flow,
        run=found,
        trace=traces.of(found),
        **who_asked.of(workspace, [found]),
        remembered=history.remembers(workspace, flow, found.session_id),
    )


@bp.get("/conversations")
@requires("chatflows:view")
def conversations(workspace: Workspace, flow_id: UUID) -> ResponseReturnValue:
    flow = service.get(workspace, flow_id)
    after, before = _place()
    page = history.conversations(workspace, flow, after, before)
    if not page.rows and (after or before):
        # Deleting the last one of a page leaves its address empty: show the first page instead.
        after = before = ""
        page = history.conversations(workspace, flow)
    context: dict[str, Any] = {"flow": flow, "page": page, "after": after, "before": before}
    return partial_or_page("flows/_conversations.html", "flows/conversations.html", 200, **context)


@bp.get("/conversation")
@requires("chatflows:view")
def conversation(workspace: Workspace, flow_id: UUID) -> ResponseReturnValue:
    # In the query: a session is named by its caller, and may hold any character.
    session_id = request.args.get("session", "")
    flow = service.get(workspace, flow_id)
    found = history.conversation(workspace, flow, session_id)
    readable = workspace.record_texts
    page = history.exchanges(workspace, flow, session_id, *_place()) if readable else None
    return render_template("flows/conversation.html", flow=flow, conversation=found, page=page)


@bp.get("/conversation/delete")
@requires("chatflows:update")
def confirm_forget(workspace: Workspace, flow_id: UUID) -> ResponseReturnValue:
    flow = service.get(workspace, flow_id)
    found = history.conversation(workspace, flow, request.args.get("session", ""))
    partial, page = "flows/_delete_conversation.html", "flows/delete_conversation.html"
    return partial_or_page(partial, page, flow=flow, conversation=found)


@bp.post("/conversation/delete")
@requires("chatflows:update")
def forget(workspace: Workspace, flow_id: UUID) -> ResponseReturnValue:
    flow = service.get(workspace, flow_id)
    history.forget(workspace, flow, request.form.get("session", ""))
    if not wants_fragment():
        flash("The conversation was deleted.")
        return redirect(url_for("history.conversations", slug=workspace.slug, flow_id=flow_id), 303)
    response = make_response(render_template("flows/_conversation_deleted.html"))
    return said(response, HX_Trigger="close-dialog, conversations-changed")


def _place() -> tuple[str, str]:
    """The cursors that a page follows or precedes."""
    return request.args.get("after", ""), request.args.get("before", "")
