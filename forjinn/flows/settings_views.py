"""The settings of a workspace: what its runs keep, and the variables of its flows."""

from __future__ import annotations

from typing import Any

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

from forjinn.errors import Refused
from forjinn.flows import stored_variables
from forjinn.flows.forms import Recording, SetVariable
from forjinn.rendering import partial_or_page, said, wants_fragment
from forjinn.workspaces import service as workspaces
from forjinn.workspaces.guard import can, requires
from forjinn.workspaces.models import Workspace

bp = Blueprint("settings", __name__, url_prefix="/w/<slug>/settings")


@bp.get("")
@requires("chatflows:update", "members:manage")
def index(workspace: Workspace) -> ResponseReturnValue:
    return render_template("settings/index.html", **_shown(workspace))


@bp.post("/recording")
@requires("members:manage")
def set_recording(workspace: Workspace) -> ResponseReturnValue:
    workspaces.set_record_texts(workspace, Recording().record_texts.data)
    if not wants_fragment():
        flash("What this workspace keeps was saved.")
        return _back(workspace)
    return make_response(render_template("settings/_recording_saved.html", **_shown(workspace, saved=True)))


@bp.get("/variables")
@requires("chatflows:update")
def variables(workspace: Workspace) -> ResponseReturnValue:
    """The list; with `name`, that variable's form beside it."""
    name = request.args.get("name")
    form = SetVariable.of(stored_variables.get(workspace, name) if name else None)
    return _variables(workspace, form, editing=name)


@bp.post("/variables")
@requires("chatflows:update")
def put_variable(workspace: Workspace) -> ResponseReturnValue:
    form = SetVariable()
    try:
        variable = stored_variables.put(
            workspace, form.name.data or "", form.value.data or "", secret=form.is_secret.data
        )
    except Refused as refused:
        form.refuse(refused)
        if form.is_secret.data:
            # A secret is not sent back, not even to the one who typed it.
            form.value.data = ""
        return _variables(workspace, form, 422)
    if not wants_fragment():
        flash(f"The variable “{variable.name}” was saved.")
        return _back(workspace)
    return _variables(workspace, SetVariable.of(None), highlight=variable.name)


@bp.get("/variables/delete")
@requires("chatflows:update")
def confirm_delete(workspace: Workspace) -> ResponseReturnValue:
    variable = stored_variables.get(workspace, request.args.get("name", ""))
    partial, page = "settings/_delete_variable.html", "settings/delete_variable.html"
    return partial_or_page(partial, page, variable=variable)


@bp.post("/variables/delete")
@requires("chatflows:update")
def delete_variable(workspace: Workspace) -> ResponseReturnValue:
    name = request.form.get("name", "")
    stored_variables.delete(workspace, name)
    if not wants_fragment():
        flash(f"The variable “{name}” was deleted.")
        return _back(workspace)
    response = make_response(render_template("settings/_variable_deleted.html", name=name))
    return said(response, HX_Trigger="close-dialog, variables-changed")


def _variables(workspace: Workspace, form: SetVariable, status: int = 200, **more: Any) -> Response:
    context = _shown(workspace, form=form, **more)
    return partial_or_page("settings/_variables_changed.html", "settings/index.html", status, **context)


def _shown(workspace: Workspace, **more: Any) -> dict[str, Any]:
    mine = can("chatflows:update")
    return {
        "recording": workspace.record_texts,
        "run_days": current_app.config["FORJINN_RUN_DAYS"],
        "variables": stored_variables.of(workspace) if mine else None,
        "form": SetVariable.of(None),
        "editing": None,
        "highlight": None,
        "saved": False,
    } | more


def _back(workspace: Workspace) -> Response:
    return redirect(url_for("settings.index", slug=workspace.slug), 303)  # type: ignore[return-value]
