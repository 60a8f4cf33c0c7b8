"""`flask gateway-configurations`"""

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
from forjinn.gateway.configurations import service
from forjinn.workspaces import service as workspaces

gateway_configurations = group(
    "gateway-configurations", "Configurations of a workspace's API Gateway, each with its address and keys."
)

COLUMNS = ("name", "models", "record_texts", "keys")


@gateway_configurations.command("create")
@click.argument("name")
@workspace_option
@click.option("--model", "models", multiple=True, metavar="NAME", help="Offers this model; repeatable.")
@click.option("--record-texts", is_flag=True, help="Keep what is asked and answered with each request.")
@speaks_plainly
def create(name: str, slug: str, models: tuple[str, ...], record_texts: bool) -> None:
    """Make a configuration. Without --model it offers all models, also those that are added later."""
    made = service.create(workspaces.by_slug(slug), name, offered=models, record_texts=record_texts)
    said(f"Created {made.name!r}; its address is /gateway/{slug}/{made.name}/v1.")


@gateway_configurations.command("list")
@workspace_option
@json_option
@speaks_plainly
def list_(slug: str, as_json: bool) -> None:
    """Print name, models (or “all”), whether texts are recorded, and the number of keys."""
    workspace = workspaces.by_slug(slug)
    counts = service.key_counts(workspace)
    rows = [
        {
            "name": one.name,
            "models": ", ".join(one.offered) or "all",
            "record_texts": "yes" if one.record_texts else "no",
            "keys": counts.get(one.id, 0),
        }
        for one in service.of(workspace)
    ]
    print_rows(rows, COLUMNS, as_json)


@gateway_configurations.command("delete")
@click.argument("name")
@workspace_option
@yes_option
@speaks_plainly
def delete(name: str, slug: str, yes: bool) -> None:
    """Delete a configuration with all its keys. Any request that uses one receives 401 Unauthorized."""
    workspace = workspaces.by_slug(slug)
    configuration = service.named(workspace, name)
    keys = service.key_counts(workspace).get(configuration.id, 0)
    confirm(f"Delete {name!r} with its {keys} {'key' if keys == 1 else 'keys'}?", yes)
    ended = service.remove(workspace, configuration, by=None)
    said(f"Deleted {name!r} with {ended} {'key' if ended == 1 else 'keys'}.")
