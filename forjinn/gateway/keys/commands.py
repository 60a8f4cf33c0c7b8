from __future__ import annotations

import click

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
from forjinn.gateway.configurations import service as configurations
from forjinn.gateway.keys import listing, service, terms
from forjinn.workspaces import service as workspaces

gateway_keys = group("gateway-keys", "Keys of a workspace's API Gateway, which call models.")

COLUMNS = ("label", "hint", "status", "created_at", "last_used_at", "tokens", "money", "configuration")


@gateway_keys.command("create")
@click.argument("label")
@workspace_option
@click.option("--configuration", metavar="NAME", help="Without it, the workspace's first.")
@click.option("--model", "models", multiple=True, metavar="NAME", help="May call this model; repeatable.")
@click.option("--requests-per-minute", metavar="N")
@click.option("--tokens-per-minute", metavar="N")
@click.option("--budget-tokens", metavar="N", help="For the key's whole life.")
@click.option("--budget-money", metavar="DOLLARS", help="For the key's whole life, such as 25.00.")
@click.option("--expires", metavar="DATE", help="The UTC day, such as 2027-01-31, at whose start it expires.")
@speaks_plainly
def create(label: str, slug: str, configuration: str | None, **written: str) -> None:
    """Create a key. Its secret is printed alone on one line, this once."""
    workspace, agreed = workspaces.by_slug(slug), terms.read(**written)
    of = configurations.named(workspace, configuration) if configuration else None
    _key, secret = service.issue(workspace, label, agreed, by=None, configuration=of)
    said("Store the key now: it is not shown again.")
    click.echo(secret)


@gateway_keys.command("list")
@workspace_option
@json_option
@speaks_plainly
def list_(slug: str, as_json: bool) -> None:
    """Print label, hint, status, created, last used, tokens and millionths of a dollar, configuration."""
    rows = listing.of(workspaces.by_slug(slug))
    print_rows([{name: getattr(row, name) for name in ("id", *COLUMNS)} for row in rows], COLUMNS, as_json)


@gateway_keys.command("pause")
@click.argument("label")
@workspace_option
@speaks_plainly
def pause(label: str, slug: str) -> None:
    """Refuse a key until it is resumed."""
    workspace = workspaces.by_slug(slug)
    service.pause(workspace, service.labelled(workspace, label))
    said(f"Paused {label!r}. Take it back with: flask gateway-keys resume")


@gateway_keys.command("resume")
@click.argument("label")
@workspace_option
@speaks_plainly
def resume(label: str, slug: str) -> None:
    """Accept a paused key again."""
    workspace = workspaces.by_slug(slug)
    service.resume(workspace, service.labelled(workspace, label))
    said(f"Resumed {label!r}.")


@gateway_keys.command("delete")
@click.argument("label")
@workspace_option
@yes_option
@speaks_plainly
def delete(label: str, slug: str, yes: bool) -> None:
    """Delete a key. Any request that uses it immediately receives 401 Unauthorized."""
    workspace = workspaces.by_slug(slug)
    key = service.labelled(workspace, label)
    row = listing.row(workspace, key)
    confirm(f"Delete {key.label!r} ({key.hint}; {row.requests_7d} requests in the last 7 days)?", yes)
    service.delete(workspace, key, by=None)
    said(f"Deleted {key.label!r}.")
