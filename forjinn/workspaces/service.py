"""The verbs of workspaces, roles and memberships."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from forjinn import names
from forjinn.accounts.models import User
from forjinn.database import writing
from forjinn.errors import NotFound, Refused
from forjinn.extensions import db
from forjinn.workspaces.models import Membership, Role, RolePermission, Workspace
from forjinn.workspaces.permissions import ADMIN, ALL, BUILT_IN

SLUG = re.compile(r"[a-z0-9-]+")
NO_ENTRY = "There is no such workspace, or you are not a member of it."


def create(name: str) -> Workspace:
    """Make a workspace with the built-in roles. Its slug comes from the name and is unique."""
    name = names.checked(name)
    slug = _slug(name)
    for candidate in (
        slug,
        *(f"{slug}-{number}" for number in range(2, 10)),
        f"{slug}-{secrets.token_hex(4)}",
    ):
        workspace = Workspace(name=name, slug=candidate)
        try:
            with writing() as session:
                session.add(workspace)
                session.flush()
                for role_name, permissions in BUILT_IN.items():
                    _set_role(session, workspace, role_name, permissions)
        except IntegrityError:
            continue
        return workspace
    raise Refused(f"No slug is free for {name!r}.", "name")


def by_slug(slug: str) -> Workspace:
    workspace = db.session.scalar(select(Workspace).where(Workspace.slug == slug))
    if workspace is None:
        raise NotFound(f"There is no workspace {slug!r}; see: flask workspaces list")
    return workspace


def set_record_texts(workspace: Workspace, record: bool) -> None:
    """Whether what people ask and are answered is kept with each run from now on."""
    with writing() as session:
        session.execute(update(Workspace).where(Workspace.id == workspace.id).values(record_texts=record))


def all_workspaces() -> Sequence[Workspace]:
    return db.session.scalars(select(Workspace).order_by(Workspace.name, Workspace.slug)).all()


def of(user: User) -> Sequence[Workspace]:
    """The workspaces that the user may enter, by name."""
    if user.is_admin:
        return all_workspaces()
    return db.session.scalars(
        select(Workspace)
        .join(Membership, Membership.workspace_id == Workspace.id)
        .where(Membership.user_id == user.id)
        .order_by(Workspace.name, Workspace.slug)
    ).all()


def enter(user: User, slug: str) -> tuple[Workspace, frozenset[str]]:
    """The workspace and what the user may do in it. Raises NotFound to a stranger."""
    if not SLUG.fullmatch(slug):
        # PostgreSQL cannot even look for a NUL character.
        raise NotFound(NO_ENTRY)
    if user.is_admin:
        return by_slug(slug), frozenset(ALL)
    found = db.session.execute(
        select(Workspace, Role)
        .join(Membership, Membership.workspace_id == Workspace.id)
        .join(Role, Role.id == Membership.role_id)
        .where(Workspace.slug == slug, Membership.user_id == user.id)
    ).first()
    if found is None:
        raise NotFound(NO_ENTRY)
    return found.Workspace, found.Role.permissions


def grant(user: User, workspace: Workspace, role_name: str) -> None:
    """Give the user this role in the workspace, in place of any other."""
    role = role_named(workspace, role_name)
    with writing() as session:
        membership = session.get(Membership, (workspace.id, user.id), populate_existing=True)
        if membership is None:
            session.add(Membership(workspace_id=workspace.id, user_id=user.id, role_id=role.id))
        else:
            membership.role_id = role.id


def roles(workspace: Workspace) -> Sequence[Role]:
    return db.session.scalars(select(Role).where(Role.workspace_id == workspace.id).order_by(Role.name)).all()


def role_named(workspace: Workspace, name: str) -> Role:
    found = _role(db.session(), workspace, name)
    if found is None:
        known = ", ".join(role.name for role in roles(workspace))
        raise NotFound(f"There is no role {name!r} in {workspace.slug}; there are: {known}")
    return found


def set_role(workspace: Workspace, name: str, permissions: Sequence[str]) -> Role:
    """Make a role, or give it exactly these permissions. Holds on the next request of its members."""
    unknown = sorted(set(permissions) - set(ALL))
    if unknown:
        raise Refused(f"Unknown permission {', '.join(unknown)}; there are: {', '.join(ALL)}")
    if names.folded(name) == names.folded(ADMIN):
        raise Refused("The role Admin always has all permissions.")
    name = names.checked(name, longest=60)
    with writing() as session:
        return _set_role(session, workspace, name, permissions)


def _set_role(session: Session, workspace: Workspace, name: str, permissions: Sequence[str]) -> Role:
    role = _role(session, workspace, name)
    if role is None:
        role = Role(workspace_id=workspace.id, name=name, name_key=names.folded(name))
        session.add(role)
    role.grants = [RolePermission(permission=permission) for permission in sorted(set(permissions))]
    return role


def _role(session: Session, workspace: Workspace, name: str) -> Role | None:
    statement = select(Role).where(Role.workspace_id == workspace.id, Role.name_key == names.folded(name))
    return session.scalar(statement.execution_options(populate_existing=True))


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:48].rstrip("-") or "workspace"
