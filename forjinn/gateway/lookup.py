"""Finds a workspace's model for a call, on the read connection of the prediction path."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import bindparam, select

from forjinn.errors import DomainError
from forjinn.fast import Reader
from forjinn.gateway import credentials
from forjinn.gateway.models import EMBEDDED, LanguageModel
from forjinn.names import folded

# What `upstream_of` reads, in its order.
COLUMNS = (
    LanguageModel.kind,
    LanguageModel.base_url,
    LanguageModel.upstream,
    LanguageModel.credential,
    LanguageModel.input_price,
    LanguageModel.output_price,
    LanguageModel.allowed_members,
)
STATEMENT = (
    select(*COLUMNS)
    .where(
        LanguageModel.workspace_id == bindparam("workspace_id", type_=LanguageModel.workspace_id.type),
        LanguageModel.name_key == bindparam("name_key"),
    )
    .order_by(LanguageModel.position)
)


# Of a name that is not there, in a sentence about it, in characters.
LONGEST_SHOWN = 200


class ModelUnknown(DomainError):
    """The flow names a model that its workspace has not registered."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where to send a call. `credential` is in the clear: never log or render this object."""

    name: str
    kind: str
    base_url: str
    model: str
    credential: str | None
    # Millionths of a dollar for a million tokens.
    input_price: int = 0
    output_price: int = 0

    def __repr__(self) -> str:
        return f"<Upstream {self.name}>"


def upstreams(workspace_id: UUID, name: str) -> list[Upstream]:
    """The model's, in order. Raises ModelUnknown, DatabaseUnavailable, and what `callable_of` raises."""
    reader: Reader = current_app.extensions["forjinn.reader"]
    parameters = {"workspace_id": workspace_id.hex, "name_key": folded(name)}
    rows = reader.all(STATEMENT, parameters)
    if not rows:
        raise ModelUnknown(f"The model {_shown(name)} is not registered in this workspace.")
    return callable_of(name, rows)


def _shown(name: str) -> str:
    # A caller may have sent a megabyte of it.
    return repr(name) if len(name) <= LONGEST_SHOWN else f"{name[:LONGEST_SHOWN]!r}…"


def callable_of(name: str, rows: Sequence[Sequence[Any]]) -> list[Upstream]:
    """Those that can be called at all. When there is none, raises ModelStopped or CredentialUnreadable."""
    found: list[Upstream] = []
    reason: DomainError | None = None
    for row in rows:
        try:
            found.append(upstream_of(name, row))
        except DomainError as error:
            reason = error
    if reason is not None and not found:
        raise reason
    return found


def upstream_of(name: str, row: Sequence[Any]) -> Upstream:
    """Made of the values of COLUMNS. Raises ModelStopped, CredentialUnreadable."""
    kind, base_url, model, encrypted, input_price, output_price, _allowed_members = row
    if kind == EMBEDDED:
        return _embedded(name)
    credential = credentials.decrypt(bytes(encrypted)) if encrypted else None
    return Upstream(name, kind, base_url, model, credential, input_price, output_price)


class ModelStopped(DomainError):
    """The model inside this server is not running."""


def _embedded(name: str) -> Upstream:
    # The server that started the model told its address and key to its worker processes.
    address = os.environ.get("FORJINN_EMBEDDED_URL")
    if not address:
        raise ModelStopped("The embedded model is not running; `make demo` starts it with the server.")
    return Upstream(name, EMBEDDED, f"{address}/v1", name, os.environ.get("FORJINN_EMBEDDED_KEY"))
