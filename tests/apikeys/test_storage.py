"""Only the digest is stored: the secret is nowhere in the database."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.apikeys.conftest import Call
from tests.apikeys.screen import Screen

Dump = Callable[[], bytes]


def test_the_secret_is_nowhere_in_the_database(screen: Screen, call: Call, dump: Dump) -> None:
    secret = screen.create("CI integration")
    call(secret)
    screen.post("CI integration", "rename", name="Nightly build")
    screen.post("Nightly build", "delete")
    call(secret)
    stored = dump()
    assert b"Nightly build" in stored
    for written in (secret.encode(), base64.b64encode(secret.encode())[:-4]):
        assert written not in stored
        assert written.hex().encode() not in stored
    # Nor half of it: what the hint shows is all that is kept.
    assert secret[3:22].encode() not in stored
    assert secret[22:].encode() not in stored


def test_what_is_stored_is_the_sha256_of_the_whole_key(
    screen: Screen, sql: Callable[..., list[tuple[object, ...]]]
) -> None:
    secret = screen.create("CI integration")
    ((digest,),) = sql("SELECT digest FROM api_keys")
    assert bytes(digest) == hashlib.sha256(secret.encode()).digest()  # type: ignore[call-overload]


@pytest.fixture
def dump(database_url: str, on_postgres: bool, tmp_path: Path) -> Dump:
    """All that the database holds, as bytes."""

    def files() -> bytes:
        return b"".join(path.read_bytes() for path in tmp_path.glob("forjinn.db*"))

    def tables() -> bytes:
        with psycopg.connect(database_url) as connection:
            names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            rows = [
                row[0]
                for (name,) in names.fetchall()
                for row in connection.execute(f'SELECT t::text FROM "{name}" t').fetchall()
            ]
        return "\n".join(rows).encode()

    return tables if on_postgres else files
