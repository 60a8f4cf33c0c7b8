"""The verbs of gateway keys. Every statement about keys names its workspace."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from forjinn import names
from forjinn.accounts.models import User
from forjinn.apikeys import token
from forjinn.database import now, writing
from forjinn.errors import AlreadyDone, NotFound, Refused
from forjinn.extensions import db
from forjinn.gateway import service as models
from forjinn.gateway.configurations import service as configurations
from forjinn.gateway.keys.models import GatewayKey
from forjinn.gateway.models import GatewayConfiguration
from forjinn.workspaces.models import Workspace


@dataclass(frozen=True, slots=True)
class Terms:
    """What a key may do; None and an empty list of models mean: as much as there is.

    `budget_money` is in millionths of a dollar. A budget is for the key's whole life.
    """

    models: tuple[str, ...] = ()
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    budget_tokens: int | None = None
    budget_money: int | None = None
    expires_at: datetime | None = None


def issue(
    workspace: Workspace,
    label: str,
    terms: Terms,
    *,
    by: User | None,
    configuration: GatewayConfiguration | None = None,
    form_token: str | None = None,
) -> tuple[GatewayKey, str]:
    """Create a key of this configuration, else of the first; with its plaintext, which exists nowhere else.

    Raises Refused for a bad or taken label or a model that the configuration does not offer, AlreadyDone
    when the form token was used before, NotFound when the configuration was deleted.
    """
    configuration = configuration or configurations.first(workspace)
    label = names.checked(label, what="label")
    secret = token.new(token.GATEWAY_PREFIX)
    key = GatewayKey(
        workspace_id=workspace.id,
        configuration_id=configuration.id,
        label=label,
        label_key=names.folded(label),
        digest=token.digest(secret),
        hint=hint(secret),
        models=json.dumps(_offered(workspace, configuration, terms.models)),
        requests_per_minute=terms.requests_per_minute,
        tokens_per_minute=terms.tokens_per_minute,
        budget_tokens=terms.budget_tokens,
        budget_money=terms.budget_money,
        expires_at=terms.expires_at,
        created_by_id=by.id if by else None,
        form_token=form_token,
    )
    try:
        with writing() as session:
            _refuse_repeated(session, workspace, form_token)
            configurations.hold(session, workspace, configuration)
            session.add(key)
    except IntegrityError as error:
        _refuse_repeated(db.session(), workspace, form_token)
        raise Refused(f"There is a gateway key labelled “{label}” already.", "name") from error
    return key, secret


def hint(secret: str) -> str:
    """What is shown of a key once its secret is gone: the prefix and four characters, and the last four."""
    return f"{secret[:9]}…{secret[-4:]}"


def of(workspace: Workspace, configuration: GatewayConfiguration | None = None) -> Sequence[GatewayKey]:
    """The live keys, of one configuration or of all, the newest first."""
    statement = _live(workspace).order_by(GatewayKey.created_at.desc(), GatewayKey.id)
    if configuration is not None:
        statement = statement.where(GatewayKey.configuration_id == configuration.id)
    return db.session.scalars(statement).all()


def get(workspace: Workspace, key_id: UUID) -> GatewayKey:
    """A live key of the workspace. Raises NotFound, also for another workspace's key."""
    return _one(_live(workspace).where(GatewayKey.id == key_id))


def labelled(workspace: Workspace, label: str) -> GatewayKey:
    """The live key of this label, whatever its case. Raises NotFound."""
    return _one(_live(workspace).where(GatewayKey.label_key == names.folded(label.strip())), label)


def pause(workspace: Workspace, key: GatewayKey) -> None:
    """Refuse the key until `resume`."""
    _change(workspace, key, paused_at=now())


def resume(workspace: Workspace, key: GatewayKey) -> None:
    _change(workspace, key, paused_at=None)


def delete(workspace: Workspace, key: GatewayKey, *, by: User | None) -> None:
    """End the key for good: every request that starts later gets 401. Raises NotFound if it is gone."""
    _change(workspace, key, deleted_at=now(), deleted_by_id=by.id if by else None)


def _live(workspace: Workspace) -> Select[GatewayKey]:
    statement = select(GatewayKey).where(
        GatewayKey.workspace_id == workspace.id, GatewayKey.deleted_at.is_(None)
    )
    return statement.execution_options(populate_existing=True)


def _one(statement: Select[GatewayKey], label: str | None = None) -> GatewayKey:
    key = db.session.scalar(statement)
    if key is None:
        what = f"There is no gateway key labelled {label!r}" if label else "There is no such gateway key"
        raise NotFound(f"{what} in this workspace, or it was deleted.")
    return key


def _change(workspace: Workspace, key: GatewayKey, **values: object) -> None:
    """Change a key while it is live. A deleted key never changes again."""
    live = (
        GatewayKey.workspace_id == workspace.id,
        GatewayKey.id == key.id,
        GatewayKey.deleted_at.is_(None),
    )
    with writing() as session:
        changed = session.scalar(update(GatewayKey).where(*live).values(**values).returning(GatewayKey.id))
        if changed is None:
            raise NotFound("This gateway key was deleted in the meantime.")


def _offered(workspace: Workspace, configuration: GatewayConfiguration, wanted: Sequence[str]) -> list[str]:
    """The models' own spelling of these names. Raises Refused for one that the configuration has not."""
    found = models.registered(workspace, wanted)
    for name in found:
        if not configuration.offers(name):
            raise Refused(f"The configuration “{configuration.name}” does not offer “{name}”.", "models")
    return found


def _refuse_repeated(session: Session, workspace: Workspace, form_token: str | None) -> None:
    if form_token is None:
        return
    used = session.scalar(
        select(GatewayKey).where(GatewayKey.workspace_id == workspace.id, GatewayKey.form_token == form_token)
    )
    if used is not None:
        raise AlreadyDone(f"The gateway key “{used.label}” was already created.")
