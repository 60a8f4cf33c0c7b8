"""The verbs of gateway configurations. A workspace has at least one."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from forjinn.accounts.models import User
from forjinn.database import now, writing
from forjinn.errors import NotFound, Refused
from forjinn.extensions import db
from forjinn.gateway import service as models
from forjinn.gateway.keys.models import GatewayKey
from forjinn.gateway.models import GatewayConfiguration
from forjinn.gateway.usage.models import GatewayRequest
from forjinn.workspaces.models import Workspace

NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
LONGEST_NAME = 60


def of(workspace: Workspace) -> Sequence[GatewayConfiguration]:
    """The oldest first."""
    return db.session.scalars(_live(workspace)).all()


def first(workspace: Workspace) -> GatewayConfiguration:
    """The oldest: `default`, unless that was deleted."""
    return of(workspace)[0]


def get(workspace: Workspace, configuration_id: UUID) -> GatewayConfiguration:
    """Raises NotFound, also for another workspace's."""
    found = db.session.scalar(_live(workspace).where(GatewayConfiguration.id == configuration_id))
    if found is None:
        raise NotFound("There is no such gateway configuration in this workspace, or it was deleted.")
    return found


def named(workspace: Workspace, name: str) -> GatewayConfiguration:
    """Raises NotFound."""
    found = db.session.scalar(_live(workspace).where(GatewayConfiguration.name == name.replace("\x00", "")))
    if found is None:
        raise NotFound(f"There is no gateway configuration {name!r} in {workspace.slug}.")
    return found


def create(
    workspace: Workspace, name: str, *, offered: Sequence[str] = (), record_texts: bool = False
) -> GatewayConfiguration:
    """Raises Refused for a bad or taken name, or a model that is not there. None offered means all."""
    made = GatewayConfiguration(
        workspace_id=workspace.id,
        name=_checked(name),
        models=json.dumps(models.registered(workspace, offered)),
        record_texts=record_texts,
    )
    try:
        with writing() as session:
            session.add(made)
    except IntegrityError as error:
        raise _taken(made.name) from error
    return made


def change(
    workspace: Workspace,
    configuration: GatewayConfiguration,
    *,
    name: str,
    offered: Sequence[str],
    record_texts: bool,
) -> None:
    """Holds for the next request. A model that it offers and that was removed may stay in the list."""
    kept = [name for name in offered if name in configuration.offered]
    new = models.registered(workspace, [name for name in offered if name not in kept])
    values = {"name": _checked(name), "models": json.dumps(kept + new), "record_texts": record_texts}
    live = _is_live(workspace), GatewayConfiguration.id == configuration.id
    try:
        with writing() as session:
            changed = session.scalar(
                update(GatewayConfiguration).where(*live).values(**values).returning(GatewayConfiguration.id)
            )
    except IntegrityError as error:
        raise _taken(str(values["name"])) from error
    if changed is None:
        raise NotFound("This gateway configuration was deleted in the meantime.")


def remove(workspace: Workspace, configuration: GatewayConfiguration, *, by: User | None) -> int:
    """End it with all its keys, for good; how many those were. What was recorded of its calls is deleted.

    Raises Refused for the last one, NotFound if it is gone.
    """
    with writing() as session:
        # All are held, so that two deletions at once leave one, and none gets a key in between.
        held = session.scalars(_live(workspace).with_for_update()).all()
        if configuration.id not in {one.id for one in held}:
            raise NotFound("This gateway configuration was deleted in the meantime.")
        if len(held) == 1:
            raise Refused("A workspace keeps at least one gateway configuration, and this is the last.")
        at = now()
        ended = session.scalars(
            update(GatewayKey)
            .where(
                GatewayKey.workspace_id == workspace.id,
                GatewayKey.configuration_id == configuration.id,
                GatewayKey.deleted_at.is_(None),
            )
            .values(deleted_at=at, deleted_by_id=by.id if by else None)
            .returning(GatewayKey.id)
        ).all()
        session.execute(
            delete(GatewayRequest).where(
                GatewayRequest.workspace_id == workspace.id,
                GatewayRequest.configuration_id == configuration.id,
            )
        )
        session.execute(
            update(GatewayConfiguration)
            .where(_is_live(workspace), GatewayConfiguration.id == configuration.id)
            .values(deleted_at=at)
        )
    return len(ended)


def hold(session: Session, workspace: Workspace, configuration: GatewayConfiguration) -> None:
    """Keep it from being deleted until the transaction ends. Raises NotFound when it was."""
    held = _live(workspace).where(GatewayConfiguration.id == configuration.id).with_for_update(read=True)
    if session.scalar(held) is None:
        raise NotFound("This gateway configuration was deleted in the meantime.")


def key_counts(workspace: Workspace) -> dict[UUID, int]:
    """How many live keys each configuration has that has any."""
    rows = db.session.execute(
        select(GatewayKey.configuration_id, func.count())
        .where(GatewayKey.workspace_id == workspace.id, GatewayKey.deleted_at.is_(None))
        .group_by(GatewayKey.configuration_id)
    )
    return {row[0]: row[1] for row in rows}


def _live(workspace: Workspace) -> Select[GatewayConfiguration]:
    statement = select(GatewayConfiguration).where(_is_live(workspace))
    order = (GatewayConfiguration.created_at, GatewayConfiguration.id)
    return statement.order_by(*order).execution_options(populate_existing=True)


def _is_live(workspace: Workspace) -> ColumnElement[bool]:
    return (GatewayConfiguration.workspace_id == workspace.id) & GatewayConfiguration.deleted_at.is_(None)


def _checked(name: str) -> str:
    name = name.strip()
    if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise Refused(
            "It stands in the address: lowercase letters, digits and hyphens, such as batch-jobs; "
            f"at most {LONGEST_NAME}.",
            "name",
        )
    return name


def _taken(name: str) -> Refused:
    return Refused(f"There is a gateway configuration named “{name}” already.", "name")
