"""Finds a workspace's model for a call, on the read connection of the prediction path."""

from __future__ import annotations

import os
from dataclasses import dataclass
from uuid import UUID

from flask import current_app
from sqlalchemy import bindparam, select

from forjinn.errors import DomainError
from forjinn.fast import Reader
from forjinn.gateway import credentials
from forjinn.gateway.models import EMBEDDED, LanguageModel
from forjinn.names import folded

STATEMENT = select(
    LanguageModel.kind, LanguageModel.base_url, LanguageModel.upstream, LanguageModel.credential
).where(
    LanguageModel.workspace_id == bindparam("workspace_id", type_=LanguageModel.workspace_id.type),
    LanguageModel.name_key == bindparam("name_key"),
)


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

    def __repr__(self) -> str:
        return f"<Upstream {self.name}>"


def upstream(workspace_id: UUID, name: str) -> Upstream:
    """Raises ModelUnknown, ModelStopped, CredentialUnreadable, DatabaseUnavailable."""
    reader: Reader = current_app.extensions["forjinn.reader"]
    parameters = {"workspace_id": workspace_id.hex, "name_key": folded(name)}
    row = reader.first(reader.compiled(STATEMENT), parameters)
    if row is None:
        raise ModelUnknown(f"The model {name!r} is not registered in this workspace.")
    kind, base_url, model, encrypted = row
    if kind == EMBEDDED:
        return _embedded(name)
    credential = credentials.decrypt(bytes(encrypted)) if encrypted else None
    return Upstream(name, kind, base_url, model, credential)


class ModelStopped(DomainError):
    """The model inside this server is not running."""


def _embedded(name: str) -> Upstream:
    # The server that started the model told its address and key to its worker processes.
    address = os.environ.get("FORJINN_EMBEDDED_URL")
    if not address:
        raise ModelStopped("The embedded model is not running; `make demo` starts it with the server.")
    return Upstream(name, EMBEDDED, f"{address}/v1", name, os.environ.get("FORJINN_EMBEDDED_KEY"))
