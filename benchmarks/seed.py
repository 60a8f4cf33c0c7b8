"""Many keys in little time: the database makes them itself, in one statement."""

from __future__ import annotations

from uuid import UUID

from flask import Flask
from sqlalchemy import text

from forjinn.extensions import db

# One key a second, the first one the newest. Nobody knows their secrets: the digests are random.
ON_SQLITE = """
    INSERT INTO api_keys (id, workspace_id, name, name_key, digest, hint, created_at)
    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count)
    SELECT lower(hex(randomblob(16))), :workspace, 'Customer ' || n, 'customer ' || n, randomblob(32),
           'fj_0000…0000', strftime('%Y-%m-%d %H:%M:%f', 'now', '-' || n || ' seconds') || '000'
    FROM numbers
"""
ON_POSTGRESQL = """
    INSERT INTO api_keys (id, workspace_id, name, name_key, digest, hint, created_at)
    SELECT gen_random_uuid(), :workspace, 'Customer ' || n, 'customer ' || n,
           sha256(gen_random_uuid()::text::bytea), 'fj_0000…0000', now() - n * interval '1 second'
    FROM generate_series(1, :count) AS n
"""


def keys(app: Flask, workspace: UUID, count: int) -> None:
    """Put so many live keys, named “Customer 1” and so on, into the workspace."""
    with app.app_context():
        on_sqlite = db.engine.dialect.name == "sqlite"
        with db.engine.connect().execution_options(writes=True) as connection, connection.begin():
            if on_sqlite:
                # Enough for the indexes' pages: rows come in no order of theirs.
                connection.execute(text("PRAGMA cache_size = -500000"))
            connection.execute(
                text(ON_SQLITE if on_sqlite else ON_POSTGRESQL),
                {"workspace": workspace.hex, "count": count},
            )
        db.engine.dispose()


def settle(app: Flask) -> None:
    """What PostgreSQL does by itself as time goes by. On SQLite, Forjinn gathers no statistics."""
    with app.app_context():
        if db.engine.dialect.name != "sqlite":
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("VACUUM ANALYZE"))
