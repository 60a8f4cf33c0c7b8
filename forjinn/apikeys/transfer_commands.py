"""`flask apikeys import` and `export`: the same plans as in the browser."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, BinaryIO

import click
from flask import current_app
from flask.cli import with_appcontext

from forjinn.apikeys.transfer import applying, exporting, planning, reading
from forjinn.apikeys.transfer.planning import MODES, Plan
from forjinn.apikeys.transfer.reading import KeyFile
from forjinn.command_line import confirm, said, speaks_plainly, workspace_option
from forjinn.errors import Refused
from forjinn.extensions import db
from forjinn.workspaces import service as workspaces

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

# Until then nobody wonders whether anything happens.
QUIET_SECONDS = 1.0


@click.command("import")
@with_appcontext
@click.argument("file", type=click.File("rb"))
@workspace_option
@click.option(
    "--mode", required=True, type=click.Choice(list(MODES)), help="What to do with keys that exist."
)
@click.option("--dry-run", is_flag=True, help="Only print what would be done.")
@click.option("--yes", is_flag=True, help="Do not ask before keys are deleted.")
@speaks_plainly
def import_(file: BinaryIO, slug: str, mode: str, dry_run: bool, yes: bool) -> None:
    """Import keys from a JSON file; `-` reads standard input. Prints a line for each key, then the totals."""
    workspace = workspaces.by_slug(slug)
    read = _read(file)
    applying.check(read.entries, mode)
    plan = planning.make(db.session(), workspace, read.entries, mode)
    if plan.refused:
        raise _refused(plan)
    if dry_run:
        _print(plan)
        return
    deleted = plan.totals[planning.DELETED]
    if deleted:
        confirm(
            f"Delete {deleted:,} keys of {workspace.slug}? Applications using them will stop working.", yes
        )
    with ExitStack() as until_done:
        progress = Progress(len(plan.rows), until_done)
        try:
            # What was agreed to above is what is done; a change in between stops it.
            shown = plan.fingerprint if deleted else None
            done = applying.apply(
                workspace, read.entries, mode, by=None, sha256=read.sha256, shown=shown, progress=progress
            )
        except applying.PlanRefused as refused:
            raise _refused(refused.plan) from refused
    _print(done)


@click.command("export")
@with_appcontext
@workspace_option
@speaks_plainly
def export(slug: str) -> None:
    """Print the workspace's keys as JSON: names and digests, no secrets."""
    for piece in exporting.export(workspaces.by_slug(slug)):
        click.echo(piece, nl=False)


class Progress:
    """A bar on a terminal, from the moment that the work takes longer than a second."""

    def __init__(self, rows: int, until_done: ExitStack) -> None:
        self._rows, self._until_done = rows, until_done
        self._started, self._done = time.monotonic(), 0
        self._bar: ProgressBar[int] | None = None

    def __call__(self, rows: int) -> None:
        self._done += rows
        if self._bar is not None:
            self._bar.update(rows)
        elif sys.stderr.isatty() and time.monotonic() - self._started > QUIET_SECONDS:
            bar: ProgressBar[int] = click.progressbar(length=self._rows, label="Importing", file=sys.stderr)
            self._bar = self._until_done.enter_context(bar)
            self._bar.update(self._done)


def _read(file: BinaryIO) -> KeyFile:
    limit: int = current_app.config["FORJINN_MAX_IMPORT_BYTES"]
    raw = file.read(limit + 1)
    if len(raw) > limit:
        raise Refused(f"The file is larger than {limit:,} bytes (FORJINN_MAX_IMPORT_BYTES).")
    try:
        read = reading.read(raw)
    except reading.FileRefused as refused:
        for problem in refused.problems:
            said(problem)
        raise Refused("Nothing was imported.") from refused
    for sentence in read.repeated:
        said(sentence)
    return read


def _refused(plan: Plan) -> Refused:
    for row in plan.refused:
        said(f"refused\t{row.name}\t{row.why}")
    return Refused(f"Nothing was imported: {len(plan.refused)} of the entries are refused.")


def _print(plan: Plan) -> None:
    click.echo("\n".join([f"{row.action}\t{row.name}" for row in plan.rows] + [_totals(plan)]))


def _totals(plan: Plan) -> str:
    return ", ".join(
        f"{count} {action}" for action, count in plan.totals.items() if action != planning.REFUSED
    )
