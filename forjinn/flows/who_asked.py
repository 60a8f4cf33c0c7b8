"""Who asked for runs: the names of keys, and of the people who tried a flow by hand; for templates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import current_app

from forjinn.accounts import service as accounts
from forjinn.flows.models import Run
from forjinn.workspaces.guard import can
from forjinn.workspaces.models import Workspace


def of(workspace: Workspace, runs: Sequence[Run]) -> dict[str, Any]:
    return {
        "keys": _key_names(workspace, {run.api_key_id for run in runs}),
        "triers": accounts.names_of({run.tried_by_id for run in runs if run.tried_by_id}),
    }


def _key_names(workspace: Workspace, ids: set[UUID | None]) -> dict[UUID, tuple[str, bool]] | None:
    """Name, and whether it is deleted, by id; None for somebody who may not see keys."""
    if not can("apikeys:view"):
        return None
    found: dict[UUID, tuple[str, bool]] = current_app.extensions["forjinn.key_names"](workspace, ids - {None})
    return found
