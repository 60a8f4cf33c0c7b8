"""SQLite on this machine: its files, which nobody else reads, and the library, which may be too old."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from sqlalchemy import Engine, event

# What SQLite keeps beside a database file, with the same content.
COMPANIONS = ("-wal", "-shm", "-journal")
PRIVATE = 0o600
# The first release without the WAL-reset bug (sqlite.org/wal.html#walresetbug).
WITHOUT_WAL_RESET_BUG = (3, 51, 3)

log = logging.getLogger(__name__)


def keep_private(engine: Engine) -> None:
    """See to it, before each connection of the engine, that only the owner may read the database's files."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "do_connect", _before_connecting)


def _before_connecting(_dialect: Any, _record: Any, arguments: Any, options: dict[str, Any]) -> None:
    name = str(arguments[0])
    if options.get("uri") and name.startswith("file:"):
        name = unquote(urlsplit(name).path)
    # SQLite puts the other files beside the file itself, not beside a link to it.
    make_private(Path(os.path.realpath(name)))


def make_private(file: Path) -> None:
    """Make an empty database file when there is none, and let only its owner read it and what is beside it.

    SQLite gives the files beside it the mode of the database file, so those that it makes later are private,
    too. What cannot be opened is left for SQLite to complain about.
    """
    try:
        # Not made by SQLite: until its mode was changed somebody could open the file, and keep it open.
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE))
    except OSError:
        return
    for path in (file, *(file.with_name(file.name + end) for end in COMPANIONS)):
        _narrow(path)


def _narrow(path: Path) -> None:
    try:
        if path.stat().st_mode & 0o777 != PRIVATE:
            path.chmod(PRIVATE)
    except FileNotFoundError:
        return
    except OSError as error:
        log.warning(
            "Others may read %s: its mode cannot be changed (%s). Run: chmod 600", path, error.strerror
        )


def warning_of_age(version: tuple[int, ...]) -> str | None:
    """What to tell an operator of a library of this version; None when it is new enough."""
    if version >= WITHOUT_WAL_RESET_BUG:
        return None
    told = ".".join(map(str, version))
    return (
        f"SQLite {told} is older than 3.51.3. In rare cases it damages a database that two processes write "
        "to at the same moment (its WAL-reset bug). Bring the system's SQLite library to 3.51.3 or later, or "
        "let DATABASE_URL name a PostgreSQL database."
    )
