"""The verbs of a workspace's variables: what `{{ $vars.<name> }}` stands for in its flows."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import delete as delete_rows
from sqlalchemy import select

from forjinn.database import writing
from forjinn.errors import NotFound, Refused
from forjinn.extensions import db
from forjinn.flows.masking import SHORTEST_SECRET
from forjinn.flows.models import Variable
from forjinn.gateway import credentials
from forjinn.names import harmless
from forjinn.workspaces.models import Workspace

NAME = re.compile(r"[A-Za-z0-9_]{1,100}")
LONGEST_VALUE = 10_000
MOST = 200


def of(workspace: Workspace) -> Sequence[Variable]:
    """By name."""
    return db.session.scalars(
        select(Variable).where(Variable.workspace_id == workspace.id).order_by(Variable.name)
    ).all()


def names_of(workspace: Workspace) -> Sequence[str]:
    return db.session.scalars(
        select(Variable.name).where(Variable.workspace_id == workspace.id).order_by(Variable.name)
    ).all()


def get(workspace: Workspace, name: str) -> Variable:
    found = db.session.scalar(
        select(Variable).where(
            Variable.workspace_id == workspace.id, Variable.name == name.replace("\x00", "")
        )
    )
    if found is None:
        raise NotFound(f"There is no variable “{harmless(name[:100])}” in this workspace.")
    return found


def secret_names_of(workspace: Workspace) -> Sequence[str]:
    return db.session.scalars(
        select(Variable.name)
        .where(Variable.workspace_id == workspace.id, Variable.encrypted.is_not(None))
        .order_by(Variable.name)
    ).all()


def put(
    workspace: Workspace, name: str, value: str, *, secret: bool = False, reveals: bool = False
) -> Variable:
    """Make a variable, or give it another value. Holds from the next call of a flow on.

    A plain one becomes `secret` with its new value. A secret one becomes plain only with `reveals`, which
    says that this is wanted. Raises Refused with the field at fault, `name` or `value`.
    """
    name, value = _name(name.strip()), _secret(_value(value)) if secret else _value(value)
    with writing() as session:
        variable = session.get(Variable, (workspace.id, name), populate_existing=True)
        if variable is None:
            if len(names_of(workspace)) >= MOST:
                raise Refused(f"This workspace has {MOST} variables already, which is the limit.", "name")
            variable = Variable(workspace_id=workspace.id, name=name)
            session.add(variable)
        elif variable.is_secret and not (secret or reveals):
            raise Refused(
                f"“{name}” is a secret variable: give its new value as a secret one. To make it a plain one, "
                "delete it first.",
                "name",
            )
        variable.value = "" if secret else value
        variable.encrypted = credentials.encrypt(value) if secret else None
    return variable


def delete(workspace: Workspace, name: str) -> None:
    """Flows that mention it will show `{{ $vars.<name> }}` as it stands. Raises NotFound."""
    variable = get(workspace, name)
    mine = (Variable.workspace_id == workspace.id, Variable.name == variable.name)
    with writing() as session:
        session.execute(delete_rows(Variable).where(*mine))


def _name(name: str) -> str:
    if not name:
        raise Refused("Enter a name.", "name")
    if not NAME.fullmatch(name):
        raise Refused("A name is made of the letters a to z, digits and _, at most 100 of them.", "name")
    return name


def _secret(value: str) -> str:
    if len(value.strip()) < SHORTEST_SECRET:
        raise Refused(
            f"A secret has at least {SHORTEST_SECRET} characters: a shorter one could not be told from other "
            "text, and so not be masked.",
            "value",
        )
    return value


def _value(value: str) -> str:
    # A browser sends the lines of a text with CR LF.
    value = value.replace("\r\n", "\n")
    if len(value) > LONGEST_VALUE:
        raise Refused(
            f"This value has {len(value):,} characters; at most {LONGEST_VALUE:,} are possible.", "value"
        )
    if any(c == "\x00" or "\ud800" <= c <= "\udfff" for c in value):
        raise Refused("A value is text: it cannot hold NUL characters or half characters.", "value")
    return value
