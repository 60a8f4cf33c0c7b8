"""For load balancers: is the process there, and can it work?"""

from __future__ import annotations

from flask import Blueprint, Response, current_app
from sqlalchemy import literal_column, select, table

from forjinn.errors import DatabaseUnavailable
from forjinn.fast import Reader, Statement
from forjinn.guards import public

bp = Blueprint("health", __name__)

MIGRATED: Statement = select(literal_column("1")).select_from(table("alembic_version"))


@bp.get("/healthz")
@public
def healthz() -> Response:
    """200 while the process answers, whatever the database does."""
    return _said("ok")


@bp.get("/readyz")
@public
def readyz() -> Response:
    """200 when the database answers and is migrated, else 503."""
    # Its own, which is free also when calls wait for all connections of the others.
    reader: Reader = current_app.extensions["forjinn.health"]
    try:
        reader.first(MIGRATED, {})
    except DatabaseUnavailable:
        return _said("the database cannot answer", 503)
    return _said("ok")


def _said(what: str, status: int = 200) -> Response:
    return Response(
        what + "\n",
        status,
        content_type="text/plain; charset=utf-8",
        headers={"Cache-Control": "no-store"},
    )
