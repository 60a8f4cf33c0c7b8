"""The panel beside the canvas: the settings of one node."""

from __future__ import annotations

import json
from uuid import UUID

from flask import Blueprint, Response, flash, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forjinn.flows import service
from forjinn.flows.canvas import answers, drafts, panel, reading
from forjinn.flows.canvas.drafts import Repeated, Stale
from forjinn.flows.canvas.fields.merging import Sent
from forjinn.flows.canvas.panel import Panel
from forjinn.flows.models import Flow
from forjinn.guards import TEXT_BYTES
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
    return _answer(panel.show(workspace, answers.opened_by(workspace, flow), _key()))


@bp.post("")
@requires("chatflows:update", form_bytes=TEXT_BYTES)
def apply(workspace: Workspace, flow_id: UUID) -> ResponseReturnValue:
    # A page without a script shows nothing but this form: what happened elsewhere does not make it old.
    return _applied(workspace, service.get(workspace, flow_id), any_age=not wants_fragment())


@bp.post("/rows")
@requires("chatflows:update", form_bytes=TEXT_BYTES)
def change_rows(workspace: Workspace, flow_id: UUID) -> ResponseReturnValue:
    return _applied(workspace, service.get(workspace, flow_id), request.form.get("do") or "nothing")


def _applied(
    workspace: Workspace, flow: Flow, wanted: str = "", *, any_age: bool = False
) -> ResponseReturnValue:
    sent, by = Sent(request.form, _shown()), reading.digest()
    before = panel.show(workspace, drafts.open_(workspace, flow, current_user), _key())
    try:
        if not any_age:
            drafts.current(workspace, flow, current_user, request.form.get("revision", ""), by)
        made, changed = panel.apply(before, current_user, sent, wanted, by=by)
    except Repeated:
        return _answer(before, more=make_response(answers.anew(workspace, before.opened)))
    except Stale as error:
        if wants_fragment():
            return answers.refused(workspace, flow, error)
        return _answer(panel.as_sent(before, sent, str(error)), 409)
    if changed is None:
        return _answer(made, 422)
    if not wants_fragment():
        flash("The settings were applied to your draft.")
        return redirect(_path(made), 303)
    return _answer(made, more=make_response(answers.changes(workspace, changed)))


def _path(made: Panel) -> str:
    flow_id = made.opened.flow.id
    at = url_for("canvas_panel.node", slug=made.workspace.slug, flow_id=flow_id, node=made.key)
    return f"{at}#{made.focus}" if made.focus else at


def _answer(made: Panel, status: int = 200, more: Response | None = None) -> Response:
    """The panel, and for the canvas what else of it changed."""
    flow = made.opened.flow
    base = url_for("canvas.page", slug=made.workspace.slug, flow_id=flow.id)
    context = {"flow": flow, "panel": made, "base": base}
    answer = partial_or_page("flows/canvas/_panel.html", "flows/canvas/panel.html", status, **context)
    if more is not None:
        answer.set_data(answer.get_data() + more.get_data())
    return answer


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
