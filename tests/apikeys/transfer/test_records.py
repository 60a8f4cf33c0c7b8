"""Every import is recorded: who, when, which mode, how many of what, and of which file."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from uuid import UUID

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import undefer

from forjinn.apikeys.models import ApiKeyImport
from forjinn.database import now
from forjinn.extensions import db
from forjinn.workspaces.models import Workspace
from tests.apikeys.screen import Screen
from tests.apikeys.transfer.files import plain, raw
from tests.apikeys.transfer.ways import Browser, CommandLine, Way
from tests.people import Person


def test_an_import_in_the_browser_is_recorded_with_who_did_it(
    app: Flask, browser: Browser, alice: Person, production: Workspace, screen: Screen
) -> None:
    content = given(screen)
    assert browser(content, "replace-all").worked
    [record] = records(app)
    assert (record.by_id, record.workspace_id) == (alice.user.id, production.id)
    assert (record.mode, record.sha256) == ("replace-all", hashlib.sha256(raw(content)).hexdigest())
    assert (record.added, record.overwritten, record.kept, record.deleted) == (2, 1, 1, 1)
    assert record.applied_at
    assert now() - timedelta(minutes=1) < record.applied_at <= now()
    # Nothing of the file is kept.
    assert record.entries is None


def test_an_import_on_the_command_line_is_recorded_too(
    app: Flask, command_line: CommandLine, screen: Screen
) -> None:
    content = given(screen)
    assert command_line(content, "overwrite").worked
    [record] = records(app)
    assert (record.by_id, record.mode) == (None, "overwrite")
    assert record.sha256 == hashlib.sha256(raw(content)).hexdigest()
    assert (record.added, record.overwritten, record.kept, record.deleted) == (2, 1, 1, 0)


def test_what_was_not_applied_is_not_recorded(app: Flask, way: Way, browser: Browser, screen: Screen) -> None:
    screen.create("CI")
    assert way(plain(CI="one"), "error").refused
    assert way("no JSON", "overwrite").problems
    browser.planned(plain(CI="one"), "overwrite")
    assert records(app) == []


def given(screen: Screen) -> list[dict[str, str]]:
    """Keys, and a file that adds two, overwrites one, keeps one, and leaves one out."""
    kept = screen.create("Kept")
    screen.create("Changed")
    screen.create("Left out")
    return [*plain(Changed="one", New="two", Newer="three"), {"name": "Kept", "key": kept}]


def records(app: Flask) -> list[ApiKeyImport]:
    with app.app_context():
        statement = select(ApiKeyImport).where(ApiKeyImport.applied_at.is_not(None)).options(undefer("*"))
        found = list(db.session.scalars(statement))
        assert all(isinstance(record.id, UUID) for record in found)
        return found
