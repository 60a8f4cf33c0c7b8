"""`flask models`"""

from __future__ import annotations

import os

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
from forjinn.gateway import money, service, trial
from forjinn.gateway.models import EMBEDDED, LITELLM, OPENAI
from forjinn.workspaces import service as workspaces

models = group("models", "Language models that a workspace's flows and gateway keys may call.")

COLUMNS = ("name", "kind", "base_url", "upstream", "credential")


@models.command("add")
@click.argument("name")
@workspace_option
@click.option("--base-url", metavar="URL", help="Such as https://api.openai.com/v1.")
@click.option("--upstream", metavar="ID", help="The model's id at that endpoint.")
@click.option("--kind", type=click.Choice((OPENAI, LITELLM, EMBEDDED)), default=OPENAI, show_default=True)
@click.option("--input-price", default="0", metavar="DOLLARS", help="For a million input tokens.")
@click.option("--output-price", default="0", metavar="DOLLARS", help="For a million output tokens.")
@click.option("--further", is_flag=True, help="As one more upstream of a model that is there.")
@click.option("--allow-member", "allowed", metavar="NAME", multiple=True, help="Callers may send it, too.")
@speaks_plainly
def add(
    name: str,
    slug: str,
    base_url: str | None,
    upstream: str | None,
    kind: str,
    input_price: str,
    output_price: str,
    further: bool,
    allowed: tuple[str, ...],
) -> None:
    """Register a model of an OpenAI-compatible endpoint, or the embedded one.

    Its credential comes from FORJINN_MODEL_CREDENTIAL, if the endpoint wants one.
    """
    if kind == EMBEDDED:
        service.add_embedded(workspaces.by_slug(slug), name)
        said(f"Registered {name!r} in {slug}: the model inside this server.")
        return
    if base_url is None or upstream is None:
        raise click.UsageError("An endpoint needs --base-url and --upstream.")
    credential = os.environ.get("FORJINN_MODEL_CREDENTIAL")
    prices = (money.parsed(input_price, "input_price"), money.parsed(output_price, "output_price"))
    service.add(
        workspaces.by_slug(slug),
        name,
        base_url=base_url,
        upstream=upstream,
        credential=credential,
        kind=kind,
        prices=prices,
        further=further,
        allowed_members=allowed,
    )
    said(f"Registered {name!r} in {slug}, {'with' if credential else 'without'} a credential.")


@models.command("list")
@workspace_option
@json_option
@speaks_plainly
def list_(slug: str, as_json: bool) -> None:
    """Print name, kind, base URL, upstream id, and whether a credential is kept."""
    rows = [
        {
            "name": model.name,
            "kind": model.kind,
            "base_url": model.base_url,
            "upstream": model.upstream,
            "credential": "set" if model.credential else "none",
            "allowed_members": model.allowed,
        }
        for model in service.of(workspaces.by_slug(slug))
    ]
    print_rows(rows, COLUMNS, as_json)


@models.command("allow")
@click.argument("name")
@click.argument("members", nargs=-1)
@workspace_option
@speaks_plainly
def allow(name: str, members: tuple[str, ...], slug: str) -> None:
    """Let callers of NAME send these MEMBERS beyond OpenAI's, in place of what was allowed before."""
    workspace = workspaces.by_slug(slug)
    upstreams = service.named(workspace, name)
    for upstream in upstreams:
        service.allow_members(workspace, upstream, members)
    said(
        f"Callers of {upstreams[0].name!r} may send beyond OpenAI's members: {', '.join(members) or 'none'}."
    )


@models.command("remove")
@click.argument("name")
@workspace_option
@yes_option
@speaks_plainly
def remove(name: str, slug: str, yes: bool) -> None:
    """Remove a model with all its upstreams. Flows and gateway keys that call it start to fail."""
    workspace = workspaces.by_slug(slug)
    upstreams = service.named(workspace, name)
    confirm(f"Remove {upstreams[0].name!r}? Flows and gateway keys that call it will fail.", yes)
    for upstream in upstreams:
        service.remove(workspace, upstream)
    said(f"Removed {upstreams[0].name!r}.")


@models.command("test")
@click.argument("name")
@workspace_option
@speaks_plainly
def test(name: str, slug: str) -> None:
    """Send one small request to each upstream; print its id and the milliseconds that it took."""
    for upstream in service.named(workspaces.by_slug(slug), name):
        milliseconds = trial.of(upstream)
        click.echo(f"{upstream.upstream}\t{milliseconds} ms")
