"""`flask chatflows`: what a flow did and what it remembers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import click
from flask import current_app
from flask.cli import with_appcontext

from forjinn.accounts import service as accounts
from forjinn.command_line import (
    confirm,
    json_option,
    print_rows,
    said,
    speaks_plainly,
    workspace_option,
)
from forjinn.flows import history, service
from forjinn.flows.models import Flow, Run
from forjinn.workspaces import service as workspaces
from forjinn.workspaces.models import Workspace

COLUMNS = ("started_at", "outcome", "milliseconds", "tokens", "key", "session", "id", "error", "tried_by")
DELETED, NOBODY = "deleted key", "deleted user"


@click.command("runs")
@click.argument("flow_id", type=click.UUID)
@workspace_option
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=100, show_default=True, help="So many at most."
)
@json_option
@with_appcontext
@speaks_plainly
def runs(flow_id: UUID, slug: str, limit: int, as_json: bool) -> None:
    """Print the latest runs: when, outcome, milliseconds, tokens, key, session, id, error, and who tried."""
    workspace = workspaces.by_slug(slug)
    page = history.runs(workspace, service.get(workspace, flow_id), size=limit)
    names = _key_names(workspace, {run.api_key_id for run in page.rows})
    people = accounts.names_of({run.tried_by_id for run in page.rows if run.tried_by_id})
    print_rows([_row(run, names, people) for run in page.rows], COLUMNS, as_json)


@click.command("forget")
@click.argument("flow_id", type=click.UUID)
@click.argument("session")
@workspace_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_appcontext
@speaks_plainly
def forget(flow_id: UUID, session: str, slug: str, yes: bool) -> None:
    """Delete a conversation, and the texts of its runs."""
    workspace = workspaces.by_slug(slug)
    flow: Flow = service.get(workspace, flow_id)
    confirm(f"Delete what was said in the session {session!r} with {flow.name!r}?", yes)
    history.forget(workspace, flow, session)
    said(f"{flow.name!r} has forgotten the session {session!r}.")


def _row(run: Run, names: dict[UUID, tuple[str, bool]], people: dict[UUID, str]) -> dict[str, Any]:
    name = names.get(run.api_key_id, (DELETED, True))[0] if run.api_key_id else None
    return {
        "started_at": run.started_at,
        "outcome": run.outcome,
        "milliseconds": run.milliseconds,
        "tokens": run.input_tokens + run.output_tokens,
        "key": name,
        "tried_by": people.get(run.tried_by_id, NOBODY) if run.tried_by_id else None,
        "session": run.session_id,
        "id": str(run.id),
        "error": " ".join(run.error.split()),
    }


def _key_names(workspace: Workspace, ids: set[UUID | None]) -> dict[UUID, tuple[str, bool]]:
    found: dict[UUID, tuple[str, bool]] = current_app.extensions["forjinn.key_names"](workspace, ids - {None})
    return found
