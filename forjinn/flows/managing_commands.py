"""`flask chatflows`: a flow as a whole."""

from __future__ import annotations

from uuid import UUID

import click
from flask import current_app
from flask.cli import with_appcontext

from forjinn.command_line import confirm, said, speaks_plainly, workspace_option
from forjinn.errors import Refused
from forjinn.flows import managing, needs, parsing, service
from forjinn.workspaces import service as workspaces

mapping_option = click.option(
    "--map",
    "pairs",
    multiple=True,
    metavar="NAME=REGISTERED",
    help="Call a registered model in place of one that the flow names. Give several times.",
)


def model_pairs(pairs: tuple[str, ...]) -> dict[str, str]:
    """What `--map` was given. Raises Refused."""
    made = {}
    for pair in pairs:
        name, equals, registered = pair.partition("=")
        if not (name and equals and registered):
            raise Refused(f"--map takes NAME=REGISTERED, not {pair!r}.")
        made[name] = registered
    return made


@click.command("map")
@click.argument("flow_id", type=click.UUID)
@workspace_option
@mapping_option
@with_appcontext
@speaks_plainly
def map_models(flow_id: UUID, slug: str, pairs: tuple[str, ...]) -> None:
    """Have a flow call registered models in place of those it names, and say what it still lacks."""
    workspace = workspaces.by_slug(slug)
    flow = service.get(workspace, flow_id)
    models = model_pairs(pairs)
    if not models:
        raise Refused("Say which: --map NAME=REGISTERED.")
    flow = managing.map_models(workspace, flow, models)
    said(f"{flow.name!r} now calls: {', '.join(map(repr, parsing.parse(flow.graph).models))}.")
    for sentence in needs.of(workspace, parsing.parse(flow.graph), flow.id):
        said(sentence)


@click.command("export")
@click.argument("flow_id", type=click.UUID)
@workspace_option
@with_appcontext
@speaks_plainly
def export(flow_id: UUID, slug: str) -> None:
    """Print a flow's agentflow JSON, byte for byte as it is kept."""
    click.echo(service.get(workspaces.by_slug(slug), flow_id).graph.encode(), nl=False)


@click.command("rename")
@click.argument("flow_id", type=click.UUID)
@click.argument("name")
@workspace_option
@with_appcontext
@speaks_plainly
def rename(flow_id: UUID, name: str, slug: str) -> None:
    """Give a flow another name; its id, and so every call, stays as it is."""
    workspace = workspaces.by_slug(slug)
    flow = service.get(workspace, flow_id)
    old = flow.name
    said(f"{old!r} is now named {managing.rename(workspace, flow, name).name!r}.")


@click.command("delete")
@click.argument("flow_id", type=click.UUID)
@workspace_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_appcontext
@speaks_plainly
def delete(flow_id: UUID, slug: str, yes: bool) -> None:
    """Delete a flow with its runs and conversations: calls to it get 404."""
    workspace = workspaces.by_slug(slug)
    flow = service.get(workspace, flow_id)
    name = flow.name
    calls = current_app.extensions["forjinn.flow_calls"](workspace, flow_id)
    total = sum(one.calls for one in calls)
    lost = (
        f"{total:,} calls by {len(calls):,} keys in the last 7 days"
        if total
        else "No calls in the last 7 days"
    )
    confirm(f"Delete the flow {name!r} with its runs and conversations? {lost}.", yes)
    managing.delete(workspace, flow)
    said(f"{name!r} was deleted.")
