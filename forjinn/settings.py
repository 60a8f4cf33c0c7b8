"""Every setting once: its name in the environment, default, check, and one line of help.

README's table is made from these lines (`python -m forjinn.settings`), so the two cannot drift apart.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from forjinn import host_names


class SettingError(Exception):
    """A setting has a value that Forjinn cannot start with; the message says which and why."""


@dataclass(frozen=True)
class Setting:
    name: str
    default: str
    parse: Callable[[str], Any]
    help: str
    # Whether it bounds what somebody else can use up; docs/operating.md lists these.
    is_bound: bool = False


def integer(low: int, high: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        number = int(value)
        if not low <= number <= high:
            raise ValueError(f"must be between {low} and {high}")
        return number

    return parse


def switch(value: str) -> bool:
    if value not in ("0", "1"):
        raise ValueError("must be 0 or 1")
    return value == "1"


def seconds(low: float, high: float) -> Callable[[str], float]:
    def parse(value: str) -> float:
        number = float(value)
        if not low <= number <= high:
            raise ValueError(f"must be between {low:g} and {high:g} seconds")
        return number

    return parse


def base_url(value: str) -> str:
    if value and urlsplit(value).scheme not in ("http", "https"):
        raise ValueError("must begin with http:// or https://")
    if value and not urlsplit(value).hostname:
        raise ValueError("must name a host, such as https://forjinn.example.com")
    return value.rstrip("/")


def database_url(value: str) -> str:
    """Accept the common spellings; PostgreSQL always goes through psycopg 3."""
    for prefix in ("postgresql://", "postgres://"):
        if value.startswith(prefix):
            value = "postgresql+psycopg://" + value.removeprefix(prefix)
    if value and not value.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ValueError("must begin with sqlite:/// or postgresql://")
    if value and _database(value) in (None, "", ":memory:"):
        # A database in memory would be another one for each connection.
        raise ValueError("must name a database: sqlite:////absolute/path.db or postgresql://host/name")
    return value


def redis_url(value: str) -> str:
    if value and not value.startswith(("redis://", "rediss://")):
        # Not repeated: it may hold a password.
        raise ValueError("must begin with redis:// or rediss://")
    return value


def _database(url: str) -> str | None:
    try:
        return make_url(url).database
    except (ArgumentError, ValueError) as error:
        # Not the error's own words: the URL may hold a password.
        raise ValueError("is not a URL such as postgresql://user:password@host:5432/name") from error


SETTINGS = (
    Setting(
        "DATABASE_URL",
        "",
        database_url,
        "Where the data lives: `postgresql://user:password@host/name` or `sqlite:////absolute/path.db`. "
        "Without it, SQLite in `instance/forjinn.db`.",
    ),
    Setting(
        "REDIS_URL",
        "",
        redis_url,
        "Where several machines share the limits of gateway keys, such as `redis://host:6379/0`. "
        "Without it, or while it does not answer, they are counted in the database.",
    ),
    Setting(
        "FORJINN_SECRET_KEY",
        "",
        str,
        "Signs sessions and encrypts model credentials; at least 32 characters. Without it, one is made "
        "once and kept in `instance/secret_key` (mode 0600). All machines of one installation share it.",
    ),
    Setting(
        "FORJINN_BASE_URL",
        "",
        base_url,
        "The address people use, such as `https://forjinn.example.com`, for the samples on the screen. "
        "Without it, the address of the request.",
    ),
    Setting(
        "FORJINN_TRUSTED_PROXIES",
        "0",
        integer(0, 10),
        "How many reverse proxies stand in front and set `X-Forwarded-For`, `-Proto` and `-Host`. "
        "With 0 these headers are ignored.",
    ),
    Setting(
        "FORJINN_ALLOWED_HOSTS",
        "",
        host_names.parse_allowed,
        "The names under which this server is reached, without a port and with commas between them, such as "
        "`forjinn.example.com,10.0.0.5`; the host of `FORJINN_BASE_URL` is always one. A request to another "
        "is answered with 400, but for `/healthz` and `/readyz`. Without it, any name is answered.",
    ),
    Setting("FORJINN_INSTANCE", "instance", str, "The folder for the SQLite file and the secret key."),
    Setting("HOST", "127.0.0.1", str, "The address the server listens on."),
    Setting("PORT", "5000", integer(1, 65535), "The port the server listens on."),
    Setting("WORKERS", "2", integer(1, 64), "Server processes."),
    Setting(
        "FORJINN_THREADS",
        "128",
        integer(1, 1024),
        "Requests that one process works on at once; most of them wait for a model.",
        is_bound=True,
    ),
    Setting(
        "FORJINN_KEY_SHARE",
        "60",
        integer(1, 100),
        "How many of these, in percent, one key, one public flow or one person who is signed in can hold; "
        "more is answered with 429.",
        is_bound=True,
    ),
    Setting(
        "FORJINN_WORKSPACE_SHARE",
        "75",
        integer(1, 100),
        "The same for all calls of one workspace together.",
        is_bound=True,
    ),
    Setting(
        "FORJINN_CONNECTIONS",
        "4096",
        integer(16, 1 << 20),
        "Connections that one process holds open; further ones wait until one ends. Each takes an open file.",
        is_bound=True,
    ),
    Setting(
        "FORJINN_HEAD_SECONDS",
        "10",
        seconds(0.1, 3600),
        "How long a connection may take to send the head of its next request; then it is closed. "
        "Also how long one may be idle after an answer.",
        is_bound=True,
    ),
    Setting(
        "FORJINN_MAX_REQUEST_BYTES",
        "1048576",
        integer(1024, 1 << 30),
        "The largest body of a call with an API key, and of a form of somebody who is signed in, in bytes; "
        "more is answered with 413.",
        is_bound=True,
    ),
    Setting(
        "FORJINN_MAX_PUBLIC_BYTES",
        "65536",
        integer(1024, 1 << 30),
        "The largest body of somebody who has neither key nor session, in bytes, such as a call of a public "
        "flow. Larger ones are read only after the key or the session was checked.",
        is_bound=True,
    ),
    Setting(
        "FORJINN_MAX_CANVAS_BYTES",
        "4194304",
        integer(1024, 1 << 30),
        "The largest form that the canvas sends, in bytes, and the most text that any form may hold.",
        is_bound=True,
    ),
    Setting(
        "FORJINN_MAX_IMPORT_BYTES",
        "33554432",
        integer(1024, 1 << 30),
        "The largest file that an import reads, in bytes.",
        is_bound=True,
    ),
    Setting(
        "FORJINN_MAX_GATEWAY_BYTES",
        "16777216",
        integer(1024, 1 << 30),
        "The largest body of a call with a gateway key, in bytes: prompts may hold images.",
        is_bound=True,
    ),
    Setting(
        "FORJINN_MAX_HELD_BYTES",
        "67108864",
        integer(1024, 1 << 36),
        "The bodies that one process holds at a time, in bytes: all strangers a quarter of it, one address a "
        "sixteenth, one key or account a half; more is answered with 503.",
        is_bound=True,
    ),
    Setting(
        "FORJINN_BODY_SECONDS",
        "10",
        seconds(0.05, 3600),
        "After how long without a byte a request's body is given up, with 408.",
        is_bound=True,
    ),
    Setting("FORJINN_BCRYPT_ROUNDS", "12", integer(4, 16), "The cost of a password's bcrypt hash."),
    Setting(
        "FORJINN_SESSION_IDLE_HOURS",
        "12",
        integer(1, 24 * 90),
        "A sign-in that was not used for so many hours ends.",
    ),
    Setting(
        "FORJINN_PROVIDER_CONNECT_SECONDS",
        "5",
        seconds(0.05, 60),
        "How long to wait for a connection to a model's endpoint.",
        is_bound=True,
    ),
    Setting(
        "FORJINN_PROVIDER_SECONDS",
        "120",
        seconds(0.05, 3600),
        "How long to wait for a model's next bytes before the call fails with 502.",
        is_bound=True,
    ),
    Setting(
        "FORJINN_RUN_NODES",
        "100",
        integer(1, 100_000),
        "Nodes that one run of a flow may run.",
        is_bound=True,
    ),
    Setting("FORJINN_RUN_DEPTH", "5", integer(1, 50), "How deep flows may call each other.", is_bound=True),
    Setting(
        "FORJINN_RUN_SECONDS",
        "300",
        seconds(0.05, 24 * 3600),
        "How long one run of a flow may take.",
        is_bound=True,
    ),
    Setting(
        "FORJINN_AGENT_STEPS",
        "10",
        integer(1, 1000),
        "How often an Agent may ask its model in one run.",
        is_bound=True,
    ),
    Setting(
        "FORJINN_HTTP_SECONDS",
        "30",
        seconds(0.05, 3600),
        "How long an HTTP node waits for the other side's next bytes before it fails.",
        is_bound=True,
    ),
    Setting(
        "FORJINN_HTTP_RESPONSE_BYTES",
        "1048576",
        integer(1, 1 << 30),
        "The largest answer that an HTTP node reads, in bytes.",
        is_bound=True,
    ),
    Setting(
        "FORJINN_ALLOW_PRIVATE_ADDRESSES",
        "0",
        switch,
        "With `1`, flows may call addresses that are not on the public internet, such as `127.0.0.1`.",
    ),
    Setting(
        "FORJINN_RUN_DAYS",
        "30",
        integer(0, 36_500),
        "For how many days runs are kept with their trace, and single requests of the gateway; "
        "0 keeps them for ever.",
    ),
    Setting(
        "FORJINN_CONVERSATION_DAYS",
        "365",
        integer(0, 36_500),
        "For how many days what was said in a conversation is kept; 0 keeps it for ever.",
    ),
    Setting(
        "FORJINN_PUBLIC_CALLS_PER_MINUTE",
        "30",
        integer(1, 1_000_000),
        "How often one address may call public flows without a key; more is answered with 429.",
        is_bound=True,
    ),
    Setting(
        "FORJINN_HEARTBEAT_SECONDS",
        "15",
        seconds(0.05, 3600),
        "After how much silence a stream sends a comment, so that proxies keep it open.",
    ),
    Setting(
        "FORJINN_USAGE_FLUSH_SECONDS",
        "2",
        seconds(0.05, 5),
        "How often a process writes the calls that it counted, and their runs. "
        "A killed process loses at most this much.",
    ),
)


def load(environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Read and check all settings; an empty variable counts as not set.

    Raises SettingError with the variable's name.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        try:
            values[setting.name] = setting.parse(environ.get(setting.name) or setting.default)
        except ValueError as error:
            raise SettingError(f"{setting.name}: {error}") from error
    values["FORJINN_INSTANCE"] = Path(values["FORJINN_INSTANCE"]).resolve()
    values["DATABASE_URL"] = values["DATABASE_URL"] or f"sqlite:///{values['FORJINN_INSTANCE']}/forjinn.db"
    return values


def table() -> str:
    """The settings as a Markdown table, for the README."""
    rows = ["| setting | default | meaning |", "|---|---|---|"]
    rows += [f"| `{s.name}` | {f'`{s.default}`' if s.default else ''} | {s.help} |" for s in SETTINGS]
    return "\n".join(rows)


if __name__ == "__main__":
    sys.stdout.write(table() + "\n")
