"""Slows down guessing: ten failures for one account from one address within 15 minutes.

Kept in the database, so that it holds over all processes and a restart. Nobody is locked for good:
the oldest failure is forgotten after 15 minutes, and another address is never affected.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select

from forjinn.accounts.models import SignInFailure
from forjinn.database import now, writing
from forjinn.names import folded

FAILURES = 10
WINDOW = timedelta(minutes=15)


class SlowDown(Exception):
    """Too many failures; `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(f"Too many failed sign-ins. Try again in {-(-retry_after // 60)} min.")


def begin_attempt(email: str, address: str) -> UUID:
    """Count an attempt before its password is checked, so that parallel guesses cannot slip through.

    Raises SlowDown. A success is taken back with `forget`.
    """
    account, cutoff = _digest(email), now() - WINDOW
    mine = SignInFailure(account_digest=account, address=address)
    with writing() as session:
        session.execute(delete(SignInFailure).where(SignInFailure.at < cutoff))
        session.add(mine)
    with writing() as session:
        times = session.scalars(
            select(SignInFailure.at)
            .where(SignInFailure.account_digest == account, SignInFailure.address == address)
            .order_by(SignInFailure.at.desc())
            .limit(FAILURES + 1)
        ).all()
        if len(times) > FAILURES:
            # A refused attempt does not count, or waiting would never end.
            session.execute(delete(SignInFailure).where(SignInFailure.id == mine.id))
            oldest = times[FAILURES]
        else:
            return mine.id
    raise SlowDown(max(1, round((oldest + WINDOW - now()).total_seconds())))


def forget(email: str, address: str) -> None:
    with writing() as session:
        session.execute(
            delete(SignInFailure).where(
                SignInFailure.account_digest == _digest(email), SignInFailure.address == address
            )
        )


def _digest(email: str) -> bytes:
    return hashlib.sha256(folded(email.strip()).encode("utf-8", "surrogatepass")).digest()
