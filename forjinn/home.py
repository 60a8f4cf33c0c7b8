"""The way in, and the theme: what belongs to no feature."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forjinn.accounts.views import local_path
from forjinn.guards import public, signed_in
from forjinn.rendering import THEMES
from forjinn.workspaces import service

bp = Blueprint("pages", __name__)

YEAR = 31_536_000


@bp.get("/")
@signed_in
def home() -> ResponseReturnValue:
    for workspace in service.of(current_user):
        _workspace, permissions = service.enter(current_user, workspace.slug)
        # Somebody with a role of flows alone would be refused at the keys.
        page = "flows.index" if "apikeys:view" not in permissions else "apikeys.index"
        return redirect(url_for(page, slug=workspace.slug), 303)
    return render_template("no_workspace.html")


@bp.post("/theme")
@public
def set_theme() -> Response:
    theme = request.form.get("theme", "")
    response = redirect(local_path(request.form.get("next")), 303)
    if theme in THEMES:
        response.set_cookie(
            "theme", theme, max_age=YEAR, httponly=True, samesite="Lax", secure=request.is_secure
        )
    return response  # type: ignore[return-value]
