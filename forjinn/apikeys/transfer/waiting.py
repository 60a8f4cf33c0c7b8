"""An import between its plan and its confirmation. What waits are digests: the file's secrets are gone."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select

from forjinn.accounts.models import User
from forjinn.apikeys.models import ApiKeyImport
from forjinn.apikeys.transfer import applying, planning
from forjinn.apikeys.transfer.entries import Entry, packed, unpacked
from forjinn.apikeys.transfer.planning import Plan
from forjinn.apikeys.transfer.reading import KeyFile
from forjinn.database import now, writing
from forjinn.errors import NotFound
from forjinn.extensions import db
from forjinn.workspaces.models import Workspace

LONGEST_WAIT = timedelta(hours=1)


def begin(workspace: Workspace, file: KeyFile, mode: str, *, by: User) -> ApiKeyImport:
    """Keep what the file says until its plan is confirmed. Raises what `applying.check` raises."""
    applying.check(file.entries, mode)
    waiting = ApiKeyImport(
        workspace_id=workspace.id, by_id=by.id, mode=mode, sha256=file.sha256, entries=packed(file.entries)
    )
    with writing() as session:
        forgotten = (ApiKeyImport.applied_at.is_(None), ApiKeyImport.created_at < now() - LONGEST_WAIT)
        session.execute(delete(ApiKeyImport).where(*forgotten))
        session.add(waiting)
    return waiting


def get(workspace: Workspace, import_id: UUID, *, by: User) -> ApiKeyImport:
    """An import of this person that waits. Raises NotFound, also for one that was applied."""
    waiting = db.session.scalar(
        select(ApiKeyImport).where(
            ApiKeyImport.workspace_id == workspace.id,
            ApiKeyImport.id == import_id,
            ApiKeyImport.by_id == by.id,
            ApiKeyImport.applied_at.is_(None),
            ApiKeyImport.created_at >= now() - LONGEST_WAIT,
        )
    )
    if waiting is None:
        raise NotFound("This import was applied or given up. Choose the file again.")
    return waiting


def plan(workspace: Workspace, waiting: ApiKeyImport) -> Plan:
    """What it would do to the keys as they are now."""
    return planning.make(db.session(), workspace, _entries(workspace, waiting), waiting.mode)


def apply(workspace: Workspace, waiting: ApiKeyImport, shown: str, *, by: User) -> Plan:
    """Apply exactly the plan that was shown. Raises what `applying.apply` raises."""
    entries = _entries(workspace, waiting)
    done = applying.apply(workspace, entries, waiting.mode, by=by, sha256=waiting.sha256, shown=shown)
    give_up(workspace, waiting)
    return done


def _entries(workspace: Workspace, waiting: ApiKeyImport) -> list[Entry]:
    # Not through the object, which would hold the packed ones as long as the unpacked.
    packed_ones = db.session.scalar(
        select(ApiKeyImport.entries).where(
            ApiKeyImport.workspace_id == workspace.id, ApiKeyImport.id == waiting.id
        )
    )
    return unpacked(packed_ones or b"")


def give_up(workspace: Workspace, waiting: ApiKeyImport) -> None:
    with writing() as session:
        session.execute(
            delete(ApiKeyImport).where(
                ApiKeyImport.workspace_id == workspace.id, ApiKeyImport.id == waiting.id
            )
        )
