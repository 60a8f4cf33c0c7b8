"""The tab Models."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forjinn.errors import DomainError, Refused
from forjinn.gateway import money, service, trial
from forjinn.gateway.models import EMBEDDED, LanguageModel
from forjinn.gateway.screens.answers import blame, done
from forjinn.gateway.screens.forms import KINDS, Credential, NewModel, Upstream
from forjinn.names import folded
from forjinn.rendering import partial_or_page, wants_fragment
from forjinn.workspaces.guard import requires
from forjinn.workspaces.models import Workspace

bp = Blueprint("gateway_models", __name__, url_prefix="/w/<slug>/gateway")
PAGE = "gateway_models.index"


@bp.get("")
@requires("gateway:view", "gateway:manage")
def index(workspace: Workspace) -> ResponseReturnValue:
    return _page(workspace)


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
        prices=_prices(form),
        further=folded(name.strip()) in service.folded_names(workspace),
    )


def _prices(form: NewModel | Upstream) -> tuple[int, int]:
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


@bp.post("/models/<uuid:upstream_id>/test")
@requires("gateway:manage")
def test(workspace: Workspace, upstream_id: UUID) -> ResponseReturnValue:
    upstream = service.get(workspace, upstream_id)
    try:
        sentence = f"Answered in {trial.of(upstream):,} ms."
    except DomainError as error:
        sentence = str(error)
    if not wants_fragment():
        return _back(workspace, f"{upstream.name}: {sentence}")
    return make_response(render_template("gateway/_tested.html", sentence=sentence))


@bp.post("/models/<uuid:upstream_id>/prefer")
@requires("gateway:manage")
def prefer(workspace: Workspace, upstream_id: UUID) -> ResponseReturnValue:
    upstream = service.get(workspace, upstream_id)
    service.prefer(workspace, upstream)
    if not wants_fragment():
        return _back(workspace, f"{upstream.upstream} of {upstream.name} is tried earlier now.")
    return _page(workspace)


@bp.get("/models/<uuid:upstream_id>")
@requires("gateway:manage")
def edit(workspace: Workspace, upstream_id: UUID) -> ResponseReturnValue:
    upstream = service.get(workspace, upstream_id)
    prices = {name: money.written(getattr(upstream, name)) for name in ("input_price", "output_price")}
    return _edit(upstream, Upstream(formdata=None, upstream=upstream.upstream, **prices))


@bp.post("/models/<uuid:upstream_id>")
@requires("gateway:manage")
def change(workspace: Workspace, upstream_id: UUID) -> ResponseReturnValue:
    upstream, form = service.get(workspace, upstream_id), Upstream()
    try:
        service.change(workspace, upstream, upstream_id=form.upstream.data or "", prices=_prices(form))
    except Refused as refused:
        blame(form, refused, "upstream")
        return _edit(upstream, form, 422)
    return done(workspace, PAGE, f"The upstream “{form.upstream.data}” of “{upstream.name}” was saved.")


def _edit(upstream: LanguageModel, form: Upstream, status: int = 200) -> Response:
    context: dict[str, Any] = {"upstream": upstream, "form": form}
    return partial_or_page("gateway/_edit_model.html", "gateway/edit_model.html", status, **context)


@bp.get("/models/<uuid:upstream_id>/credential")
@requires("gateway:manage")
def credential_form(workspace: Workspace, upstream_id: UUID) -> ResponseReturnValue:
    return _credential(service.get(workspace, upstream_id), Credential(formdata=None))


@bp.post("/models/<uuid:upstream_id>/credential")
@requires("gateway:manage")
def credential(workspace: Workspace, upstream_id: UUID) -> ResponseReturnValue:
    upstream, form = service.get(workspace, upstream_id), Credential()
    try:
        service.replace_credential(workspace, upstream, form.credential.data or "")
    except Refused as refused:
        blame(form, refused, "credential")
        return _credential(upstream, form, 422)
    return done(workspace, PAGE, f"The credential of “{upstream.name}” was replaced.")


def _credential(upstream: LanguageModel, form: Credential, status: int = 200) -> Response:
    context: dict[str, Any] = {"upstream": upstream, "form": form}
    return partial_or_page("gateway/_credential.html", "gateway/credential.html", status, **context)


@bp.get("/models/<uuid:upstream_id>/remove")
@requires("gateway:manage")
def confirm_remove(workspace: Workspace, upstream_id: UUID) -> ResponseReturnValue:
    upstream = service.get(workspace, upstream_id)
    others = len(service.named(workspace, upstream.name)) - 1
    context: dict[str, Any] = {"upstream": upstream, "others": others}
    return partial_or_page("gateway/_remove.html", "gateway/remove.html", **context)


@bp.post("/models/<uuid:upstream_id>/remove")
@requires("gateway:manage")
def remove(workspace: Workspace, upstream_id: UUID) -> ResponseReturnValue:
    upstream = service.get(workspace, upstream_id)
    service.remove(workspace, upstream)
    return done(workspace, PAGE, f"The upstream “{upstream.upstream}” of “{upstream.name}” was removed.")


def _page(workspace: Workspace) -> Response:
    context: dict[str, Any] = {"models": service.grouped(workspace)}
    return partial_or_page("gateway/_models.html", "gateway/models.html", **context)


def _form(form: NewModel, status: int = 200) -> Response:
    context: dict[str, Any] = {"form": form, "kinds": KINDS}
    return partial_or_page("gateway/_new_model.html", "gateway/new_model.html", status, **context)


def _back(workspace: Workspace, sentence: str) -> Response:
    flash(sentence)
    return redirect(url_for(PAGE, slug=workspace.slug), 303)  # type: ignore[return-value]
