from __future__ import annotations

import sys
from typing import Any

import click

from forjinn.command_line import (
    confirm,
    group,
    json_option,
    print_rows,
    said,
    speaks_plainly,
    workspace_option,
)
from forjinn.errors import Refused
from forjinn.flows import stored_variables
from forjinn.flows.models import Variable
from forjinn.workspaces import service as workspaces

variables = group("variables", "What {{ $vars.<name> }} stands for in the flows of a workspace.")


@variables.command("set")
@click.argument("name")
@click.argument("value")
@workspace_option
@click.option("--secret", is_flag=True, help="Encrypted, never shown again, for HTTP nodes only.")
@click.option("--plain", is_flag=True, help="Make a secret variable one whose value is shown.")
@speaks_plainly
def set_(name: str, value: str, slug: str, secret: bool, plain: bool) -> None:
    """Make a variable, or give it another value; - reads the value from standard input."""
    if secret and plain:
        raise click.UsageError("A variable is either --secret or --plain.")
    if secret and value != "-":
        # What stands in a command is kept in the shell's history, and shown in lists of processes.
        raise Refused("Give a secret on standard input: flask variables set NAME - --workspace SLUG --secret")
    workspace = workspaces.by_slug(slug)
    text = _standard_input() if value == "-" else value
    variable = stored_variables.put(workspace, name, text, secret=secret, reveals=plain)
    said(f"Set {variable.name}{', which is secret' if secret else ''}.")


@variables.command("list")
@workspace_option
@json_option
@speaks_plainly
def list_(slug: str, as_json: bool) -> None:
    r"""Print each variable's name and value; a line break in a value is shown as \n.

    The value of a secret one is not told: (secret), or null and "secret": true in JSON.
    """
    found = stored_variables.of(workspaces.by_slug(slug))
    print_rows([_row(one, as_json) for one in found], ("name", "value"), as_json)


@variables.command("delete")
@click.argument("name")
@workspace_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@speaks_plainly
def delete(name: str, slug: str, yes: bool) -> None:
    """Delete a variable. Nodes that use it show its name in braces from then on."""
    workspace = workspaces.by_slug(slug)
    variable = stored_variables.get(workspace, name)
    confirm(f"Delete the variable {variable.name}?", yes)
    stored_variables.delete(workspace, variable.name)
    said(f"Deleted {name}.")


def _row(variable: Variable, as_json: bool) -> dict[str, Any]:
    if variable.is_secret and as_json:
        return {"name": variable.name, "value": None, "secret": True}
    if variable.is_secret:
        return {"name": variable.name, "value": "(secret)"}
    return {
        "name": variable.name,
        "value": variable.value if as_json else _on_one_line(variable.value),
    }


def _standard_input() -> str:
    """Without the line break at the end, which `echo` writes."""
    try:
        text = sys.stdin.buffer.read(4 * stored_variables.LONGEST_VALUE + 4).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused("The value is not UTF-8 text.") from error
    return text.removesuffix("\n").removesuffix("\r")


def _on_one_line(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
