"""The panel beside the canvas: the settings of one node."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forjinn.flows import service
from forjinn.flows.canvas import drafts, panel
from forjinn.flows.canvas.fields.merging import Sent
from forjinn.flows.canvas.panel import Panel
from forjinn.flows.models import Flow
from forjinn.rendering import partial_or_page, wants_fragment
from forjinn.workspaces.guard import requires
from forjinn.workspaces.models import Workspace

bp = Blueprint("canvas_panel", __name__, url_prefix="/w/<slug>/flows/<uuid:flow_id>/canvas/node")
# Of the form's hidden field; it names some dozen fields.
LONGEST_SHOWN = 1 << 20


@bp.get("")
@requires("chatflows:view")
def node(workspace: Workspace, flow_id: UUID) -> ResponseReturnValue:
    flow = service.get(workspace, flow_id)
    opened = drafts.open_(workspace, flow, current_user)
    return _answer(flow, panel.show(workspace, opened, _key()))


@bp.post("")
@requires("chatflows:update")
def apply(workspace: Workspace, flow_id: UUID) -> ResponseReturnValue:
    return _applied(workspace, service.get(workspace, flow_id))


@bp.post("/rows")
@requires("chatflows:update")
def change_rows(workspace: Workspace, flow_id: UUID) -> ResponseReturnValue:
    flow = service.get(workspace, flow_id)
    return _applied(workspace, flow, request.form.get("do", ""))


def _applied(workspace: Workspace, flow: Flow, wanted: str = "") -> ResponseReturnValue:
    sent = Sent(request.form, _shown())
    token = request.form.get("revision", "")
    made, changed = panel.apply(workspace, flow, current_user, _key(), token, sent, wanted)
    if changed is None:
        return _answer(flow, made, 422)
    if not wants_fragment():
        flash("The settings were applied to your draft.")
        at = url_for("canvas_panel.node", slug=workspace.slug, flow_id=flow.id, node=made.key)
        return redirect(f"{at}#{made.focus}" if made.focus else at, 303)
    return _answer(flow, made, changes=changed)


def _answer(flow: Flow, made: Panel, status: int = 200, **more: Any) -> Response:
    context = {"flow": flow, "panel": made, "workspace": made.workspace} | more
    return partial_or_page("flows/canvas/_panel_answer.html", "flows/canvas/panel.html", status, **context)


def _key() -> str:
    return request.args.get("node", "")


def _shown() -> dict[str, str]:
    """What the fields said when the form was shown, as digests. Only the form itself knows it."""
    try:
        found = json.loads(request.form.get("shown", "")[:LONGEST_SHOWN])
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {name: text for name, text in found.items() if isinstance(text, str)}
