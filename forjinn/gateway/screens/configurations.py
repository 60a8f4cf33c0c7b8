"""The tab Configurations."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forjinn.errors import Refused
from forjinn.gateway import service as models
from forjinn.gateway.configurations import service
from forjinn.gateway.keys import listing
from forjinn.gateway.models import GatewayConfiguration
from forjinn.gateway.screens.answers import blame, done
from forjinn.gateway.screens.forms import Configuration
from forjinn.rendering import base_url, partial_or_page
from forjinn.workspaces.guard import requires
from forjinn.workspaces.models import Workspace

bp = Blueprint("gateway_configurations", __name__, url_prefix="/w/<slug>/gateway/configurations")
PAGE = "gateway_configurations.index"
MOST_KEYS = 5


def address(workspace: Workspace, configuration: GatewayConfiguration) -> str:
    """What `base_url` is to be in OpenAI's client."""
    return f"{base_url()}/gateway/{workspace.slug}/{configuration.name}/v1"


@bp.get("")
@requires("gateway:view", "gateway:manage")
def index(workspace: Workspace) -> ResponseReturnValue:
    found = service.of(workspace)
    context: dict[str, Any] = {
        "configurations": found,
        "addresses": {one.id: address(workspace, one) for one in found},
        "counts": service.key_counts(workspace),
        "there": models.folded_names(workspace),
    }
    return partial_or_page("gateway/_configurations.html", "gateway/configurations.html", **context)


@bp.get("/new")
@requires("gateway:manage")
def new(workspace: Workspace) -> ResponseReturnValue:
    return _form(workspace, Configuration(formdata=None), None)


@bp.post("/new")
@requires("gateway:manage")
def create(workspace: Workspace) -> ResponseReturnValue:
    form = Configuration()
    try:
        made = service.create(
            workspace, form.name.data or "", offered=_offered(form), record_texts=form.record_texts.data
        )
    except Refused as refused:
        blame(form, refused, "name")
        return _form(workspace, form, None, 422)
    return done(workspace, PAGE, f"The configuration “{made.name}” has an endpoint of its own now.")


@bp.get("/<uuid:configuration_id>")
@requires("gateway:manage")
def edit(workspace: Workspace, configuration_id: UUID) -> ResponseReturnValue:
    found = service.get(workspace, configuration_id)
    about = {"offers": "some" if found.offered else "all", "models": found.offered}
    form = Configuration(formdata=None, name=found.name, record_texts=found.record_texts, **about)
    return _form(workspace, form, found)


@bp.post("/<uuid:configuration_id>")
@requires("gateway:manage")
def change(workspace: Workspace, configuration_id: UUID) -> ResponseReturnValue:
    found, form = service.get(workspace, configuration_id), Configuration()
    try:
        service.change(
            workspace,
            found,
            name=form.name.data or "",
            offered=_offered(form),
            record_texts=form.record_texts.data,
        )
    except Refused as refused:
        blame(form, refused, "name")
        return _form(workspace, form, found, 422)
    return done(workspace, PAGE, f"The configuration “{form.name.data}” was saved.")


def _offered(form: Configuration) -> list[str]:
    """Raises Refused with the field `models`."""
    if form.offers.data != "some":
        return []
    if not form.models.data:
        raise Refused("Choose at least one model, or offer all.", "models")
    return list(form.models.data)


@bp.get("/<uuid:configuration_id>/delete")
@requires("gateway:manage")
def confirm_delete(workspace: Workspace, configuration_id: UUID) -> ResponseReturnValue:
    found = service.get(workspace, configuration_id)
    keys = listing.of(workspace, found)
    context: dict[str, Any] = {
        "configuration": found,
        "keys": keys[:MOST_KEYS],
        "more": len(keys) - MOST_KEYS,
        "requests_7d": sum(key.requests_7d for key in keys),
        "last": len(service.of(workspace)) == 1,
    }
    return partial_or_page(
        "gateway/_delete_configuration.html", "gateway/delete_configuration.html", **context
    )


@bp.post("/<uuid:configuration_id>/delete")
@requires("gateway:manage")
def delete(workspace: Workspace, configuration_id: UUID) -> ResponseReturnValue:
    found = service.get(workspace, configuration_id)
    ended = service.remove(workspace, found, by=current_user)
    keys = f"{ended} {'key' if ended == 1 else 'keys'}"
    return done(workspace, PAGE, f"The configuration “{found.name}” was deleted, and {keys} with it.")


def _form(
    workspace: Workspace, form: Configuration, configuration: GatewayConfiguration | None, status: int = 200
) -> Response:
    names = [name for name, _upstreams in models.grouped(workspace)]
    gone = [name for name in configuration.offered if name not in names] if configuration else []
    context: dict[str, Any] = {"form": form, "configuration": configuration, "names": names, "gone": gone}
    return partial_or_page("gateway/_configuration.html", "gateway/configuration.html", status, **context)
