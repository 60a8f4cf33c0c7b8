from __future__ import annotations

from collections.abc import Callable

import bcrypt
import pytest


@pytest.fixture
def ago(on_postgres: bool) -> Callable[..., str]:
    """SQL for the moment so many hours, minutes or seconds ago, as the columns hold it."""

    def expression(hours: int = 0, minutes: int = 0, seconds: int = 0) -> str:
        total = (hours * 60 + minutes) * 60 + seconds
        if on_postgres:
            return f"now() - interval '{total} seconds'"
        return f"strftime('%Y-%m-%d %H:%M:%f000', 'now', '-{total} seconds')"

    return expression


@pytest.fixture
def bcrypt_calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Each call of the bcrypt library, with the cost that it ran at. They still do their work."""
    calls: list[tuple[str, str]] = []
    check, make = bcrypt.checkpw, bcrypt.hashpw

    def checkpw(password: bytes, hashed_password: bytes) -> bool:
        calls.append(("check", hashed_password[4:6].decode()))
        return check(password, hashed_password)

    def hashpw(password: bytes, salt: bytes) -> bytes:
        calls.append(("hash", salt[4:6].decode()))
        return make(password, salt)

    monkeypatch.setattr(bcrypt, "checkpw", checkpw)
    monkeypatch.setattr(bcrypt, "hashpw", hashpw)
    return calls
