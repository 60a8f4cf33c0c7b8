"""The verbs of a workspace's models."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from forjinn import names
from forjinn.database import writing
from forjinn.errors import Refused
from forjinn.extensions import db
from forjinn.gateway import credentials
from forjinn.gateway.models import EMBEDDED, OPENAI, LanguageModel
from forjinn.workspaces.models import Workspace

LONGEST_ADDRESS = 500


def add(
    workspace: Workspace, name: str, *, base_url: str, upstream: str, credential: str | None = None
) -> LanguageModel:
    """Register a model at an OpenAI-compatible endpoint (`base_url` ends before `/chat/completions`)."""
    _check_address(base_url)
    encrypted = credentials.encrypt(_header_value(credential)) if credential else None
    return _add(workspace, name, OPENAI, base_url.rstrip("/"), upstream, encrypted)


def add_embedded(workspace: Workspace, name: str) -> LanguageModel:
    """Register the model that this server runs itself."""
    return _add(workspace, name, EMBEDDED, None, name, None)


def of(workspace: Workspace) -> Sequence[LanguageModel]:
    return db.session.scalars(
        select(LanguageModel).where(LanguageModel.workspace_id == workspace.id).order_by(LanguageModel.name)
    ).all()


def folded_names(workspace: Workspace) -> frozenset[str]:
    """The folded names of the workspace's models, to check a flow against."""
    return frozenset(
        db.session.scalars(select(LanguageModel.name_key).where(LanguageModel.workspace_id == workspace.id))
    )


def _add(
    workspace: Workspace,
    name: str,
    kind: str,
    base_url: str | None,
    upstream: str,
    credential: bytes | None,
) -> LanguageModel:
    name = names.checked(name)
    upstream = names.checked(upstream, longest=200, what="upstream model id")
    model = LanguageModel(
        workspace_id=workspace.id,
        name=name,
        name_key=names.folded(name),
        kind=kind,
        base_url=base_url,
        upstream=upstream,
        credential=credential,
    )
    try:
        with writing() as session:
            session.add(model)
    except IntegrityError as error:
        raise Refused(f"There is a model named {name!r} in {workspace.slug} already.", "name") from error
    return model


def _check_address(base_url: str) -> None:
    try:
        parts = urlsplit(base_url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        raise _no_address() from None
    if not usable or len(base_url) > LONGEST_ADDRESS:
        raise _no_address()
    if parts.username or parts.password or parts.query:
        raise Refused(
            "The address must not hold a credential; give it in FORJINN_MODEL_CREDENTIAL.",
            "base_url",
        )


def _no_address() -> Refused:
    # Not repeated: somebody may have put a password into it.
    return Refused("This is not an http(s) address such as https://api.openai.com/v1.", "base_url")


def _header_value(credential: str) -> str:
    credential = credential.strip()
    if not credential.isascii() or not credential.isprintable():
        raise Refused("A credential has only visible ASCII characters.", "credential")
    return credential
