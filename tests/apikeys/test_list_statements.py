"""What the list asks the database, so that it stays fast at 100,000 keys: see also benchmarks/."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from forjinn.apikeys.listing import PAGE
from forjinn.extensions import db
from forjinn.workspaces.models import Workspace
from tests.apikeys.screen import Screen
from tests.apikeys.test_paging import last_page, link, many

Addresses = Callable[[], dict[str, str]]


def test_no_page_of_the_list_counts_rows_or_skips_them(
    screen: Screen, statements: list[str], addresses: Addresses
) -> None:
    for address in addresses().values():
        statements.clear()
        assert screen.person.get(address).status_code == 200
        about_keys = [statement for statement in statements if "FROM api_keys" in statement]
        assert about_keys
        for statement in statements:
            # SQLAlchemy writes OFFSET 0 behind each LIMIT for SQLite.
            assert not re.search(r"\bOFFSET (?!0\b)|\bcount\s*\(", statement, re.IGNORECASE), statement
        for statement in about_keys:
            assert "LIMIT" in statement, statement
            assert re.search(r"api_keys\.workspace_id =", statement), statement


def test_a_full_page_needs_no_more_statements_than_one_key(
    screen: Screen, app: Flask, production: Workspace, statements: list[str]
) -> None:
    screen.create("CI integration")
    statements.clear()
    screen.page()
    one = len(statements)
    many(app, production, PAGE - 1)
    statements.clear()
    assert len(screen.rows()) == PAGE
    assert len(statements) == one


@pytest.fixture
def statements(app: Flask) -> Iterator[list[str]]:
    """The SQL that the application sends, on SQLite with the values in it."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
        for value in values if isinstance(values, tuple) else ():
            statement = statement.replace("?", str(value), 1)
        sent.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def addresses(screen: Screen, app: Flask, production: Workspace) -> Addresses:
    """The list, a search, a page further on, and a page back, among enough keys for three pages."""

    def addresses() -> dict[str, str]:
        many(app, production, 2 * PAGE + 5)
        last = last_page(screen)
        newer = link(screen.page(**dict([last.rpartition("?")[2].split("=", 1)])), "Newer")
        return {
            "list": screen.path,
            "search": f"{screen.path}?q=key",
            "nothing found": f"{screen.path}?q=none",
            "next page": str(link(screen.page(), "Older")),
            "next page of a search": str(link(screen.page(q="key"), "Older")),
            "last page": last,
            "page back": str(newer),
        }

    return addresses
