from __future__ import annotations

import os
import sys

import click

from forjinn.accounts import service as accounts
from forjinn.command_line import group, said, speaks_plainly
from forjinn.errors import Refused
from forjinn.workspaces import service as workspaces

users = group("users", "People who sign in.")


@users.command("create")
@click.argument("email")
@click.option("--name", help="What the person is called; without it, what stands before the @.")
@click.option(
    "--admin",
    is_flag=True,
    help="Make an instance admin: Admin in every workspace, also later ones.",
)
@click.option("--workspace", "slug", metavar="SLUG", help="Make the person a member of this workspace.")
@click.option("--role", metavar="ROLE", help="The role there: Admin, Member, Viewer or your own.")
@speaks_plainly
def create(email: str, name: str | None, admin: bool, slug: str | None, role: str | None) -> None:
    """Create a user. The password comes from FORJINN_PASSWORD, else from a prompt."""
    if bool(slug) != bool(role):
        raise click.UsageError("--workspace and --role go together.")
    # Looked up first, so that a mistyped slug or role leaves no half-made user.
    workspace = workspaces.by_slug(slug) if slug else None
    if workspace and role:
        workspaces.role_named(workspace, role)
    user = accounts.create_user(email, _password(), name=name, is_admin=admin)
    if workspace and role:
        workspaces.grant(user, workspace, role)
    said(f"Created {user.email}.")


@users.command("grant")
@click.argument("email")
@click.option("--workspace", "slug", required=True, metavar="SLUG")
@click.option("--role", required=True, metavar="ROLE")
@speaks_plainly
def grant(email: str, slug: str, role: str) -> None:
    """Give a user one role in a workspace, in place of any other there."""
    workspace = workspaces.by_slug(slug)
    user = accounts.user_by_email(email)
    workspaces.grant(user, workspace, role)
    said(f"{user.email} is {role} in {workspace.slug}.")


@users.command("password")
@click.argument("email")
@speaks_plainly
def password(email: str) -> None:
    """Set a new password, from FORJINN_PASSWORD or a prompt, and end all sessions of the user."""
    user = accounts.user_by_email(email)
    accounts.set_password(user, _password())
    said(f"The password of {user.email} was changed; all of its sessions have ended.")


def _password() -> str:
    given = os.environ.get("FORJINN_PASSWORD")
    if given:
        return given
    if not sys.stdin.isatty():
        raise Refused("Give the password in FORJINN_PASSWORD; there is no terminal to ask on.")
    answered: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return answered
