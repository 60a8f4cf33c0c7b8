"""One upstream of a model, on the tab Models."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from forjinn.errors import DomainError, Refused
from forjinn.gateway import money, service, trial
from forjinn.gateway.models import LanguageModel
from forjinn.gateway.screens import models
from forjinn.gateway.screens.answers import blame, done
from forjinn.gateway.screens.forms import Credential, Upstream
from forjinn.gateway.screens.models import PAGE
from forjinn.rendering import partial_or_page, wants_fragment
from forjinn.workspaces.guard import requires
from forjinn.workspaces.models import Workspace

bp = Blueprint("gateway_upstreams", __name__, url_prefix="/w/<slug>/gateway/models/<uuid:upstream_id>")


@bp.post("/test")
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


@bp.post("/prefer")
@requires("gateway:manage")
def prefer(workspace: Workspace, upstream_id: UUID) -> ResponseReturnValue:
    upstream = service.get(workspace, upstream_id)
    service.prefer(workspace, upstream)
    if not wants_fragment():
        return _back(workspace, f"{upstream.upstream} of {upstream.name} is tried earlier now.")
    return models.page(workspace)


@bp.get("")
@requires("gateway:manage")
def edit(workspace: Workspace, upstream_id: UUID) -> ResponseReturnValue:
    upstream = service.get(workspace, upstream_id)
    prices = {name: money.written(getattr(upstream, name)) for name in ("input_price", "output_price")}
    about = {"upstream": upstream.upstream, "allowed_members": ", ".join(upstream.allowed)}
    return _edit(upstream, Upstream(formdata=None, **about, **prices))


@bp.post("")
@requires("gateway:manage")
def change(workspace: Workspace, upstream_id: UUID) -> ResponseReturnValue:
    upstream, form = service.get(workspace, upstream_id), Upstream()
    try:
        service.change(
            workspace,
            upstream,
            upstream_id=form.upstream.data or "",
            prices=models.prices_of(form),
            allowed_members=models.members_of(form),
        )
    except Refused as refused:
        blame(form, refused, "upstream")
        return _edit(upstream, form, 422)
    return done(workspace, PAGE, f"The upstream “{form.upstream.data}” of “{upstream.name}” was saved.")


def _edit(upstream: LanguageModel, form: Upstream, status: int = 200) -> Response:
    context: dict[str, Any] = {"upstream": upstream, "form": form}
    return partial_or_page("gateway/_edit_model.html", "gateway/edit_model.html", status, **context)


@bp.get("/credential")
@requires("gateway:manage")
def credential_form(workspace: Workspace, upstream_id: UUID) -> ResponseReturnValue:
    return _credential(service.get(workspace, upstream_id), Credential(formdata=None))


@bp.post("/credential")
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


@bp.get("/remove")
@requires("gateway:manage")
def confirm_remove(workspace: Workspace, upstream_id: UUID) -> ResponseReturnValue:
    upstream = service.get(workspace, upstream_id)
    others = len(service.named(workspace, upstream.name)) - 1
    context: dict[str, Any] = {"upstream": upstream, "others": others}
    return partial_or_page("gateway/_remove.html", "gateway/remove.html", **context)


@bp.post("/remove")
@requires("gateway:manage")
def remove(workspace: Workspace, upstream_id: UUID) -> ResponseReturnValue:
    upstream = service.get(workspace, upstream_id)
    service.remove(workspace, upstream)
    return done(workspace, PAGE, f"The upstream “{upstream.upstream}” of “{upstream.name}” was removed.")


def _back(workspace: Workspace, sentence: str) -> Response:
    flash(sentence)
    return redirect(url_for(PAGE, slug=workspace.slug), 303)  # type: ignore[return-value]
