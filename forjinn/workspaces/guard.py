"""The guard of everything in a workspace. It loads what the view needs:

a stranger gets 404, a member without the right 403, and the view receives the workspace.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import g
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from forjinn.errors import MissingPermission
from forjinn.guards import FORM_BYTES, accept_form, mark
from forjinn.workspaces import service


def requires(
    *permissions: str, form_bytes: str = FORM_BYTES
) -> Callable[[Callable[..., ResponseReturnValue]], Callable[..., Any]]:
    """Let in members of the workspace in the URL whose role has one of the permissions.

    `form_bytes` is the setting of how large a form they may send.
    """

    def decorate(view: Callable[..., ResponseReturnValue]) -> Callable[..., Any]:
        @wraps(view)
        @login_required  # type: ignore[untyped-decorator]
        def guarded(slug: str, **arguments: Any) -> ResponseReturnValue:
            g.workspace, g.permissions = service.enter(current_user, slug)
            if not g.permissions.intersection(permissions):
                raise MissingPermission(*permissions)
            return accept_form(form_bytes) or view(g.workspace, **arguments)

        return mark(guarded, "workspace")

    return decorate


def can(permission: str) -> bool:
    """Whether the current person may do this in the current workspace; for templates."""
    return permission in g.get("permissions", ())
