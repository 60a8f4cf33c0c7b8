"""What was said in a conversation with a flow: kept per flow and session, in the order of arrival."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from forjinn.database import now
from forjinn.errors import DatabaseUnavailable
from forjinn.flows.call import Call, Message
from forjinn.flows.models import Exchange

# Exchanges that a model is told of at most, however long the conversation is.
MOST_TOLD = 200


@dataclass(frozen=True, slots=True)
class Ticket:
    """A question's place in its conversation, and what the conversation holds before it."""

    id: int
    messages: list[Message]
    state: dict[str, Any]


class Memory:
    """One for each application; safe for its threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def arrive(self, call: Call, *, with_state: bool) -> Ticket:
        """Keep the question; return its place, and what was said before. Raises DatabaseUnavailable.

        A question that is still being answered is told without its answer: nobody waits for it.
        """
        with self._writing() as connection:
            made = connection.execute(
                insert(Exchange)
                .values(
                    workspace_id=call.workspace_id,
                    flow_id=call.flow_id,
                    session_id=call.session,
                    question=_storable(call.asked),
                    created_at=now(),
                )
                .returning(Exchange.id)
            )
            mine = made.scalar_one()
            before = (
                Exchange.workspace_id == call.workspace_id,
                Exchange.flow_id == call.flow_id,
                Exchange.session_id == call.session,
                Exchange.id < mine,
            )
            told = select(Exchange.question, Exchange.answer).where(*before)
            earlier = connection.execute(told.order_by(Exchange.id.desc()).limit(MOST_TOLD)).all()
            kept = select(Exchange.state).where(*before, Exchange.state.is_not(None))
            last = kept.order_by(Exchange.id.desc()).limit(1)
            state = connection.scalar(last) if with_state else None
        messages = [message for row in reversed(earlier) for message in _messages(*row)]
        return Ticket(mine, messages, json.loads(state) if state else {})

    def answered(self, call: Call, ticket: Ticket, text: str, state: dict[str, Any] | None = None) -> None:
        """Keep the answer beside its question, and the state with which the next run begins."""
        mine = (Exchange.workspace_id == call.workspace_id, Exchange.id == ticket.id)
        # JSON in ASCII, so that it holds no NUL either.
        values = {"answer": _storable(text), "state": None if state is None else json.dumps(state)}
        with self._writing() as connection:
            connection.execute(update(Exchange).where(*mine).values(values))

    def failed(self, call: Call, ticket: Ticket) -> None:
        """Forget a question that was not answered: asking again must not tell it twice."""
        mine = (Exchange.workspace_id == call.workspace_id, Exchange.id == ticket.id)
        with self._writing() as connection:
            connection.execute(delete(Exchange).where(*mine))

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """A short transaction of its own, whose failure is the database's."""
        try:
            with self._engine.connect().execution_options(writes=True) as connection, connection.begin():
                yield connection
        except SQLAlchemyError as error:
            raise DatabaseUnavailable("The database cannot answer now.") from error


def _messages(question: str, answer: str | None) -> list[Message]:
    told: list[Message] = [{"role": "user", "content": question}]
    return told if answer is None else [*told, {"role": "assistant", "content": answer}]


def _storable(text: str) -> str:
    """PostgreSQL's text holds no NUL."""
    return text.replace("\x00", "\ufffd")
