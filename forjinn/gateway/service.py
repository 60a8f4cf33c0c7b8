"""The verbs of a workspace's models. A model is a name; each of its upstreams is a row."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import groupby
from uuid import UUID

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from forjinn import names
from forjinn.bounds import bound
from forjinn.database import writing
from forjinn.errors import NotFound, Refused
from forjinn.extensions import db
from forjinn.gateway import credentials
from forjinn.gateway.addresses import checked_address, header_value
from forjinn.gateway.models import EMBEDDED, OPENAI, LanguageModel
from forjinn.gateway.steering import chooses_place
from forjinn.workspaces.models import Workspace

MOST_ALLOWED = bound("Members that an upstream's callers may send beyond OpenAI's", 50, "names")
LONGEST_MEMBER = bound("A name of these", 64, "characters")
MEMBER = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def add(
    workspace: Workspace,
    name: str,
    *,
    base_url: str,
    upstream: str,
    credential: str | None = None,
    kind: str = OPENAI,
    prices: tuple[int, int] = (0, 0),
    further: bool = False,
    allowed_members: Sequence[str] = (),
) -> LanguageModel:
    """Register a model at an OpenAI-compatible endpoint (`base_url` ends before `/chat/completions`).

    `prices` are millionths of a dollar for a million input and output tokens. With `further` it becomes
    another upstream of a model that is there. Its callers may send `allowed_members` beyond OpenAI's.
    Raises Refused, NotFound.
    """
    address = checked_address(base_url)
    encrypted = credentials.encrypt(header_value(credential)) if credential else None
    model = LanguageModel(
        kind=kind,
        base_url=address,
        upstream=upstream,
        credential=encrypted,
        input_price=prices[0],
        output_price=prices[1],
        allowed_members=_as_json(allowed_members),
    )
    return _add(workspace, name, model, further)


def add_embedded(workspace: Workspace, name: str) -> LanguageModel:
    """Register the model that this server runs itself."""
    return _add(workspace, name, LanguageModel(kind=EMBEDDED, upstream=name))


def of(workspace: Workspace) -> Sequence[LanguageModel]:
    """All upstreams: by the names of their models, and in the order in which they are tried."""
    order = (LanguageModel.name, LanguageModel.position)
    return db.session.scalars(_here(workspace).order_by(*order)).all()


def grouped(workspace: Workspace) -> list[tuple[str, list[LanguageModel]]]:
    """Each model's name with its upstreams."""
    return [(name, list(rows)) for name, rows in groupby(of(workspace), lambda row: row.name)]


def folded_names(workspace: Workspace) -> frozenset[str]:
    """The folded names of the workspace's models, to check a flow against."""
    return frozenset(
        db.session.scalars(select(LanguageModel.name_key).where(LanguageModel.workspace_id == workspace.id))
    )


def registered(workspace: Workspace, wanted: Sequence[str]) -> list[str]:
    """The models' own spelling of these names. Raises Refused for one that is not there."""
    there = {names.folded(name): name for name, _upstreams in grouped(workspace)} if wanted else {}
    missing = [name for name in wanted if names.folded(name) not in there]
    if missing:
        raise Refused(f"There is no model named {missing[0]!r} in this workspace.", "models")
    return [there[names.folded(name)] for name in wanted]


def get(workspace: Workspace, upstream_id: UUID) -> LanguageModel:
    """One upstream of the workspace. Raises NotFound."""
    found = db.session.scalar(_here(workspace).where(LanguageModel.id == upstream_id))
    if found is None:
        raise NotFound("There is no such model in this workspace, or it was removed.")
    return found


def named(workspace: Workspace, name: str) -> list[LanguageModel]:
    """The upstreams of the model of this name, whatever its case. Raises NotFound."""
    key = names.folded(name.strip())
    statement = _here(workspace).where(LanguageModel.name_key == key).order_by(LanguageModel.position)
    found = list(db.session.scalars(statement))
    if not found:
        raise NotFound(f"There is no model named {name!r} in this workspace.")
    return found


def remove(workspace: Workspace, upstream: LanguageModel) -> None:
    """Take one upstream away; those behind it move up. With its last one the model is gone."""
    with writing() as session:
        rows = _rows(session, workspace, upstream.name_key)
        session.execute(
            delete(LanguageModel).where(
                LanguageModel.workspace_id == workspace.id, LanguageModel.id == upstream.id
            )
        )
        _number(session, [row.id for row in rows if row.id != upstream.id])


def prefer(workspace: Workspace, upstream: LanguageModel) -> None:
    """Try this upstream one place earlier."""
    with writing() as session:
        ids = [row.id for row in _rows(session, workspace, upstream.name_key)]
        if upstream.id in ids[1:]:
            place = ids.index(upstream.id)
            ids[place - 1 : place + 1] = [upstream.id, ids[place - 1]]
            _number(session, ids)


def change(
    workspace: Workspace,
    upstream: LanguageModel,
    *,
    upstream_id: str,
    prices: tuple[int, int],
    allowed_members: Sequence[str],
) -> None:
    """Another model id at its endpoint, other prices or members. Raises Refused.

    Not another address: the credential would go to it, and nobody who may not read it may send it there.
    """
    model_id = names.checked(upstream_id, longest=200, what="upstream model id")
    values = {"upstream": model_id, "input_price": prices[0], "output_price": prices[1]}
    _update(workspace, upstream, values | {"allowed_members": _as_json(allowed_members)})


def allow_members(workspace: Workspace, upstream: LanguageModel, allowed: Sequence[str]) -> None:
    """What its callers may send beyond OpenAI's members, in place of what was listed. Raises Refused."""
    _update(workspace, upstream, {"allowed_members": _as_json(allowed)})


def replace_credential(workspace: Workspace, upstream: LanguageModel, credential: str) -> None:
    """Give it another credential, or none when it is empty. Raises Refused."""
    encrypted = credentials.encrypt(header_value(credential)) if credential.strip() else None
    _update(workspace, upstream, {"credential": encrypted})


def _update(workspace: Workspace, upstream: LanguageModel, values: dict[str, object]) -> None:
    with writing() as session:
        session.execute(
            update(LanguageModel)
            .where(LanguageModel.workspace_id == workspace.id, LanguageModel.id == upstream.id)
            .values(values)
        )


def _as_json(members: Sequence[str]) -> str:
    """Raises Refused with the field `allowed_members`."""
    if len(members) > MOST_ALLOWED:
        raise Refused(f"At most {MOST_ALLOWED} further members are possible.", "allowed_members")
    for name in members:
        if len(name) > LONGEST_MEMBER or not MEMBER.fullmatch(name):
            raise Refused(
                "A member's name has up to 64 letters, digits, dots, hyphens and underscores.",
                "allowed_members",
            )
        if chooses_place(name):
            raise Refused(
                f"{name} cannot be allowed: callers could choose by it where a request goes, or as whom.",
                "allowed_members",
            )
    return json.dumps(sorted(set(members)))


def _here(workspace: Workspace) -> Select[LanguageModel]:
    statement = select(LanguageModel).where(LanguageModel.workspace_id == workspace.id)
    return statement.execution_options(populate_existing=True)


def _rows(session: Session, workspace: Workspace, name_key: str) -> Sequence[LanguageModel]:
    statement = _here(workspace).where(LanguageModel.name_key == name_key).order_by(LanguageModel.position)
    rows: Sequence[LanguageModel] = session.scalars(statement).all()
    return rows


def _number(session: Session, ids: Sequence[UUID]) -> None:
    # Twice, the first time below zero: two rows must not have the same position in between.
    for sign in (-1, 1):
        for place, row_id in enumerate(ids):
            position = place if sign > 0 else -1 - place
            session.execute(update(LanguageModel).where(LanguageModel.id == row_id).values(position=position))


def _add(workspace: Workspace, name: str, model: LanguageModel, further: bool = False) -> LanguageModel:
    model.workspace_id = workspace.id
    model.name = names.checked(name)
    model.name_key = names.folded(model.name)
    model.upstream = names.checked(model.upstream, longest=200, what="upstream model id")
    model.position = 0
    try:
        with writing() as session:
            if further:
                _join(session, workspace, model)
            session.add(model)
    except IntegrityError as error:
        raise Refused(
            f"There is a model named {model.name!r} in {workspace.slug} already.", "name"
        ) from error
    return model


def _join(session: Session, workspace: Workspace, model: LanguageModel) -> None:
    """Place it behind the upstreams that are there, under their spelling of the name."""
    last = session.scalar(
        select(func.max(LanguageModel.position)).where(
            LanguageModel.workspace_id == workspace.id, LanguageModel.name_key == model.name_key
        )
    )
    if last is None:
        raise NotFound(f"There is no model named {model.name!r} in this workspace.")
    model.name = _rows(session, workspace, model.name_key)[0].name
    model.position = last + 1
