"""Requests and tokens of a key within a minute: counted in Redis where there is one, else in the database."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Engine, and_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from forjinn.errors import DatabaseUnavailable
from forjinn.gateway.keys.models import GatewayMinute
from forjinn.gateway.quota.shared import Shared, SharedUnavailable
from forjinn.gateway.quota.window import Limits, Window

log = logging.getLogger(__name__)

AGAIN_SECONDS = 5.0


@dataclass(slots=True)
class Outage:
    """Until when Redis is not asked again; 0 when it answers."""

    until: float = 0.0


class Minutes:
    """One for each process. Without Redis the counts hold for all that share the database."""

    def __init__(self, engine: Engine, redis_url: str) -> None:
        self._engine = engine
        self._shared = Shared(redis_url) if redis_url else None
        self._outage = Outage()

    @property
    def without_redis(self) -> bool:
        """Whether there should be a Redis, and it does not answer."""
        return self._outage.until > 0

    def take(self, key_id: UUID, limits: Limits, tokens: int) -> Window:
        """One request more, and so many tokens, if there is room. Raises DatabaseUnavailable."""
        if self._shared is not None and time.monotonic() >= self._outage.until:
            try:
                window = self._shared.take(key_id, limits, tokens)
            except SharedUnavailable as error:
                self._lost(error)
            else:
                self._found()
                return window
        return self._in_database(key_id, limits, tokens)

    def add(self, key_id: UUID, limits: Limits, window: Window, tokens: int) -> None:
        """The tokens that a request took beyond those of `take`; below zero they are given back.

        Nothing fails for it.
        """
        try:
            if window.minute is None and self._shared is not None:
                self._shared.add(key_id, limits, window, tokens)
            elif window.minute is not None:
                self._change(key_id, window.minute, tokens)
        except (SharedUnavailable, SQLAlchemyError) as error:
            log.warning("Tokens of this minute cannot be counted (%s).", type(error).__name__)

    def _in_database(self, key_id: UUID, limits: Limits, tokens: int) -> Window:
        at = time.time()
        minute, left = int(at) // 60, 60 - int(at) % 60
        try:
            used = self._write(key_id, minute, 1, tokens, limits)
            admitted = used is not None
            used = used or self._read(key_id, minute)
        except SQLAlchemyError as error:
            raise DatabaseUnavailable("The database cannot answer now.") from error
        return Window(admitted, *used, left, minute)

    def _write(
        self, key_id: UUID, minute: int, requests: int, tokens: int, limits: Limits
    ) -> tuple[int, int] | None:
        """What is used then; None when there was no room. One statement: no two see the same count."""
        dialect = postgresql if self._engine.dialect.name == "postgresql" else sqlite
        statement = (
            dialect.insert(GatewayMinute)
            .values(key_id=key_id, minute=minute, requests=requests, tokens=tokens)
            .on_conflict_do_update(
                index_elements=["key_id", "minute"],
                set_={
                    "requests": GatewayMinute.requests + requests,
                    "tokens": GatewayMinute.tokens + tokens,
                },
                where=and_(GatewayMinute.requests < limits.requests, GatewayMinute.tokens < limits.tokens),
            )
            .returning(GatewayMinute.requests, GatewayMinute.tokens)
        )
        with self._engine.connect().execution_options(writes=True) as connection, connection.begin():
            row = connection.execute(statement).first()
        return (row.requests, row.tokens) if row else None

    def _change(self, key_id: UUID, minute: int, tokens: int) -> None:
        statement = (
            update(GatewayMinute)
            .where(GatewayMinute.key_id == key_id, GatewayMinute.minute == minute)
            .values(tokens=GatewayMinute.tokens + tokens)
        )
        with self._engine.connect().execution_options(writes=True) as connection, connection.begin():
            connection.execute(statement)

    def _read(self, key_id: UUID, minute: int) -> tuple[int, int]:
        statement = select(GatewayMinute.requests, GatewayMinute.tokens).where(
            GatewayMinute.key_id == key_id, GatewayMinute.minute == minute
        )
        with self._engine.connect() as connection:
            row = connection.execute(statement).first()
        return (row.requests, row.tokens) if row else (0, 0)

    def _lost(self, error: Exception) -> None:
        if not self.without_redis:
            log.warning("Redis does not answer (%s); limits are counted in the database.", error)
        self._outage.until = time.monotonic() + AGAIN_SECONDS

    def _found(self) -> None:
        if self.without_redis:
            log.warning("Redis answers again; limits are shared through it.")
            self._outage.until = 0.0
