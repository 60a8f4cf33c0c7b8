from __future__ import annotations

from pathlib import Path
from typing import BinaryIO
from uuid import UUID

import click

from forjinn.command_line import (
    group,
    json_option,
    print_rows,
    said,
    speaks_plainly,
    workspace_option,
)
from forjinn.errors import Refused
from forjinn.flows import (
    access_commands,
    history_commands,
    listing,
    managing_commands,
    needs,
    parsing,
    service,
)
from forjinn.flows.managing_commands import mapping_option, model_pairs
from forjinn.flows.models import Flow
from forjinn.workspaces import service as workspaces

chatflows = group("chatflows", "Chatflows and agentflows of a workspace.")
for command in (
    access_commands.public,
    access_commands.private,
    access_commands.allow,
    access_commands.inputs,
    history_commands.runs,
    history_commands.forget,
    managing_commands.export,
    managing_commands.rename,
    managing_commands.map_models,
    managing_commands.delete,
):
    chatflows.add_command(command)
draft_option = click.option(
    "--draft", is_flag=True, help="Do not deploy it: calls get 409 until it is deployed."
)


@chatflows.command("create")
@click.argument("name")
@workspace_option
@click.option(
    "--model",
    required=True,
    metavar="MODEL",
    help="A model of the workspace; see: flask models list",
)
@click.option("--system", default="", metavar="TEXT", help="The system prompt.")
@draft_option
@speaks_plainly
def create(name: str, slug: str, model: str, system: str, draft: bool) -> None:
    """Create a chatflow that asks a model, and print its id."""
    workspace = workspaces.by_slug(slug)
    flow = service.create_chatflow(workspace, name, model=model, system=system, deployed=not draft)
    click.echo(flow.id)


@chatflows.command("import")
@click.argument("file", type=click.File("rb"))
@workspace_option
@click.option("--name", help="Without it, the file's name.")
@mapping_option
@click.option(
    "--type",
    "kind",
    type=click.Choice(list(listing.TYPES)),
    default="agentflow",
    show_default=True,
    help="An agentflow's stream also tells which node is at work.",
)
@draft_option
@speaks_plainly
def import_(
    file: BinaryIO, slug: str, name: str | None, pairs: tuple[str, ...], kind: str, draft: bool
) -> None:
    """Import an agentflow JSON file, and print its id. What it needs and is not here is said."""
    workspace = workspaces.by_slug(slug)
    try:
        text = file.read(parsing.MOST_BYTES + 4).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused("The file is not UTF-8 text.") from error
    name = name or Path(file.name).name.split(".")[0] or "Imported"
    models = model_pairs(pairs)
    called = parsing.parse(text).models
    for model in models:
        if model not in called:
            said(f"The file calls no model {model!r}; it calls: {', '.join(map(repr, called)) or 'none'}.")
    flow = service.import_agentflow(
        workspace, text, name=name, kind=listing.TYPES[kind][0], deployed=not draft, models=models
    )
    for sentence in needs.of(workspace, parsing.parse(flow.graph), flow.id):
        said(sentence)
    if not (flow.deployed or draft):
        said("It is kept, and not deployed. When all is there: flask chatflows deploy ID --workspace SLUG")
    click.echo(flow.id)


@chatflows.command("list")
@workspace_option
@json_option
@speaks_plainly
def list_(slug: str, as_json: bool) -> None:
    """Print id, name, type, and whether it is deployed."""
    rows = [
        {"id": str(flow.id), "name": flow.name, "type": flow.type, "deployed": flow.deployed}
        for flow in listing.every(workspaces.by_slug(slug))
    ]
    print_rows(rows, ("id", "name", "type", "deployed"), as_json)


@chatflows.command("deploy")
@click.argument("flow_id", type=click.UUID)
@workspace_option
@speaks_plainly
def deploy(flow_id: UUID, slug: str) -> None:
    """Answer calls to a flow."""
    _set_deployed(slug, flow_id, True)


@chatflows.command("undeploy")
@click.argument("flow_id", type=click.UUID)
@workspace_option
@speaks_plainly
def undeploy(flow_id: UUID, slug: str) -> None:
    """Refuse calls to a flow with 409."""
    _set_deployed(slug, flow_id, False)


def _set_deployed(slug: str, flow_id: UUID, deployed: bool) -> None:
    workspace = workspaces.by_slug(slug)
    flow: Flow = service.get(workspace, flow_id)
    service.set_deployed(workspace, flow, deployed)
    said(f"{flow.name!r} is {'deployed' if deployed else 'not deployed'}.")
