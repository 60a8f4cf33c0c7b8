"""The verbs of accounts. They know no HTTP."""

from __future__ import annotations

import re
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from forjinn import names
from forjinn.accounts import passwords, places
from forjinn.accounts.models import SignInSession, User
from forjinn.bounds import bound
from forjinn.database import writing
from forjinn.errors import NotFound, Refused
from forjinn.extensions import db

# One @; no spaces, control characters or lone surrogates. Whether it works is for its owner to know.
EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f\ud800-\udfff]+@[^@\s\x00-\x1f\x7f\ud800-\udfff]+")

# RFC 5321 §4.5.3.1: 64 characters, an @, and 255.
LONGEST_EMAIL = bound("An e-mail address", 320, "characters")


def create_user(email: str, password: str, *, name: str | None = None, is_admin: bool = False) -> User:
    """Raises Refused for a malformed or taken address, or a password against the rules."""
    key = email_key(email)
    if key is None:
        raise Refused(f"{email[:LONGEST_EMAIL]!r} is not an e-mail address.", "email")
    email = email.strip()
    user = User(
        email=email,
        email_key=key,
        name=names.checked(name or email.split("@")[0][:100]),
        password_hash=passwords.hashed(password),
        is_admin=is_admin,
    )
    try:
        with writing() as session:
            session.add(user)
    except IntegrityError as error:
        raise Refused(f"There is a user with the e-mail {email} already.", "email") from error
    return user


def user_by_email(email: str) -> User:
    user = _find(email)
    if user is None:
        raise NotFound(f"There is no user with the e-mail {email}.")
    return user


def name_of(user_id: UUID | None) -> str | None:
    """What the user is called; None when nobody is known, as for what the command line made."""
    return db.session.scalar(select(User.name).where(User.id == user_id))


def names_of(user_ids: Collection[UUID]) -> dict[UUID, str]:
    """What these users are called; those who are gone are left out."""
    rows = db.session.execute(select(User.id, User.name).where(User.id.in_(user_ids)))
    return {row.id: row.name for row in rows}


def authenticate(email: str, password: str) -> User | None:
    """The user, or None. An unknown e-mail takes as long as a wrong password."""
    user = _find(email)
    right = passwords.matches(password, user.password_hash if user else None)
    return user if right else None


def rename(user: User, name: str) -> None:
    name = names.checked(name)
    with writing() as session:
        session.execute(update(User).where(User.id == user.id).values(name=name))
    user.name = name


def change_password(user: User, current: str, new: str, *, keep: SignInSession | None) -> None:
    """Set a new password and end every other sign-in of the user. Raises Refused."""
    # First: what can be no password is not worth the check of the current one.
    passwords.check_rules(new)
    if not passwords.matches(current, user.password_hash):
        raise Refused("This is not your current password.", "current")
    set_password(user, new, keep=keep)


def set_password(user: User, new: str, *, keep: SignInSession | None = None) -> None:
    """Set a new password and end every sign-in of the user but `keep`. Raises Refused.

    Devices and addresses that the user was known to sign in from are forgotten.
    """
    new_hash = passwords.hashed(new)
    with writing() as session:
        session.execute(update(User).where(User.id == user.id).values(password_hash=new_hash))
        others = delete(SignInSession).where(SignInSession.user_id == user.id)
        session.execute(others.where(SignInSession.id != keep.id) if keep else others)
        places.forget_all(session, user)


def email_key(email: str) -> str | None:
    """What `User.email_key` would be. None when nobody can have this address."""
    if len(email) > LONGEST_EMAIL:
        return None
    email = email.strip()
    # A database cannot even look for some of what is no address.
    return names.folded(email) if EMAIL.fullmatch(email) else None


def _find(email: str) -> User | None:
    key = email_key(email)
    if key is None:
        return None
    found: User | None = db.session.scalar(select(User).where(User.email_key == key))
    return found
