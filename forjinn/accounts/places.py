"""Where somebody signs in from, and whether they have done so before: on this device, or from this address.

Guesses from elsewhere slow down guesses from elsewhere only, so that nobody can lock a person out.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from forjinn.accounts.models import KnownPlace, SignInSession, User
from forjinn.bounds import bound
from forjinn.callers import LONGEST, network
from forjinn.database import now, writing
from forjinn.extensions import db

KNOWN_FOR = timedelta(days=90)
MOST = bound("devices and addresses that an account is known to sign in from", 20, "places")


class Place(NamedTuple):
    """`name` is an address (of IPv6: its /64), or stands for a device or a session."""

    name: str
    is_known: bool


def place_of(email_key: str | None, token: str | None, address: str) -> Place:
    """The place of somebody who shows this device's token, if any, and wants to be this account."""
    here, digest = _network(address), _digest(token or "")
    if _is_known(email_key, KnownPlace.token_digest == digest):
        # Of a digest of a random token, half is more than enough to tell devices apart.
        return Place(f"device {digest.hex()[:32]}", True)
    return Place(here, _is_known(email_key, KnownPlace.network == here))


def place_of_session(session: SignInSession) -> Place:
    return Place(f"session {session.id.hex}", True)


def _is_known(email_key: str | None, where: ColumnElement[bool]) -> bool:
    statement = select(KnownPlace.id).join(User, User.id == KnownPlace.user_id).limit(1)
    since = KnownPlace.last_used_at >= now() - KNOWN_FOR
    return db.session.scalar(statement.where(User.email_key == email_key, since, where)) is not None


def remember(user: User, token: str | None, address: str) -> str:
    """Know this device and this address from now on; return the device's new token.

    It is a new one each time: one that somebody else has put there would be known to them, too. What the
    device is known for, perhaps to several people, goes on.
    """
    new = secrets.token_urlsafe(32)
    with writing() as session:
        session.execute(delete(KnownPlace).where(KnownPlace.last_used_at < now() - KNOWN_FOR))
        session.execute(
            update(KnownPlace)
            .where(KnownPlace.token_digest == _digest(token or ""))
            .values(token_digest=_digest(new))
        )
        _add(session, user, _digest(new), _network(address))
    return new


def _add(session: Session, user: User, digest: bytes, here: str) -> None:
    mine = KnownPlace.user_id == user.id
    session.execute(
        delete(KnownPlace).where(mine, KnownPlace.token_digest == digest, KnownPlace.network == here)
    )
    session.add(KnownPlace(user_id=user.id, token_digest=digest, network=here))
    session.flush()
    latest = select(KnownPlace.id).where(mine).order_by(KnownPlace.last_used_at.desc()).limit(MOST)
    session.execute(delete(KnownPlace).where(mine, KnownPlace.id.not_in(latest)))


def forget_all(session: Session, user: User) -> None:
    """With a new password, in its transaction: whoever knew the old one may have signed in from there."""
    session.execute(delete(KnownPlace).where(KnownPlace.user_id == user.id))


def _network(address: str) -> str:
    return network(address)[:LONGEST]


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
