"""The tab Models."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from forjinn.errors import DomainError, Refused
from forjinn.gateway import money, service, trial
from forjinn.gateway.models import EMBEDDED, LanguageModel
from forjinn.gateway.screens.answers import blame, done
from forjinn.gateway.screens.forms import KINDS, NewModel, Upstream
from forjinn.names import folded
from forjinn.rendering import partial_or_page
from forjinn.workspaces.guard import requires
from forjinn.workspaces.models import Workspace

bp = Blueprint("gateway_models", __name__, url_prefix="/w/<slug>/gateway")
PAGE = "gateway_models.index"


@bp.get("")
@requires("gateway:view", "gateway:manage")
def index(workspace: Workspace) -> ResponseReturnValue:
    return page(workspace)


@bp.get("/models/new")
@requires("gateway:manage")
def new(_workspace: Workspace) -> ResponseReturnValue:
    return _form(NewModel(formdata=None, name=request.args.get("name", "")))


@bp.post("/models/new")
@requires("gateway:manage")
def create(workspace: Workspace) -> ResponseReturnValue:
    form = NewModel()
    try:
        model = _added(workspace, form)
    except Refused as refused:
        blame(form, refused, "name")
        return _form(form, 422)
    return done(workspace, PAGE, f"The model “{model.name}” can be called now.")


def _added(workspace: Workspace, form: NewModel) -> LanguageModel:
    name, text = form.name.data or "", {field.name: (field.data or "").strip() for field in form}
    if form.kind.data == EMBEDDED:
        return service.add_embedded(workspace, name)
    if form.kind.data not in dict(KINDS):
        raise Refused("Choose what kind of model this is.", "kind")
    if not text["upstream"]:
        raise Refused("Enter the model's id at that endpoint.", "upstream")
    # A name that is there gets one more upstream.
    return service.add(
        workspace,
        name,
        base_url=text["base_url"],
        upstream=text["upstream"],
        credential=text["credential"] or None,
        kind=form.kind.data,
        prices=prices_of(form),
        further=folded(name.strip()) in service.folded_names(workspace),
        allowed_members=members_of(form),
    )


def members_of(form: NewModel | Upstream) -> list[str]:
    return (form.allowed_members.data or "").replace(",", " ").split()


def prices_of(form: NewModel | Upstream) -> tuple[int, int]:
    """Raises Refused with the name of the field."""
    fields = (form.input_price, form.output_price)
    given, made = (money.parsed((field.data or "").strip() or "0", field.name) for field in fields)
    return given, made


@bp.post("/models/offered")
@requires("gateway:manage")
def offered(_workspace: Workspace) -> ResponseReturnValue:
    """The models that an endpoint lists, to choose from in the form."""
    form = NewModel()
    try:
        listed = trial.listed((form.base_url.data or "").strip(), (form.credential.data or "").strip())
        problem = "" if listed else "The endpoint lists no models."
    except DomainError as error:
        listed, problem = [], str(error)
    status = 422 if problem else 200
    return make_response(render_template("gateway/_offered.html", listed=listed, problem=problem), status)


def page(workspace: Workspace) -> Response:
    context: dict[str, Any] = {"models": service.grouped(workspace)}
    return partial_or_page("gateway/_models.html", "gateway/models.html", **context)


def _form(form: NewModel, status: int = 200) -> Response:
    context: dict[str, Any] = {"form": form, "kinds": KINDS}
    return partial_or_page("gateway/_new_model.html", "gateway/new_model.html", status, **context)
