"""Under the tab Usage: single requests of a configuration."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from forjinn.gateway.configurations import service as configurations
from forjinn.gateway.models import GatewayConfiguration
from forjinn.gateway.usage import requests
from forjinn.gateway.usage.reading import read
from forjinn.rendering import partial_or_page
from forjinn.workspaces.guard import requires
from forjinn.workspaces.models import Workspace

bp = Blueprint("gateway_requests", __name__, url_prefix="/w/<slug>/gateway/usage/requests")


@bp.get("")
@requires("gateway:view", "gateway:manage")
def index(workspace: Workspace) -> ResponseReturnValue:
    shown = _asked(workspace)
    page = requests.page(workspace, shown, request.args.get("after", ""), request.args.get("before", ""))
    context: dict[str, Any] = {
        "shown": shown,
        "configurations": configurations.of(workspace),
        "page": page,
        "labels": requests.labels(workspace, {row.key_id for row in page.rows}),
        "days": current_app.config["FORJINN_RUN_DAYS"],
    }
    return partial_or_page("gateway/_requests.html", "gateway/requests.html", **context)


@bp.get("/<uuid:request_id>")
@requires("gateway:view", "gateway:manage")
def show(workspace: Workspace, request_id: UUID) -> ResponseReturnValue:
    found = requests.get(workspace, request_id)
    configuration = configurations.get(workspace, found.configuration_id)
    # Whoever has it turned off wants none shown, also of those that were kept before.
    may_show = configuration.record_texts and workspace.record_texts
    context: dict[str, Any] = {
        "found": found,
        "configuration": configuration,
        "label": requests.labels(workspace, {found.key_id}).get(found.key_id, ""),
        "texts": read(found.texts) if found.texts and may_show else None,
        "hidden": bool(found.texts) and not may_show,
    }
    return partial_or_page("gateway/_request.html", "gateway/request.html", **context)


@bp.get("/delete")
@requires("gateway:manage")
def confirm_delete_all(workspace: Workspace) -> ResponseReturnValue:
    return _confirm(_asked(workspace))


@bp.post("/delete")
@requires("gateway:manage")
def delete_all(workspace: Workspace) -> ResponseReturnValue:
    shown = _asked(workspace)
    requests.delete_all(workspace, shown)
    return _list(workspace, shown, f"The requests of “{shown.name}” were deleted.")


@bp.get("/<uuid:request_id>/delete")
@requires("gateway:manage")
def confirm_delete(workspace: Workspace, request_id: UUID) -> ResponseReturnValue:
    found = requests.get(workspace, request_id)
    return _confirm(configurations.get(workspace, found.configuration_id), found=found)


@bp.post("/<uuid:request_id>/delete")
@requires("gateway:manage")
def delete(workspace: Workspace, request_id: UUID) -> ResponseReturnValue:
    found = requests.get(workspace, request_id)
    requests.delete_one(workspace, found)
    return _list(workspace, configurations.get(workspace, found.configuration_id), "The request was deleted.")


def _asked(workspace: Workspace) -> GatewayConfiguration:
    name = request.values.get("configuration", "")
    return configurations.named(workspace, name) if name else configurations.first(workspace)


def _confirm(shown: GatewayConfiguration, **context: Any) -> Response:
    context = {"shown": shown, "found": None} | context
    return partial_or_page("gateway/_delete_requests.html", "gateway/delete_requests.html", **context)


def _list(workspace: Workspace, shown: GatewayConfiguration, sentence: str) -> Response:
    flash(sentence)
    place = url_for("gateway_requests.index", slug=workspace.slug, configuration=shown.name)
    return redirect(place, 303)  # type: ignore[return-value]
