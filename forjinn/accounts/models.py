from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from flask_login import UserMixin
from sqlalchemy import ForeignKey, Index, LargeBinary, String, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forjinn.database import UtcDateTime, now
from forjinn.extensions import Model


class User(UserMixin, Model):
    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    email: Mapped[str] = mapped_column(String(320))
    # What must be unique: the address in folded form.
    email_key: Mapped[str] = mapped_column(String(960), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    password_hash: Mapped[str] = mapped_column(String(60))
    # An instance admin has the Admin role in every workspace, also in those made later.
    is_admin: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    # The sign-in session of this request: set by the loader, no column.
    __allow_unmapped__ = True
    signed_in_with: SignInSession | None = None

    def get_id(self) -> str:
        """What Flask-Login puts in the cookie; see `sessions.py`."""
        raise NotImplementedError("a cookie holds a sign-in session's token, not a user's id")


class SignInSession(Model):
    """One browser that is signed in. Deleting the row signs it out, whatever its cookie says."""

    __tablename__ = "sign_in_sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    user_agent: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(String(45))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)

    @property
    def current(self) -> bool:
        """Whether it is the one of this request."""
        mine = self.user.signed_in_with
        return mine is not None and mine.id == self.id


class SignInFailure(Model):
    """A wrong password, kept for 15 minutes. Holds a digest: people type passwords into the e-mail field.

    `address` is the name of the place it came from (`places.py`): an address, a device or a session.
    """

    __tablename__ = "sign_in_failures"
    __table_args__ = (Index(None, "account_digest", "address", "at"), Index(None, "address", "at"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    account_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    address: Mapped[str] = mapped_column(String(45))
    is_known: Mapped[bool] = mapped_column(default=False, server_default=false())
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, index=True)


class KnownPlace(Model):
    """A device that somebody signed in with, and one of the addresses it did so from. Kept for 90 days."""

    __tablename__ = "known_places"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    # Of the token in the device's cookie. Several people may use one device.
    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32), index=True)
    # An IPv6 address counts with all of its /64.
    network: Mapped[str] = mapped_column(String(45))
    last_used_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, index=True)
