"""What all commands share: one line on stderr for a mistake, and `--json` where a script wants it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy.exc import DBAPIError

from forjinn.errors import DomainError

# How SQLite and PostgreSQL begin to say that a table or a column is not there.
NOT_MIGRATED = ("no such table", "no such column", "relation ", "column ")


def group(name: str, help_text: str) -> AppGroup:
    return AppGroup(name, help=help_text)


def speaks_plainly(command: Callable[..., None]) -> Callable[..., None]:
    """Turn the domain's errors into one line on stderr and exit code 1, without a traceback."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except DomainError as error:
            raise click.ClickException(str(error)) from error
        except UnicodeEncodeError as error:
            raise click.ClickException("An argument is not UTF-8 text.") from error
        except DBAPIError as error:
            text = str(error.orig)
            if text.startswith(NOT_MIGRATED):
                raise click.ClickException("The database is not set up; run: flask db upgrade") from error
            raise click.ClickException(f"The database cannot answer: {text.splitlines()[0]}") from error

    return run


def print_rows(rows: Iterable[dict[str, Any]], columns: Sequence[str], as_json: bool) -> None:
    """A line for each row on stdout, its columns parted by tabs; or all of it as JSON."""
    if as_json:
        click.echo(json.dumps(list(rows), default=str, ensure_ascii=False, indent=2))
        return
    for row in rows:
        click.echo("\t".join("" if row[name] is None else str(row[name]) for name in columns))


def said(text: str) -> None:
    """For a person: on stderr, so that stdout holds only what a script wants."""
    click.echo(text, err=True)


def confirm(question: str, yes: bool) -> None:
    """Ask before something is destroyed. Without a terminal nobody can answer, so nothing is done."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.ClickException(f"{question} Nothing was done; say --yes to do it.")
    click.confirm(question, abort=True, err=True)


workspace_option = click.option(
    "--workspace", "slug", required=True, metavar="SLUG", help="The workspace's slug."
)
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
