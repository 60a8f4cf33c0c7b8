"""How flows come to be: from a starting point, from a file, or as a copy."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forjinn.errors import Refused
from forjinn.flows import importing, listing, managing, parsing, service
from forjinn.flows.importing import Review
from forjinn.flows.managing_forms import ImportFlow, NewFlow
from forjinn.flows.models import Flow
from forjinn.flows.starting_points import POINTS, Wanted
from forjinn.gateway import service as models
from forjinn.guards import FILE_BYTES
from forjinn.rendering import partial_or_page, wants_fragment
from forjinn.workspaces.guard import requires
from forjinn.workspaces.models import Workspace

bp = Blueprint("making", __name__, url_prefix="/w/<slug>/flows")


@bp.get("/new")
@requires("chatflows:create")
def new(workspace: Workspace) -> ResponseReturnValue:
    # What the list that it was opened from shows.
    wanted = listing.TYPES.get(request.args.get("type", ""), listing.TYPES["chatflow"])[0]
    start = next(name for name, point in POINTS.items() if point.type == wanted)
    return _new(workspace, NewFlow(formdata=None, start=start))


@bp.post("/new")
@requires("chatflows:create")
def create(workspace: Workspace) -> ResponseReturnValue:
    form = NewFlow()
    if not form.validate():
        return _new(workspace, form, 422)
    try:
        flow = service.begin(
            workspace, form.name.data or "", POINTS[form.start.data], _wanted(form), by=current_user
        )
    except Refused as refused:
        form.refuse(refused)
        return _new(workspace, form, 422)
    except parsing.InvalidGraph as invalid:
        # All but the address is ours, or was checked.
        form.address.errors = invalid.problems
        return _new(workspace, form, 422)
    return _to(workspace, flow, f"The flow “{flow.name}” was created and is deployed.")


def _wanted(form: NewFlow) -> Wanted:
    """What the starting point asks for, and no more."""
    start, address = form.start.data, (form.address.data or "").strip()
    if start == "lookup" and not _is_address(address):
        raise Refused("Enter an address that begins with https:// or http://.", "address")
    if not form.model.data:
        raise Refused("Choose a model.", "model")
    system = (form.system.data or "").replace("\r\n", "\n").strip() if start == "faq" else ""
    return Wanted(form.model.data, system, address)


def _is_address(text: str) -> bool:
    try:
        return urlsplit(text).scheme in ("http", "https")
    except ValueError:
        return False


def _new(workspace: Workspace, form: NewFlow, status: int = 200) -> Response:
    form.model.choices = [(model.name, model.name) for model in models.of(workspace)]
    return partial_or_page("flows/_new.html", "flows/new.html", status, form=form, points=POINTS)


@bp.get("/import")
@requires("chatflows:create")
def import_form(_workspace: Workspace) -> ResponseReturnValue:
    asked = request.args.get("type", "")
    return _import(ImportFlow(formdata=None, type=asked if asked in listing.TYPES else "agentflow"))


@bp.post("/import")
@requires("chatflows:create", form_bytes=FILE_BYTES)
def import_(workspace: Workspace) -> ResponseReturnValue:
    form = ImportFlow()
    if not form.validate():
        return _import(form, 422)
    try:
        text = importing.decoded(form.file.data.read(parsing.MOST_BYTES + 4))
        review = importing.review(workspace, text)
    except parsing.InvalidGraph as invalid:
        return _import(form, 422, problems=invalid.problems)
    if review.lacks and form.seen.data != review.digest:
        return _import(form, review=review)
    return _keep(workspace, form, text, review)


def _keep(workspace: Workspace, form: ImportFlow, text: str, review: Review) -> ResponseReturnValue:
    name = (form.name.data or "").strip() or _name_of(form.file.data.filename)
    try:
        mapped = review.mapping(request.form.getlist("model"))
        kind = listing.TYPES[form.type.data][0]
        flow = service.import_agentflow(workspace, text, name=name, kind=kind, by=current_user, models=mapped)
    except Refused as refused:
        if refused.field == "name":
            form.name.errors = [str(refused)]
            return _import(form, 422, review=review)
        return _import(form, 422, review=review, problems=[str(refused)])
    state = "is deployed" if flow.deployed else "is not deployed: something that it needs is missing"
    return _to(workspace, flow, f"The flow “{flow.name}” was imported and {state}.")


def _name_of(file_name: str | None) -> str:
    return PurePath(file_name or "").name.split(".")[0][: managing.LONGEST_NAME].strip() or "Imported"


def _import(form: ImportFlow, status: int = 200, **said_with_it: Any) -> Response:
    context = {"form": form, "review": None, "problems": [], "most_bytes": parsing.MOST_BYTES} | said_with_it
    return partial_or_page("flows/_import.html", "flows/import.html", status, **context)


@bp.post("/<uuid:flow_id>/duplicate")
@requires("chatflows:create")
def duplicate(workspace: Workspace, flow_id: UUID) -> ResponseReturnValue:
    flow = managing.duplicate(workspace, service.get(workspace, flow_id), by=current_user)
    return _to(workspace, flow, f"The flow was duplicated as “{flow.name}”. The copy is not deployed.")


def _to(workspace: Workspace, flow: Flow, done: str) -> ResponseReturnValue:
    """On to the flow's page. What htmx asked for is a dialog, which the page replaces."""
    flash(done)
    page = url_for("flows.show", slug=workspace.slug, flow_id=flow.id)
    if wants_fragment():
        return Response(headers={"HX-Redirect": page})
    return redirect(page, 303)
