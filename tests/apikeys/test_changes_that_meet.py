"""Two people change one key at the same moment: a deleted key never changes again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from forjinn.apikeys import service as apikeys
from forjinn.errors import NotFound
from forjinn.workspaces.models import Workspace


@pytest.mark.parametrize("change", ["rename", "delete", "disable", "enable"])
def test_a_key_that_was_deleted_after_it_was_read_is_not_changed(
    change: str, in_app: None, production: Workspace, sql: Callable[..., list[tuple[object, ...]]]
) -> None:
    key, _secret = apikeys.issue(production, "CI integration", by=None)
    apikeys.delete(production, key, by=None)
    before = sql("SELECT name, deleted_at, disabled_at FROM api_keys")
    changes: dict[str, Callable[[], object]] = {
        "rename": lambda: apikeys.rename(production, key, "Nightly build"),
        "delete": lambda: apikeys.delete(production, key, by=None),
        "disable": lambda: apikeys.disable(production, key),
        "enable": lambda: apikeys.enable(production, key),
    }
    with pytest.raises(NotFound, match="deleted in the meantime"):
        changes[change]()
    assert sql("SELECT name, deleted_at, disabled_at FROM api_keys") == before
