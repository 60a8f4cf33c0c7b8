from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.apikeys.conftest import Call, Cli
from tests.apikeys.transfer.ways import Browser, CommandLine, Way
from tests.calls import Sql
from tests.people import Person

Works = Callable[[str], bool]
State = Callable[[], list[tuple[object, ...]]]
History = Callable[[str], list[tuple[object, ...]]]


@pytest.fixture
def browser(alice: Person) -> Browser:
    """Alice, an admin of Production, at her browser."""
    return Browser(alice)


@pytest.fixture
def command_line(cli: Cli, tmp_path: Path, production: object) -> CommandLine:
    return CommandLine(cli, tmp_path)


@pytest.fixture(params=["browser", "command_line"])
def way(request: pytest.FixtureRequest, alice: Person) -> Way:
    """Each test that asks for this runs in the browser and on the command line."""
    found: Way = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def works(call: Call) -> Works:
    """Whether a call with this key is answered; a key that does not work gets 401."""

    def works(secret: str) -> bool:
        answer = call(secret)
        assert answer.status_code in (200, 401), answer.text
        return answer.status_code == 200

    return works


@pytest.fixture
def state(sql: Sql) -> State:
    """Everything that an import may change: all keys, live and deleted, and the records of imports."""

    def state() -> list[tuple[object, ...]]:
        keys = sql(
            "SELECT id, workspace_id, name, name_key, digest, created_at, deleted_at"
            " FROM api_keys ORDER BY id"
        )
        return keys + sql("SELECT id FROM api_key_imports WHERE applied_at IS NOT NULL ORDER BY id")

    return state


@pytest.fixture
def history(sql: Sql) -> History:
    """When a live key was made and by whom, and since when it is used for what."""

    def history(name: str) -> list[tuple[object, ...]]:
        found = sql(
            "SELECT created_at, created_by_id, flow_id, min(hour) FROM api_keys"
            " JOIN api_key_usage ON api_key_id = api_keys.id WHERE deleted_at IS NULL AND name = :name"
            " GROUP BY created_at, created_by_id, flow_id",
            name=name,
        )
        assert found
        return found

    return history
