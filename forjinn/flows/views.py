from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forjinn.accounts import service as accounts
from forjinn.errors import Refused
from forjinn.flows import needs, parsing, service
from forjinn.flows.models import Flow
from forjinn.rendering import base_url, partial_or_page
from forjinn.workspaces.guard import can, requires
from forjinn.workspaces.models import Workspace

bp = Blueprint("flows", __name__, url_prefix="/w/<slug>/flows")


@bp.get("")
@requires("chatflows:view")
def index(workspace: Workspace) -> ResponseReturnValue:
    q = request.args.get("q", "")
    flows = service.of(workspace, q)
    return partial_or_page("flows/_flows.html", "flows/index.html", flows=flows, q=q)


@bp.get("/<uuid:flow_id>")
@requires("chatflows:view")
def show(workspace: Workspace, flow_id: UUID) -> ResponseReturnValue:
    flow = service.get(workspace, flow_id)
    parsed = parsing.parse(flow.graph)
    steps = [(node.label, node.title) for node in parsed.walk()]
    return render_template(
        "flows/show.html",
        flow=flow,
        steps=steps,
        models=parsed.models,
        missing=needs.of(workspace, parsed, flow.id),
        base_url=base_url(),
        created_by=accounts.name_of(flow.created_by_id),
    )


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
    try:
        service.set_deployed(workspace, service.get(workspace, flow_id), deployed)
        flash(done)
    except (parsing.InvalidGraph, Refused) as error:
        flash(str(error))
    return redirect(url_for("flows.show", slug=workspace.slug, flow_id=flow_id), 303)


def to_call(workspace: Workspace) -> list[Flow]:
    """The flows that a new key can call, for the samples beside it; for templates."""
    return [flow for flow in service.of(workspace) if flow.deployed] if can("chatflows:view") else []
