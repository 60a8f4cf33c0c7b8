"""What `make check` runs: the migrations make the tables that the models describe, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import inspect, text

from forjinn import create_app
from forjinn.extensions import db
from tests.applications import close, environment
from tests.databases import on_postgresql

Schema = dict[str, set[str]]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """An application on a database without a single table, whichever --database says."""
    if request.param == "sqlite":
        yield from application(f"sqlite:///{tmp_path}/empty.db", tmp_path)
        return
    with on_postgresql("migrations") as url:
        yield from application(url, tmp_path)


def application(url: str, folder: Path) -> Iterator[Flask]:
    app = create_app(environment(url, folder))
    with app.app_context():
        yield app
    close(app)


def test_from_empty_all_migrations_make_what_the_models_describe(empty: Flask) -> None:
    flask_migrate.upgrade()
    migrated = schema()
    flask_migrate.downgrade(revision="base")
    assert set(schema()) <= {"alembic_version"}
    db.create_all()
    # Compared as the database itself tells it, so that conditions of indexes and deletions count too.
    described = schema()
    migrated.pop("alembic_version")
    described.pop("alembic_version", None)
    assert migrated == described
    assert len(migrated) >= 10


def test_the_models_need_no_further_migration(empty: Flask) -> None:
    result = empty.test_cli_runner().invoke(args=["db", "upgrade"])
    assert (result.exit_code, result.stdout) == (0, "")
    result = empty.test_cli_runner().invoke(args=["db", "check"])
    assert result.exit_code == 0, result.output


def test_down_to_nothing_and_up_again_is_the_same(empty: Flask) -> None:
    flask_migrate.upgrade()
    first = schema()
    flask_migrate.downgrade(revision="base")
    flask_migrate.upgrade()
    assert schema() == first


def test_a_second_upgrade_changes_nothing_and_keeps_the_data(empty: Flask) -> None:
    flask_migrate.upgrade()
    before = schema()
    runner = empty.test_cli_runner()
    assert runner.invoke(args=["workspaces", "create", "Production"]).exit_code == 0
    flask_migrate.upgrade()
    assert schema() == before
    assert runner.invoke(args=["workspaces", "list"]).stdout == "production\tProduction\n"


def test_who_is_signed_in_and_every_key_go_on_after_the_upgrade(empty: Flask) -> None:
    flask_migrate.upgrade(revision="0007")
    one, moment = "00000000-0000-0000-0000-000000000001", "2026-01-31 12:00:00.000000"
    is_sqlite = db.engine.dialect.name == "sqlite"
    values = {"one": one.replace("-", "") if is_sqlite else one, "digest": b"d" * 32, "at": moment}
    with db.engine.connect().execution_options(writes=True) as connection, connection.begin():
        for statement in (
            (
                "INSERT INTO users (id, email, email_key, name, password_hash, is_admin, created_at)"
                " VALUES (:one, 'a@example.com', 'a@example.com', 'A', '', false, :at)"
            ),
            (
                "INSERT INTO sign_in_sessions (id, user_id, token_digest, user_agent, address, created_at,"
                " last_seen_at) VALUES (:one, :one, :digest, '', '2001:db8:1:2:3::4', :at, :at)"
            ),
            (
                "INSERT INTO sign_in_failures (id, account_digest, address, at)"
                " VALUES (:one, :digest, '203.0.113.7', :at)"
            ),
            "INSERT INTO workspaces (id, name, slug, created_at) VALUES (:one, 'W', 'w', :at)",
            (
                "INSERT INTO api_keys (id, workspace_id, name, name_key, digest, hint, created_at)"
                " VALUES (:one, :one, 'CI', 'ci', :digest, 'x', :at)"
            ),
        ):
            connection.execute(text(statement), values)
    flask_migrate.upgrade()
    with db.engine.connect() as connection:
        assert connection.execute(text("SELECT network FROM known_places")).all() == [("2001:db8:1:2::/64",)]
        assert connection.execute(text("SELECT shape FROM api_keys")).all() == [("plain",)]
        assert connection.execute(text("SELECT count(*) FROM sign_in_failures WHERE NOT is_known")).all() == [
            (1,)
        ]
    flask_migrate.downgrade(revision="0007")
    with db.engine.connect() as connection:
        assert connection.execute(text("SELECT name FROM api_keys")).all() == [("CI",)]


def test_there_is_one_head_and_the_numbers_follow_each_other() -> None:
    files = sorted((Path(__file__).parents[1] / "migrations" / "versions").glob("*.py"))
    assert [file.name[:5] for file in files] == [f"{number:04}_" for number in range(1, len(files) + 1)]


def schema() -> Schema:
    """Each table with its columns, constraints and indexes."""
    with db.engine.connect() as connection:
        tables = inspect(connection).get_table_names()
        tell = _on_postgres if connection.dialect.name == "postgresql" else _on_sqlite
        return {
            table: {" ".join(map(str, row)) for row in connection.execute(text(tell(table)))}
            for table in tables
        }


def _on_sqlite(table: str) -> str:
    return f"""
        SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info('{table}')
        UNION ALL SELECT 'references', "from", "table", "to", on_delete
            FROM pragma_foreign_key_list('{table}')
        UNION ALL SELECT 'index', name, sql, '', '' FROM sqlite_master
            WHERE type = 'index' AND tbl_name = '{table}' AND sql IS NOT NULL
        UNION ALL SELECT 'unique', i."unique", i.origin, group_concat(c.name), ''
            FROM pragma_index_list('{table}') i, pragma_index_info(i.name) c GROUP BY i.name
    """


def _on_postgres(table: str) -> str:
    return f"""
        SELECT column_name::text, data_type || ' ' || coalesce(character_maximum_length::text, ''),
            is_nullable, column_default FROM information_schema.columns WHERE table_name = '{table}'
        UNION ALL SELECT conname, pg_get_constraintdef(oid), '', '' FROM pg_constraint
            WHERE conrelid = '"{table}"'::regclass
        UNION ALL SELECT indexname, indexdef, '', '' FROM pg_indexes WHERE tablename = '{table}'
    """
