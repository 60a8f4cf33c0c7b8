"""Sign-in sessions as rows: what the cookie's token stands for, and what ends it on the server."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

from flask import current_app
from flask_login import login_user
from sqlalchemy import delete, select, update

from forjinn.accounts.models import SignInSession, User
from forjinn.database import now, writing
from forjinn.errors import NotFound
from forjinn.extensions import db

# Writing "last seen" on every click would make each page a write transaction.
SEEN_EVERY = timedelta(minutes=1)


class Visitor:
    """What Flask-Login stores in the cookie: the random token, not a user's id."""

    is_active = is_authenticated = True

    def __init__(self, token: str) -> None:
        self._token = token

    def get_id(self) -> str:
        return self._token


def begin(user: User, *, address: str, user_agent: str) -> None:
    """Sign the user in: a new row, its token in the signed cookie."""
    token = secrets.token_urlsafe(32)
    with writing() as session:
        # Rows that nobody will ever present again would pile up over the years.
        session.execute(delete(SignInSession).where(SignInSession.last_seen_at < now() - _idle()))
        session.add(
            SignInSession(
                user_id=user.id,
                token_digest=_digest(token),
                address=address,
                user_agent=user_agent[:200],
            )
        )
    login_user(Visitor(token))


def load(token: str) -> User | None:
    """Flask-Login's user loader. None for a session that was ended, or idle for too long."""
    found = db.session.scalar(select(SignInSession).where(SignInSession.token_digest == _digest(token)))
    if found is None or found.last_seen_at < now() - _idle():
        return None
    if found.last_seen_at < now() - SEEN_EVERY:
        with writing() as session:
            session.execute(
                update(SignInSession).where(SignInSession.id == found.id).values(last_seen_at=now())
            )
    found.user.signed_in_with = found
    user: User = found.user
    return user


def of(user: User) -> list[SignInSession]:
    """The user's open sign-ins, the latest used first."""
    return list(
        db.session.scalars(
            select(SignInSession)
            .where(SignInSession.user_id == user.id, SignInSession.last_seen_at >= now() - _idle())
            .order_by(SignInSession.last_seen_at.desc(), SignInSession.id)
        )
    )


def end(user: User, session_id: UUID) -> None:
    """End one sign-in of this user. Raises NotFound for somebody else's."""
    with writing() as session:
        ended = session.scalar(
            delete(SignInSession)
            .where(SignInSession.id == session_id, SignInSession.user_id == user.id)
            .returning(SignInSession.id)
        )
        if ended is None:
            raise NotFound("This session has ended already.")


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _idle() -> timedelta:
    return timedelta(hours=current_app.config["FORJINN_SESSION_IDLE_HOURS"])
