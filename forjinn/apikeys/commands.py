from __future__ import annotations

from datetime import UTC, datetime

import click

from forjinn.apikeys import listing, service, transfer_commands
from forjinn.command_line import (
    confirm,
    group,
    json_option,
    print_rows,
    said,
    speaks_plainly,
    workspace_option,
    yes_option,
)
from forjinn.errors import Refused
from forjinn.workspaces import service as workspaces

apikeys = group("apikeys", "API keys of a workspace.")

apikeys.add_command(transfer_commands.import_)
apikeys.add_command(transfer_commands.export)

COLUMNS = ("name", "hint", "status", "created_at", "last_used_at", "calls_7d")


@apikeys.command("create")
@click.argument("name")
@workspace_option
@click.option(
    "--expires",
    metavar="DATE",
    help="The UTC day, such as 2027-01-31, at whose start the key expires.",
)
@speaks_plainly
def create(name: str, slug: str, expires: str | None) -> None:
    """Create a key. Its secret is printed alone on one line, this once."""
    _key, secret = service.issue(workspaces.by_slug(slug), name, by=None, expires_at=_day(expires))
    said("Store the key now: it is not shown again.")
    click.echo(secret)


@apikeys.command("list")
@workspace_option
@json_option
@speaks_plainly
def list_(slug: str, as_json: bool) -> None:
    """Print name, hint, status, created, last used, and calls of the last 7 days, the newest first."""
    workspace, cursor = workspaces.by_slug(slug), ""
    rows = []
    while True:
        page = listing.page(workspace, after=cursor, size=1000)
        rows += [{column: getattr(row, column) for column in ("id", *COLUMNS)} for row in page.rows]
        if page.older is None:
            break
        cursor = page.older
    print_rows(rows, COLUMNS, as_json)


@apikeys.command("rename")
@click.argument("old")
@click.argument("new")
@workspace_option
@speaks_plainly
def rename(old: str, new: str, slug: str) -> None:
    """Give a key another name. Its value does not change."""
    workspace = workspaces.by_slug(slug)
    key = service.rename(workspace, service.named(workspace, old), new)
    said(f"The key is now named {key.name!r}.")


@apikeys.command("delete")
@click.argument("name")
@workspace_option
@yes_option
@speaks_plainly
def delete(name: str, slug: str, yes: bool) -> None:
    """Delete a key. Any request that uses it immediately receives 401 Unauthorized."""
    workspace = workspaces.by_slug(slug)
    key = service.named(workspace, name)
    row = listing.row(key)
    confirm(
        f"Delete {key.name!r} ({key.hint}; {row.calls_7d} calls in the last 7 days will start to fail)?",
        yes,
    )
    service.delete(workspace, key, by=None)
    said(f"Deleted {key.name!r}.")


@apikeys.command("disable")
@click.argument("name")
@workspace_option
@speaks_plainly
def disable(name: str, slug: str) -> None:
    """Refuse a key until it is enabled again: a deletion that can be taken back."""
    workspace = workspaces.by_slug(slug)
    service.disable(workspace, service.named(workspace, name))
    said(f"Disabled {name!r}. Take it back with: flask apikeys enable")


@apikeys.command("enable")
@click.argument("name")
@workspace_option
@speaks_plainly
def enable(name: str, slug: str) -> None:
    """Accept a disabled key again."""
    workspace = workspaces.by_slug(slug)
    service.enable(workspace, service.named(workspace, name))
    said(f"Enabled {name!r}.")


def _day(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise click.UsageError(f"{text!r} is not a day such as 2027-01-31.") from error
    if day <= datetime.now(UTC):
        raise Refused(f"{text} is past; the key would never work.")
    return day
