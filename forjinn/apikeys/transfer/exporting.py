"""Our own export: digests instead of secrets, so that keys work elsewhere and the file is worth nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import Row, select

from forjinn.apikeys.models import ApiKey
from forjinn.apikeys.shapes import PLAIN
from forjinn.apikeys.transfer.reading import FORMAT, VERSION
from forjinn.database import now
from forjinn.extensions import db
from forjinn.workspaces.models import Workspace

PORTION = 1_000


def export(workspace: Workspace) -> Iterator[str]:
    """The workspace's live keys as JSON, in pieces; the oldest first. One statement, so one state."""
    head = {
        "format": FORMAT,
        "version": VERSION,
        "workspace": workspace.slug,
        "exported_at": now().isoformat(),
    }
    yield json.dumps(head, indent=2)[:-2] + ',\n  "keys": ['
    statement = (
        select(ApiKey.name, ApiKey.digest, ApiKey.hint, ApiKey.created_at, ApiKey.shape)
        .where(ApiKey.workspace_id == workspace.id, ApiKey.deleted_at.is_(None))
        .order_by(ApiKey.created_at, ApiKey.id)
        .execution_options(yield_per=PORTION)
    )
    separator = "\n    "
    for portion in db.session.execute(statement).partitions(PORTION):
        yield separator + ",\n    ".join(_key(row) for row in portion)
        separator = ",\n    "
    yield "\n  ]\n}\n"


def _key(row: Row[str, bytes, str, datetime, str]) -> str:
    name, digest, hint, created_at, shape = row
    key = {
        "name": name,
        "digest": digest.hex(),
        "hint": hint,
        "created_at": created_at.astimezone(UTC).isoformat(),
    }
    if shape == PLAIN:
        # Without it, the file means a key of ours or of Flowise's.
        key["shape"] = shape
    return json.dumps(key, ensure_ascii=False)
