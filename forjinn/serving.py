from __future__ import annotations

import click
from flask.cli import with_appcontext

from forjinn import server


@click.command("serve")
@click.option("--embedded/--no-embedded", default=False, help="Start the embedded model with the server.")
@with_appcontext
def serve(embedded: bool) -> None:
    """Serve Forjinn in the foreground. Run `flask db upgrade` first."""
    server.serve(with_embedded=embedded)
