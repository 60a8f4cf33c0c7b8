from __future__ import annotations

import sys

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
from forjinn.workspaces import service as workspaces

variables = group("variables", "What {{ $vars.<name> }} stands for in the flows of a workspace.")


@variables.command("set")
@click.argument("name")
@click.argument("value")
@workspace_option
@speaks_plainly
def set_(name: str, value: str, slug: str) -> None:
    """Make a variable, or give it another value; - reads the value from standard input."""
    workspace = workspaces.by_slug(slug)
    variable = stored_variables.put(workspace, name, _standard_input() if value == "-" else value)
    said(f"Set {variable.name}.")


@variables.command("list")
@workspace_option
@json_option
@speaks_plainly
def list_(slug: str, as_json: bool) -> None:
    r"""Print each variable's name and value; a line break in a value is shown as \n."""
    rows = [
        {"name": one.name, "value": one.value if as_json else _on_one_line(one.value)}
        for one in stored_variables.of(workspaces.by_slug(slug))
    ]
    print_rows(rows, ("name", "value"), as_json)


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


def _standard_input() -> str:
    """Without the line break at the end, which `echo` writes."""
    try:
        text = sys.stdin.buffer.read(4 * stored_variables.LONGEST_VALUE + 4).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused("The value is not UTF-8 text.") from error
    return text.removesuffix("\n").removesuffix("\r")


def _on_one_line(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
