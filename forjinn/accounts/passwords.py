"""Passwords: bcrypt, with its limit of 72 bytes said aloud instead of cutting silently."""

from __future__ import annotations

from functools import cache

import bcrypt
from flask import current_app

from forjinn.accounts import hashing
from forjinn.errors import Refused

LONGEST_BYTES = 72
SHORTEST = 10


def check_rules(password: str) -> None:
    """Raise Refused when a new password cannot be set."""
    if len(password) < SHORTEST:
        raise Refused(f"Use at least {SHORTEST} characters.", "password")
    try:
        size = len(password.encode())
    except UnicodeEncodeError as error:
        raise Refused("This password holds bytes that are no text in UTF-8.", "password") from error
    if size > LONGEST_BYTES:
        raise Refused(
            f"This is longer than {LONGEST_BYTES} bytes, which is the most that can be kept.",
            "password",
        )
    if "\x00" in password:
        raise Refused("A password cannot hold a NUL character.", "password")


def hashed(password: str) -> str:
    """The bcrypt hash of a password that follows the rules. Raises Refused otherwise."""
    check_rules(password)
    secret, rounds = password.encode(), _rounds()
    return hashing.compute(lambda: bcrypt.hashpw(secret, bcrypt.gensalt(rounds))).decode()


def matches(password: str, password_hash: str | None) -> bool:
    """Whether the password is the one of the hash. Takes the same time when there is no hash."""
    secret = password.encode("utf-8", "surrogatepass")
    possible = len(secret) <= LONGEST_BYTES and b"\x00" not in secret and password_hash is not None
    rounds = _rounds()

    def check() -> bool:
        # A password that cannot be right is checked too, so that the time tells nothing.
        decoy = _decoy(rounds)
        against = (password_hash or decoy).encode()
        return bcrypt.checkpw(secret if possible else b"decoy", against)

    return hashing.compute(check) and possible


@cache
def _decoy(rounds: int) -> str:
    return bcrypt.hashpw(b"nobody's password", bcrypt.gensalt(rounds)).decode()


def _rounds() -> int:
    rounds: int = current_app.config["FORJINN_BCRYPT_ROUNDS"]
    return rounds
