"""What templates know of the person and the workspace."""

from __future__ import annotations

from typing import Any

from flask import Flask, g
from flask_login import current_user

from forjinn.rendering import wants_fragment
from forjinn.workspaces import service
from forjinn.workspaces.guard import can


def init(app: Flask) -> None:
    app.jinja_env.globals["can"] = can
    app.context_processor(_context)


def _context() -> dict[str, Any]:
    # A fragment has no switcher, so it needs no list.
    listed = current_user.is_authenticated and not wants_fragment()
    return {
        "workspace": g.get("workspace"),
        "workspaces": service.of(current_user) if listed else (),
    }
