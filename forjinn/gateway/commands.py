from __future__ import annotations

import os

import click

from forjinn.command_line import (
    group,
    json_option,
    print_rows,
    said,
    speaks_plainly,
    workspace_option,
)
from forjinn.gateway import service
from forjinn.workspaces import service as workspaces

models = group("models", "Language models that a workspace's flows may call.")


@models.command("add")
@click.argument("name")
@workspace_option
@click.option("--base-url", required=True, metavar="URL", help="Such as https://api.openai.com/v1.")
@click.option("--upstream", required=True, metavar="ID", help="The model's id at that endpoint.")
@speaks_plainly
def add(name: str, slug: str, base_url: str, upstream: str) -> None:
    """Register a model of an OpenAI-compatible endpoint.

    Its credential comes from FORJINN_MODEL_CREDENTIAL, if the endpoint wants one.
    """
    credential = os.environ.get("FORJINN_MODEL_CREDENTIAL")
    workspace = workspaces.by_slug(slug)
    service.add(workspace, name, base_url=base_url, upstream=upstream, credential=credential)
    said(f"Registered {name!r} in {slug}, {'with' if credential else 'without'} a credential.")


@models.command("list")
@workspace_option
@json_option
@speaks_plainly
def list_(slug: str, as_json: bool) -> None:
    """Print name, kind, base URL, upstream id, and whether a credential is kept."""
    columns = ("name", "kind", "base_url", "upstream", "credential")
    rows = [
        {
            "name": model.name,
            "kind": model.kind,
            "base_url": model.base_url,
            "upstream": model.upstream,
            "credential": "set" if model.credential else "none",
        }
        for model in service.of(workspaces.by_slug(slug))
    ]
    print_rows(rows, columns, as_json)
