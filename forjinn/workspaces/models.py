from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, String, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forjinn.database import UtcDateTime, now
from forjinn.extensions import Model
from forjinn.workspaces.permissions import ADMIN, ALL


class Workspace(Model):
    __tablename__ = "workspaces"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str] = mapped_column(String(100))
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    # Whether what people asked and were answered is kept with each run.
    record_texts: Mapped[bool] = mapped_column(default=True, server_default=true())


class Role(Model):
    __tablename__ = "roles"
    __table_args__ = (UniqueConstraint("workspace_id", "name_key"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(60))
    name_key: Mapped[str] = mapped_column(String(180))

    grants: Mapped[list[RolePermission]] = relationship(lazy="selectin", cascade="all, delete-orphan")

    @property
    def permissions(self) -> frozenset[str]:
        if self.name == ADMIN:
            # Admin means all, also what a later version adds.
            return frozenset(ALL)
        return frozenset(grant.permission for grant in self.grants)


class RolePermission(Model):
    __tablename__ = "role_permissions"

    role_id: Mapped[UUID] = mapped_column(ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True)
    permission: Mapped[str] = mapped_column(String(60), primary_key=True)


class Membership(Model):
    """A user's one role in a workspace."""

    __tablename__ = "memberships"

    workspace_id: Mapped[UUID] = mapped_column(
        ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    role_id: Mapped[UUID] = mapped_column(ForeignKey("roles.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
