"""The tab Keys."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, current_app, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forjinn.errors import AlreadyDone, NotFound, Refused
from forjinn.gateway import service as models
from forjinn.gateway.configurations import service as configurations
from forjinn.gateway.keys import listing, service, terms
from forjinn.gateway.keys.models import GatewayKey
from forjinn.gateway.models import GatewayConfiguration
from forjinn.gateway.quota import Quota
from forjinn.gateway.screens.answers import blame, done
from forjinn.gateway.screens.configurations import address
from forjinn.gateway.screens.forms import NewGatewayKey
from forjinn.rendering import partial_or_page, wants_fragment
from forjinn.workspaces.guard import requires
from forjinn.workspaces.models import Workspace

bp = Blueprint("gateway_keys", __name__, url_prefix="/w/<slug>/gateway/keys")
PAGE = "gateway_keys.index"
TERMS = ("requests_per_minute", "tokens_per_minute", "budget_tokens", "budget_money", "expires")


@bp.get("")
@requires("gateway:view", "gateway:manage")
def index(workspace: Workspace) -> ResponseReturnValue:
    return partial_or_page("gateway/_keys.html", "gateway/keys.html", **_list(workspace))


@bp.get("/new")
@requires("gateway:manage")
def new(workspace: Workspace) -> ResponseReturnValue:
    return _form(workspace, NewGatewayKey.fresh(_asked(workspace).name))


@bp.post("/new")
@requires("gateway:manage")
def create(workspace: Workspace) -> ResponseReturnValue:
    form = NewGatewayKey()
    try:
        if not form.validate():
            raise Refused("This form is incomplete. Close it and start again.", "name")
        agreed = terms.read(models=form.models.data or (), **{name: form[name].data for name in TERMS})
        key, secret = service.issue(
            workspace,
            form.name.data or "",
            agreed,
            by=current_user,
            configuration=_chosen(workspace, form),
            form_token=form.once.data,
        )
    except AlreadyDone as already:
        return _form(workspace, form, 409, already=str(already))
    except Refused as refused:
        blame(form, refused, "name")
        return _form(workspace, form, 422)
    return _reveal(workspace, key, secret)


@bp.get("/new/models")
@requires("gateway:manage")
def models_of(workspace: Workspace) -> ResponseReturnValue:
    """The part of the form with the models to choose from, for another configuration."""
    chosen = _asked(workspace)
    context: dict[str, Any] = {"form": NewGatewayKey(formdata=None), "names": _names(workspace, chosen)}
    return make_response(render_template("gateway/_key_models.html", **context))


def _chosen(workspace: Workspace, form: NewGatewayKey) -> GatewayConfiguration:
    """The first when none is named. Raises Refused with the field `configuration`."""
    if not form.configuration.data:
        return configurations.first(workspace)
    try:
        return configurations.named(workspace, form.configuration.data)
    except NotFound as gone:
        raise Refused("Choose a configuration that is there.", "configuration") from gone


def _form(
    workspace: Workspace, form: NewGatewayKey, status: int = 200, already: str | None = None
) -> Response:
    found = configurations.of(workspace)
    chosen = next((one for one in found if one.name == form.configuration.data), found[0])
    context: dict[str, Any] = {
        "form": form,
        "configurations": found,
        "names": _names(workspace, chosen),
        "already": already,
    }
    return partial_or_page("gateway/_new_key.html", "gateway/new_key.html", status, **context)


def _names(workspace: Workspace, configuration: GatewayConfiguration) -> list[str]:
    """The models that a key of this configuration may call."""
    return [name for name, _upstreams in models.grouped(workspace) if configuration.offers(name)]


def _reveal(workspace: Workspace, key: GatewayKey, secret: str) -> Response:
    configuration = configurations.get(workspace, key.configuration_id)
    names = key.allowed or _names(workspace, configuration)
    context: dict[str, Any] = {
        "key": key,
        "secret": secret,
        "url": address(workspace, configuration),
        "model": names[0] if names else "<model>",
    }
    if wants_fragment():
        context |= _list(workspace, highlight=key.id)
    # Not redirected: this answer is the only time the key is shown, so no cache may keep it either.
    response = partial_or_page("gateway/_created.html", "gateway/reveal.html", **context)
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.post("/<uuid:key_id>/pause")
@requires("gateway:manage")
def pause(workspace: Workspace, key_id: UUID) -> ResponseReturnValue:
    key = service.get(workspace, key_id)
    service.pause(workspace, key)
    return _changed(workspace, key, f"The key “{key.label}” is paused: calls with it receive 401.")


@bp.post("/<uuid:key_id>/resume")
@requires("gateway:manage")
def resume(workspace: Workspace, key_id: UUID) -> ResponseReturnValue:
    key = service.get(workspace, key_id)
    service.resume(workspace, key)
    return _changed(workspace, key, f"The key “{key.label}” works again.")


def _changed(workspace: Workspace, key: GatewayKey, sentence: str) -> Response:
    if not wants_fragment():
        return done(workspace, PAGE, sentence)
    context = _list(workspace, highlight=key.id) | {"sentence": sentence}
    return partial_or_page("gateway/_keys_changed.html", "gateway/keys.html", **context)


@bp.get("/<uuid:key_id>/delete")
@requires("gateway:manage")
def confirm_delete(workspace: Workspace, key_id: UUID) -> ResponseReturnValue:
    row = listing.row(workspace, service.get(workspace, key_id))
    return partial_or_page("gateway/_delete_key.html", "gateway/delete_key.html", key=row)


@bp.post("/<uuid:key_id>/delete")
@requires("gateway:manage")
def delete(workspace: Workspace, key_id: UUID) -> ResponseReturnValue:
    key = service.get(workspace, key_id)
    service.delete(workspace, key, by=current_user)
    return done(
        workspace, PAGE, f"The key “{key.label}” was deleted. Any request that uses it now receives 401."
    )


def _asked(workspace: Workspace) -> GatewayConfiguration:
    """Which the address names, else the first."""
    name = request.args.get("configuration", "")
    return configurations.named(workspace, name) if name else configurations.first(workspace)


def _list(workspace: Workspace, highlight: UUID | None = None) -> dict[str, Any]:
    quota: Quota = current_app.extensions["forjinn.gateway_quota"]
    found = configurations.of(workspace)
    shown = _asked(workspace) if len(found) == 1 or request.args.get("configuration") else None
    return {
        "keys": listing.of(workspace, shown),
        "configurations": found,
        "shown": shown,
        "highlight": highlight,
        "endpoint": address(workspace, shown) if shown else None,
        "without_redis": quota.minutes.without_redis,
    }
