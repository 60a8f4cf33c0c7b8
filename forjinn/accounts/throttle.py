"""Slows down guessing. What failed in the last 15 minutes counts, in three ways:

1. for one account from one place: ten, whether it is a known device, a known address or any other;
2. from one unknown address, whatever the account: thirty, so that made-up e-mails are no way around;
3. for one account from all unknown addresses together: after twenty, each has to wait twice as long as the
   one before. A device or address that the account was signed in from is not held up by them.

Kept in the database, so that it holds over all processes and a restart. Nobody is locked for good.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from forjinn.accounts.hashing import TryLater
from forjinn.accounts.models import SignInFailure
from forjinn.accounts.places import Place
from forjinn.bounds import bound
from forjinn.database import now, writing
from forjinn.extensions import db
from forjinn.names import folded

FAILURES = bound("failed sign-ins of one account from one place", 10, "in 15 minutes")
OF_ADDRESS = bound("failed sign-ins from one unknown address (of IPv6: a /64)", 30, "in 15 minutes")
OF_ACCOUNT = bound(
    "failed sign-ins of one account from all unknown addresses before each waits longer", 20, "in 15 minutes"
)
WINDOW = timedelta(minutes=15)
FIRST_DELAY = timedelta(seconds=2)
# Each has cost a bcrypt computation, so that no flood reaches it within the window; whoever finds a way
# does not fill the disk.
MOST_ROWS = bound("failed sign-ins that are kept", 10_000, "rows")


class SlowDown(TryLater):
    """Too many failures."""

    def __init__(self, wait: timedelta) -> None:
        seconds = max(1, round(wait.total_seconds()))
        super().__init__(f"Too many failed sign-ins. Try again in {-(-seconds // 60)} min.", seconds)


def begin_attempt(email: str, place: Place) -> None:
    """Count an attempt before its password is checked, so that parallel guesses cannot slip through.

    Raises SlowDown. A success is taken back with `forget`.
    """
    mine = SignInFailure(
        id=uuid4(), account_digest=_digest(email), address=place.name, is_known=place.is_known
    )
    # First without a write, which most attempts of a flood need not cost.
    _refuse(_wait(db.session(), mine))
    with writing() as session:
        session.execute(delete(SignInFailure).where(SignInFailure.at < now() - WINDOW))
        session.execute(delete(SignInFailure).where(SignInFailure.at <= _oldest_kept()))
        session.add(mine)
    with writing() as session:
        wait = _wait(session, mine)
        if wait > timedelta():
            # A refused attempt does not count, or waiting would never end.
            session.execute(delete(SignInFailure).where(SignInFailure.id == mine.id))
    _refuse(wait)


def _refuse(wait: timedelta) -> None:
    if wait > timedelta():
        raise SlowDown(wait)


def forget(email: str, place: Place) -> None:
    with writing() as session:
        session.execute(
            delete(SignInFailure).where(
                SignInFailure.account_digest == _digest(email), SignInFailure.address == place.name
            )
        )


def _wait(session: Session, mine: SignInFailure) -> timedelta:
    """How long to wait by all three rules; nothing or less: not at all."""
    account, here = SignInFailure.account_digest == mine.account_digest, SignInFailure.address == mine.address
    waits = [_until_forgotten(_others(session, mine.id, FAILURES, account, here), FAILURES)]
    if not mine.is_known:
        unknown = SignInFailure.is_known.is_(False)
        waits.append(_until_forgotten(_others(session, mine.id, OF_ADDRESS, here, unknown), OF_ADDRESS))
        # More than these would not lengthen the wait.
        most = OF_ACCOUNT + (WINDOW // FIRST_DELAY).bit_length()
        waits.append(_growing(_others(session, mine.id, most, account, unknown)))
    return max(waits)


def _others(session: Session, mine: UUID, most: int, *where: ColumnElement[bool]) -> list[datetime]:
    """When the others were, the latest first."""
    # What is over may still be there: it is deleted with the next attempt that counts.
    times = select(SignInFailure.at).where(
        *where, SignInFailure.id != mine, SignInFailure.at >= now() - WINDOW
    )
    return list(session.scalars(times.order_by(SignInFailure.at.desc()).limit(most)))


def _until_forgotten(times: list[datetime], most: int) -> timedelta:
    return times[most - 1] + WINDOW - now() if len(times) >= most else timedelta()


def _growing(times: list[datetime]) -> timedelta:
    beyond = len(times) - OF_ACCOUNT
    return times[0] + min(FIRST_DELAY * 2**beyond, WINDOW) - now() if beyond >= 0 else timedelta()


def _oldest_kept() -> ColumnElement[datetime]:
    """When the latest of those was that are too many; NULL when there are none."""
    times = select(SignInFailure.at).order_by(SignInFailure.at.desc())
    return times.offset(MOST_ROWS).limit(1).scalar_subquery()


def _digest(email: str) -> bytes:
    return hashlib.sha256(folded(email.strip()).encode("utf-8", "surrogatepass")).digest()
