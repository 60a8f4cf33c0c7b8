"""After a day of use, no secret is in the log or in the database."""

from __future__ import annotations

import base64
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from playwright.sync_api import Browser, Page, expect

from tests.browser.actions import (
    ask_to_delete,
    copy_key,
    create,
    dialog,
    done,
    in_shell,
    row,
    sample,
    sign_out,
    start_rename,
)
from tests.browser.browsing import Browsing
from tests.browser.installation import Installation, Team
from tests.people import PASSWORD
from tests.processes import Server


@pytest.fixture
def own(app: Flask, server: Server) -> Installation:
    """A server of the test's own, whose log and database nobody else writes to."""
    return Installation(app, server)


def test_neither_the_log_nor_the_database_holds_a_secret(
    chromium: Browser, own: Installation, database_url: str, tmp_path: Path
) -> None:
    browsing = Browsing(chromium, own.url)
    browsing.allow("status of 4")
    secrets = a_days_use(browsing, own.team())
    # Twice: SQLite moves its -wal into the database when the server ends.
    kept = stored(database_url, tmp_path)
    browsing.close()
    own.server.stop()
    kept += stored(database_url, tmp_path)

    assert len(set(secrets)) == 7
    # What must be there is found, so a secret would be found, too.
    assert b"CI integration" in kept
    assert f"{secrets[0][:7]}…{secrets[0][-4:]}".encode() in kept
    assert b"Serving on" in kept
    # Its place in the list, so that a failure prints none.
    assert [place for place, secret in enumerate(secrets) if is_in(secret, kept)] == []
    assert browsing.complaints == []


def a_days_use(browsing: Browsing, team: Team) -> list[str]:
    """Sign in, mistype, create, copy, call, rename, delete, call, sign out: the secrets that took part."""
    secrets = []
    page = browsing.page()
    team.add_flow("Echo")
    page.goto("/login")
    for password in ("a mistyped password", PASSWORD):
        page.get_by_label("Email").fill(team.admin)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()
        secrets.append(password)
    expect(page.get_by_role("heading", name="API Keys", exact=True)).to_be_visible()
    secrets += session_secrets(page, team.app)
    curl = ""
    for name in ("Production web app", "CI integration"):
        secrets.insert(0, create(page, name))
        curl = sample(page, "curl")
        copy_key(page)
        done(page)
        in_shell(curl)
        in_shell(curl.replace("/prediction/", "/prediction/no-"))
    start_rename(page, "CI integration").fill("Nightly build")
    page.keyboard.press("Enter")
    expect(row(page, "Nightly build")).to_be_visible()
    start_rename(page, "Nightly build").fill("CI integration")
    page.keyboard.press("Enter")
    ask_to_delete(page, "CI integration").get_by_role("button", name="Delete key").click()
    expect(dialog(page)).to_be_hidden()
    assert in_shell(curl)["statusCode"] == 401
    secrets.append(secrets[0][:-1])
    assert in_shell(curl.replace(secrets[0], secrets[-1]))["statusCode"] == 401
    sign_out(page)
    return secrets


def session_secrets(page: Page, app: Flask) -> list[str]:
    """The session cookie, and the token inside, whose digest the database holds."""
    cookie = next(one["value"] for one in page.context.cookies() if one["name"] == "forjinn")
    serializer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert serializer
    return [cookie, serializer.loads(cookie)["_user_id"]]


def stored(url: str, folder: Path) -> bytes:
    """All files of the installation (log, database, its -wal), and all tables of a PostgreSQL database."""
    kept = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    if url.startswith("sqlite"):
        return kept
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT quote_ident(table_schema) || '.' || quote_ident(table_name)"
            " FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        for (table,) in tables:
            with connection.cursor().copy(f"COPY {table} TO STDOUT") as rows:
                kept += b"".join(map(bytes, rows))
    return kept


def is_in(secret: str, kept: bytes) -> bool:
    """As it stands, as the part that matters, in hexadecimal or in base64."""
    raw = secret.encode()
    forms = (raw, raw.removeprefix(b"fj_"), raw.hex().encode(), base64.b64encode(raw)[:-4])
    return any(form in kept for form in forms)
