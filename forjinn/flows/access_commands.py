"""`flask chatflows`: who may call a flow, and what a call may change in it."""

from __future__ import annotations

from uuid import UUID

import click
from flask.cli import with_appcontext

from forjinn.command_line import json_option, print_rows, said, speaks_plainly, workspace_option
from forjinn.flows import overridable, parsing, service
from forjinn.flows.models import Flow
from forjinn.flows.overridable import Choice
from forjinn.workspaces import service as workspaces
from forjinn.workspaces.models import Workspace


@click.command("public")
@click.argument("flow_id", type=click.UUID)
@workspace_option
@click.option(
    "--origin",
    "origins",
    multiple=True,
    metavar="ORIGIN",
    help="Web pages of this origin alone may call it, such as https://shop.example.com. "
    "Give several times; with none, pages of all origins may.",
)
@with_appcontext
@speaks_plainly
def public(flow_id: UUID, slug: str, origins: tuple[str, ...]) -> None:
    """Answer calls without a key: anybody who knows the flow's ID can call it."""
    workspace, flow, choices = _found(slug, flow_id)
    service.configure(workspace, flow, is_public=True, origins=origins, overridable=_kept(choices))
    flow = service.get(workspace, flow_id)
    pages = flow.origins.replace("\n", ", ") or "all origins"
    said(f"{flow.name!r} is public: anybody who knows its ID can call it. Web pages: {pages}.")


@click.command("private")
@click.argument("flow_id", type=click.UUID)
@workspace_option
@with_appcontext
@speaks_plainly
def private(flow_id: UUID, slug: str) -> None:
    """Answer only calls with a key. Origins that were named still hold for web pages."""
    workspace, flow, choices = _found(slug, flow_id)
    origins = flow.origins.split("\n")
    service.configure(workspace, flow, is_public=False, origins=origins, overridable=_kept(choices))
    said(f"{flow.name!r} is private: a call needs a key.")


@click.command("allow")
@click.argument("flow_id", type=click.UUID)
@click.argument("inputs", nargs=-1, metavar="[INPUT]…")
@workspace_option
@with_appcontext
@speaks_plainly
def allow(flow_id: UUID, inputs: tuple[str, ...], slug: str) -> None:
    """Let calls change exactly these inputs by overrideConfig; with none, calls change nothing."""
    workspace, flow, _choices = _found(slug, flow_id)
    origins = flow.origins.split("\n")
    service.configure(workspace, flow, is_public=flow.is_public, origins=origins, overridable=inputs)
    said(f"A call of {flow.name!r} may change: {', '.join(inputs) or 'nothing'}.")


@click.command("inputs")
@click.argument("flow_id", type=click.UUID)
@workspace_option
@json_option
@with_appcontext
@speaks_plainly
def inputs(flow_id: UUID, slug: str, as_json: bool) -> None:
    """Print the inputs that calls could change, the node of each, and whether they may."""
    _workspace, _flow, choices = _found(slug, flow_id)
    rows = [{"input": one.value, "node": one.group, "allowed": one.allowed} for one in choices]
    print_rows(rows, ("input", "node", "allowed"), as_json)


def _found(slug: str, flow_id: UUID) -> tuple[Workspace, Flow, list[Choice]]:
    workspace = workspaces.by_slug(slug)
    flow = service.get(workspace, flow_id)
    return workspace, flow, overridable.choices(workspace, flow, parsing.parse(flow.graph))


def _kept(choices: list[Choice]) -> list[str]:
    """What is allowed now. An input that is gone since is left out."""
    return [choice.value for choice in choices if choice.allowed]
