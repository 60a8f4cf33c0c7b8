"""The budget of a key's life: what a request may cost at most is set aside until it is known.

What is set aside counts as spent. So of many requests at the edge of a budget only as many begin as
fit into it, and one that does not: all together pass it by less than one request's worth.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, delete, func, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from forjinn.background import Repeated
from forjinn.errors import DatabaseUnavailable
from forjinn.gateway.api.answers import GatewayError
from forjinn.gateway.keys.models import GatewayKey, GatewayReservation

log = logging.getLogger(__name__)

# A process that was killed takes nothing back: then what it had set aside is free again.
LONGEST_SECONDS = 1800


@dataclass(frozen=True, slots=True)
class Spent:
    """What a request cost, to be charged in place of what was set aside for it."""

    reservation: UUID
    key_id: UUID
    tokens: int
    money: int


class Budgets:
    """One for each process."""

    def __init__(self, engine: Engine, every_seconds: float) -> None:
        self._engine = engine
        # What could not be charged because the database was away.
        self._waiting: deque[Spent] = deque()
        self._repeated = Repeated("gateway budgets", every_seconds, self._again)

    def reserve(self, key_id: UUID, budget: tuple[int | None, int | None], most: tuple[int, int]) -> UUID:
        """Set aside tokens and money. Raises GatewayError 429, DatabaseUnavailable."""
        reservation = uuid4()
        try:
            with self._engine.connect().execution_options(writes=True) as connection, connection.begin():
                _check(budget, *_used(connection, key_id))
                connection.execute(
                    insert(GatewayReservation).values(
                        id=reservation,
                        key_id=key_id,
                        tokens=most[0],
                        money=most[1],
                        until=int(time.time()) + LONGEST_SECONDS,
                    )
                )
        except SQLAlchemyError as error:
            raise DatabaseUnavailable("The database cannot answer now.") from error
        return reservation

    def charge(self, spent: Spent) -> None:
        """Never fails: what cannot be charged now is charged when the database is back."""
        try:
            _charge(self._engine, spent)
        except SQLAlchemyError as error:
            log.warning("A budget cannot be charged now (%s); it will be.", type(error).__name__)
            self._waiting.append(spent)
            self._repeated.ensure()

    def stop(self) -> None:
        """Charge what waits; for a server that shuts down."""
        self._repeated.stop()

    def _again(self) -> None:
        while self._waiting:
            try:
                _charge(self._engine, self._waiting[0])
            except SQLAlchemyError:
                return
            self._waiting.popleft()


def _charge(engine: Engine, spent: Spent) -> None:
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(delete(GatewayReservation).where(GatewayReservation.id == spent.reservation))
        connection.execute(
            update(GatewayKey)
            .where(GatewayKey.id == spent.key_id)
            .values(
                spent_tokens=GatewayKey.spent_tokens + spent.tokens,
                spent_money=GatewayKey.spent_money + spent.money,
            )
        )


def _used(connection: Connection, key_id: UUID) -> tuple[tuple[int, int], tuple[int, int]]:
    """What is spent, and what is set aside: tokens and money."""
    # The lock lets one request after the other look (SQLite's transaction locks by itself).
    spent = connection.execute(
        select(GatewayKey.spent_tokens, GatewayKey.spent_money)
        .where(GatewayKey.id == key_id)
        .with_for_update()
    ).one()
    aside = connection.execute(
        select(
            func.coalesce(func.sum(GatewayReservation.tokens), 0),
            func.coalesce(func.sum(GatewayReservation.money), 0),
        ).where(GatewayReservation.key_id == key_id, GatewayReservation.until > int(time.time()))
    ).one()
    return (spent[0], spent[1]), (int(aside[0]), int(aside[1]))


def _check(budget: tuple[int | None, int | None], spent: tuple[int, int], aside: tuple[int, int]) -> None:
    for what, limit, used, waiting in zip(("tokens", "money"), budget, spent, aside, strict=True):
        if limit is None:
            continue
        if used >= limit:
            # It does not come back by itself: OpenAI's clients need not try again.
            headers = {"Retry-After": "3600", "x-should-retry": "false"}
            sentence = f"The budget of this gateway key is spent ({what})."
            raise GatewayError(429, "insufficient_quota", sentence, headers)
        if used + waiting >= limit:
            sentence = (
                f"What is left of the budget of this gateway key ({what}) is set aside for calls that run."
            )
            raise GatewayError(429, "budget_in_use", sentence, {"Retry-After": "1"})
