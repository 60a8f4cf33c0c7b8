from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from forjinn.accounts import service as accounts
from forjinn.errors import Refused
from forjinn.flows import history, listing, needs, overridable, parsing, service, who_asked
from forjinn.flows.forms import Access
from forjinn.flows.models import Flow
from forjinn.gateway import service as models
from forjinn.rendering import base_url, partial_or_page, wants_fragment
from forjinn.workspaces.guard import can, requires
from forjinn.workspaces.models import Workspace

# In the settings; all of them are on a page of their own.
RECENT = 5
bp = Blueprint("flows", __name__, url_prefix="/w/<slug>/flows")


@bp.get("")
@requires("chatflows:view")
def index(workspace: Workspace) -> ResponseReturnValue:
    q, kind, after, before = (request.args.get(name, "") for name in ("q", "type", "after", "before"))
    page = listing.page(workspace, q=q, kind=kind, after=after, before=before)
    if not page.rows and (after or before):
        # Deleting the last row of the last page leaves its address empty: show the first one instead.
        after = before = ""
        page = listing.page(workspace, q=q, kind=kind)
    context = {
        "page": page,
        "q": q,
        "kind": kind if kind in listing.TYPES else "",
        "types": listing.TYPES,
        "after": after,
        "before": before,
        "empty": not page.rows and not listing.has_any(workspace, kind),
        "run_days": current_app.config["FORJINN_RUN_DAYS"],
    }
    return partial_or_page("flows/_flows.html", "flows/index.html", 200, **context)


@bp.get("/<uuid:flow_id>")
@requires("chatflows:view")
def show(workspace: Workspace, flow_id: UUID) -> ResponseReturnValue:
    flow = service.get(workspace, flow_id)
    return _settings(workspace, flow)


def _settings(workspace: Workspace, flow: Flow, **more: Any) -> Response:
    """A page of its own, or the panel of the canvas."""
    context = _shown(workspace, flow, Access.of(flow)) | more
    return partial_or_page("flows/canvas/_flow_settings.html", "flows/show.html", **context)


@bp.post("/<uuid:flow_id>/access")
@requires("chatflows:update")
def configure(workspace: Workspace, flow_id: UUID) -> ResponseReturnValue:
    flow, form = service.get(workspace, flow_id), Access()
    try:
        service.configure(
            workspace,
            flow,
            is_public=form.is_public.data,
            origins=(form.origins.data or "").splitlines(),
            overridable=form.overridable.data or (),
        )
    except Refused as refused:
        form.refuse(refused)
        return _access(workspace, flow, form, 422)
    if not wants_fragment():
        flash("The access to this flow was saved.")
        return redirect(url_for("flows.show", slug=workspace.slug, flow_id=flow_id), 303)
    flow = service.get(workspace, flow_id)
    return _access(workspace, flow, Access.of(flow), saved=True)


def _access(workspace: Workspace, flow: Flow, form: Access, status: int = 200, **more: Any) -> Response:
    context = _shown(workspace, flow, form) | more
    return partial_or_page("flows/_configured.html", "flows/show.html", status, **context)


def _shown(workspace: Workspace, flow: Flow, form: Access) -> dict[str, Any]:
    graph = parsing.parse(flow.graph)
    recent = history.runs(workspace, flow, size=RECENT).rows
    return who_asked.of(workspace, recent) | {
        "flow": flow,
        "form": form,
        "groups": overridable.by_node(overridable.choices(workspace, flow, graph)),
        "steps": [(node.label, node.title) for node in graph.walk()],
        "models": graph.models,
        "missing": needs.of(workspace, graph, flow.id),
        "unregistered": needs.unregistered_names(workspace, graph.models),
        "registered": [model.name for model in models.of(workspace)],
        "base_url": base_url(),
        "created_by": accounts.name_of(flow.created_by_id),
        "recent": recent,
    }


@bp.post("/<uuid:flow_id>/deploy")
@requires("chatflows:update")
def deploy(workspace: Workspace, flow_id: UUID) -> ResponseReturnValue:
    return _set_deployed(workspace, flow_id, True, "The flow is deployed: calls to it are answered.")


@bp.post("/<uuid:flow_id>/undeploy")
@requires("chatflows:update")
def undeploy(workspace: Workspace, flow_id: UUID) -> ResponseReturnValue:
    return _set_deployed(
        workspace, flow_id, False, "The flow is not deployed: calls to it are refused with 409."
    )


def _set_deployed(workspace: Workspace, flow_id: UUID, deployed: bool, done: str) -> ResponseReturnValue:
    refused = None
    try:
        service.set_deployed(workspace, service.get(workspace, flow_id), deployed)
    except (parsing.InvalidGraph, Refused) as error:
        refused = str(error)
    if wants_fragment():
        flow = service.get(workspace, flow_id)
        return _settings(workspace, flow, refused=refused, done=None if refused else done)
    flash(refused or done)
    return redirect(url_for("flows.show", slug=workspace.slug, flow_id=flow_id), 303)


def to_call(workspace: Workspace) -> Sequence[Flow]:
    """The flows that a new key can call, for the samples beside it; for templates."""
    return listing.to_call(workspace) if can("chatflows:view") else ()
