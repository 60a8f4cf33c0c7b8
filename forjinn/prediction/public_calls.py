"""How often an address may call public flows without a key; counted over all processes."""

from __future__ import annotations

import time

from flask import current_app
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from forjinn.errors import DatabaseUnavailable
from forjinn.extensions import db
from forjinn.flows.models import PublicCalls
from forjinn.prediction.answers import ApiError


def count(address: str) -> None:
    """One call more. Raises ApiError 429, DatabaseUnavailable."""
    most: int = current_app.config["FORJINN_PUBLIC_CALLS_PER_MINUTE"]
    at = time.time()
    if _counted(address, int(at) // 60) > most:
        wait = 60 - int(at) % 60
        raise ApiError(
            429,
            "rate_limited",
            f"This address called public flows more than {most} times within a minute.",
            {"Retry-After": str(wait)},
        )


def _counted(address: str, minute: int) -> int:
    dialect = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    statement = (
        dialect.insert(PublicCalls)
        .values(address=address, minute=minute, calls=1)
        .on_conflict_do_update(index_elements=["address", "minute"], set_={"calls": PublicCalls.calls + 1})
        .returning(PublicCalls.calls)
    )
    try:
        with db.engine.connect().execution_options(writes=True) as connection, connection.begin():
            counted: int = connection.execute(statement).scalar_one()
    except SQLAlchemyError as error:
        raise DatabaseUnavailable("The database cannot answer now.") from error
    return counted
