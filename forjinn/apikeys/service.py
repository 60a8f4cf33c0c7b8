"""The verbs of API keys. Every statement about keys names its workspace."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from forjinn import names
from forjinn.accounts.models import User
from forjinn.apikeys import shapes, token
from forjinn.apikeys.models import ApiKey
from forjinn.database import now, writing
from forjinn.errors import AlreadyDone, NotFound, Refused
from forjinn.extensions import db
from forjinn.workspaces.models import Workspace


def issue(
    workspace: Workspace,
    name: str,
    *,
    by: User | None,
    form_token: str | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Create a key; return it with its plaintext, which exists nowhere else.

    Raises Refused for a bad or taken name, AlreadyDone when the form token was used before.
    """
    name = names.checked(name)
    secret = token.new()
    key = ApiKey(
        workspace_id=workspace.id,
        name=name,
        name_key=names.folded(name),
        digest=token.digest(secret),
        hint=token.hint(secret),
        shape=shapes.FORJINN,
        created_by_id=by.id if by else None,
        expires_at=expires_at,
        form_token=form_token,
    )
    try:
        with writing() as session:
            # Asked before the insert: a repeated form would otherwise be told that its own name is taken.
            _refuse_repeated(session, workspace, form_token)
            session.add(key)
    except IntegrityError as error:
        _refuse_repeated(db.session(), workspace, form_token)
        raise _taken(name) from error
    return key, secret


def get(workspace: Workspace, key_id: UUID) -> ApiKey:
    """A live key of the workspace. Raises NotFound, also for another workspace's key."""
    return _one(_live(workspace).where(ApiKey.id == key_id))


def named(workspace: Workspace, name: str) -> ApiKey:
    """The live key of this name, whatever its case. Raises NotFound."""
    return _one(_live(workspace).where(ApiKey.name_key == names.folded(name.strip())), name)


def rename(workspace: Workspace, key: ApiKey, name: str) -> ApiKey:
    """Give a live key another name; its value does not change. Raises Refused, NotFound."""
    name = names.checked(name)
    try:
        _change(workspace, key, name=name, name_key=names.folded(name))
    except IntegrityError as error:
        raise _taken(name) from error
    return get(workspace, key.id)


def delete(workspace: Workspace, key: ApiKey, *, by: User | None) -> None:
    """End the key for good: every request that starts later gets 401. Raises NotFound if it is gone."""
    _change(workspace, key, deleted_at=now(), deleted_by_id=by.id if by else None)


def disable(workspace: Workspace, key: ApiKey) -> None:
    """Refuse the key until `enable`."""
    _change(workspace, key, disabled_at=now())


def enable(workspace: Workspace, key: ApiKey) -> None:
    _change(workspace, key, disabled_at=None)


def _live(workspace: Workspace) -> Select[ApiKey]:
    statement = select(ApiKey).where(ApiKey.workspace_id == workspace.id, ApiKey.deleted_at.is_(None))
    # What was read before a change in the same request must not be served again.
    return statement.execution_options(populate_existing=True)


def _one(statement: Select[ApiKey], name: str | None = None) -> ApiKey:
    key = db.session.scalar(statement)
    if key is None:
        what = f"There is no API key named {name!r}" if name else "There is no such API key"
        raise NotFound(f"{what} in this workspace, or it was deleted.")
    return key


def _change(workspace: Workspace, key: ApiKey, **values: object) -> None:
    """Change a key while it is live. A deleted key never changes again."""
    live = (ApiKey.workspace_id == workspace.id, ApiKey.id == key.id, ApiKey.deleted_at.is_(None))
    with writing() as session:
        changed = session.scalar(update(ApiKey).where(*live).values(**values).returning(ApiKey.id))
        if changed is None:
            raise NotFound("This API key was deleted in the meantime.")


def _refuse_repeated(session: Session, workspace: Workspace, form_token: str | None) -> None:
    if form_token is None:
        return
    used = session.scalar(
        select(ApiKey).where(ApiKey.workspace_id == workspace.id, ApiKey.form_token == form_token)
    )
    if used is not None:
        raise AlreadyDone(f"The key “{used.name}” was already created.")


def _taken(name: str) -> Refused:
    return Refused(
        f"There is an API key named “{name}” in this workspace already. Choose another name.",
        "name",
    )
