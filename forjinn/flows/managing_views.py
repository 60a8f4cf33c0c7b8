"""A flow as a whole: its row in the list, its name, its file, and its end."""

from __future__ import annotations

import re
from urllib.parse import quote
from uuid import UUID

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forjinn.errors import Refused
from forjinn.flows import listing, managing, parsing, service
from forjinn.flows.managing_forms import Name
from forjinn.flows.models import Flow
from forjinn.rendering import partial_or_page, said, wants_fragment
from forjinn.workspaces.guard import requires
from forjinn.workspaces.models import Workspace

bp = Blueprint("managing", __name__, url_prefix="/w/<slug>/flows/<uuid:flow_id>")
# Of the keys that called a flow.
MOST_NAMED = 5


@bp.get("/row")
@requires("chatflows:view")
def row(workspace: Workspace, flow_id: UUID) -> ResponseReturnValue:
    flow = service.get(workspace, flow_id)
    if not wants_fragment():
        return redirect(url_for("flows.show", slug=workspace.slug, flow_id=flow_id), 303)
    return make_response(render_template("flows/_row.html", flow=listing.row(workspace, flow)))


@bp.get("/rename")
@requires("chatflows:update")
def rename_form(workspace: Workspace, flow_id: UUID) -> ResponseReturnValue:
    flow = service.get(workspace, flow_id)
    return _rename(workspace, flow, Name(formdata=None, name=flow.name))


@bp.post("/rename")
@requires("chatflows:update")
def rename(workspace: Workspace, flow_id: UUID) -> ResponseReturnValue:
    flow, form = service.get(workspace, flow_id), Name()
    try:
        flow = managing.rename(workspace, flow, form.name.data or "")
    except Refused as refused:
        form.refuse(refused)
        return _rename(workspace, flow, form, 422)
    if not wants_fragment():
        flash(f"The flow is now named “{flow.name}”. Its ID did not change.")
        return redirect(url_for("flows.show", slug=workspace.slug, flow_id=flow_id), 303)
    shown = listing.row(workspace, flow)
    return make_response(render_template("flows/_renamed.html", flow=shown, highlight=flow.id))


def _rename(workspace: Workspace, flow: Flow, form: Name, status: int = 200) -> Response:
    shown = listing.row(workspace, flow)
    return partial_or_page("flows/_rename.html", "flows/rename.html", status, flow=shown, form=form)


@bp.get("/export")
# Not for who may only view: a node's headers may hold a credential.
@requires("chatflows:create", "chatflows:update")
def export(workspace: Workspace, flow_id: UUID) -> ResponseReturnValue:
    flow = service.get(workspace, flow_id)
    response = Response(flow.graph, content_type="application/json")
    response.headers["Content-Disposition"] = _as_file(flow.name)
    response.headers["Cache-Control"] = "no-store"
    return response


def _as_file(name: str) -> str:
    """The header's value: a name in ASCII, and the whole one for browsers that read it (RFC 6266)."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-") or "flow"
    whole = re.sub(r'[\\/:*?"<>|]', "-", name)
    return f"attachment; filename=\"{plain}.json\"; filename*=UTF-8''{quote(whole, safe='')}.json"


@bp.post("/models")
@requires("chatflows:update")
def map_models(workspace: Workspace, flow_id: UUID) -> ResponseReturnValue:
    """Give names of models that the flow calls, and the registered one for each, or nothing to leave it."""
    pairs = zip(request.form.getlist("name"), request.form.getlist("model"), strict=False)
    chosen = {name: other for name, other in pairs if other}
    try:
        flow = service.get(workspace, flow_id)
        if chosen:
            flow = managing.map_models(workspace, flow, chosen, by=current_user)
        flash(_mapped(flow, chosen))
    except (parsing.InvalidGraph, Refused) as error:
        flash(str(error))
    return redirect(url_for("flows.show", slug=workspace.slug, flow_id=flow_id), 303)


def _mapped(flow: Flow, chosen: dict[str, str]) -> str:
    if not chosen:
        return "No model was chosen. Nothing was changed."
    said = "; ".join(f"“{other}” in place of “{name}”" for name, other in chosen.items())
    return f"The flow now calls {said}.{'' if flow.deployed else ' It is not deployed yet.'}"


@bp.get("/delete")
@requires("chatflows:delete")
def confirm_delete(workspace: Workspace, flow_id: UUID) -> ResponseReturnValue:
    flow = service.get(workspace, flow_id)
    calls = current_app.extensions["forjinn.flow_calls"](workspace, flow_id)
    context = {
        "flow": listing.row(workspace, flow),
        "calls": calls,
        "failing": sum(one.calls for one in calls),
        "most_named": MOST_NAMED,
    }
    return partial_or_page("flows/_delete.html", "flows/delete.html", 200, **context)


@bp.post("/delete")
@requires("chatflows:delete")
def delete(workspace: Workspace, flow_id: UUID) -> ResponseReturnValue:
    flow = service.get(workspace, flow_id)
    name, kind = flow.name, flow.type.lower()
    managing.delete(workspace, flow)
    if not wants_fragment():
        flash(f"The flow “{name}” was deleted. Any call of it now receives 404 Not Found.")
        return redirect(url_for("flows.index", slug=workspace.slug, type=kind), 303)
    response = make_response(render_template("flows/_deleted.html", name=name))
    return said(response, HX_Trigger="close-dialog, flows-changed")
