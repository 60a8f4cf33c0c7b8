from __future__ import annotations

import click

from forjinn.command_line import (
    group,
    json_option,
    print_rows,
    said,
    speaks_plainly,
    workspace_option,
)
from forjinn.workspaces import service

workspaces = group("workspaces", "Workspaces, each with its own keys and flows.")
roles = group("roles", "What members of a workspace may do.")


@workspaces.command("create")
@click.argument("name")
@speaks_plainly
def create(name: str) -> None:
    """Create a workspace and print its slug."""
    click.echo(service.create(name).slug)


@workspaces.command("list")
@json_option
@speaks_plainly
def list_(as_json: bool) -> None:
    """Print slug and name of every workspace."""
    rows = [{"slug": workspace.slug, "name": workspace.name} for workspace in service.all_workspaces()]
    print_rows(rows, ("slug", "name"), as_json)


@workspaces.command("set")
@click.argument("slug")
@click.option(
    "--record-texts/--no-record-texts",
    required=True,
    help="Keep what people ask and are answered with each run.",
)
@speaks_plainly
def set_(slug: str, record_texts: bool) -> None:
    """Change what a workspace keeps."""
    workspace = service.by_slug(slug)
    service.set_record_texts(workspace, record_texts)
    kept = "are kept" if record_texts else "are not kept"
    said(f"What people ask and are answered in {workspace.slug}: the texts {kept} with each run.")


@roles.command("list")
@workspace_option
@json_option
@speaks_plainly
def list_roles(slug: str, as_json: bool) -> None:
    """Print each role with its permissions."""
    found = service.roles(service.by_slug(slug))
    if as_json:
        print_rows([{"role": r.name, "permissions": sorted(r.permissions)} for r in found], (), True)
        return
    rows = [{"role": role.name, "permissions": " ".join(sorted(role.permissions))} for role in found]
    print_rows(rows, ("role", "permissions"), False)


@roles.command("set")
@click.argument("name")
@workspace_option
@click.option("--permission", "permissions", multiple=True, metavar="PERMISSION", help="Give several times.")
@speaks_plainly
def set_role(name: str, slug: str, permissions: tuple[str, ...]) -> None:
    """Create a role, or give it exactly these permissions. Holds from its members' next request on."""
    role = service.set_role(service.by_slug(slug), name, permissions)
    said(f"{role.name}: {' '.join(sorted(role.permissions)) or 'no permissions'}")
