"""How much a gateway key may still do: its limits of a minute, and the budget of its life."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine

from forjinn.gateway.quota.budgets import Budgets
from forjinn.gateway.quota.minutes import Minutes

__all__ = ["Quota"]


class Quota:
    """One for each process. Both parts are exact over all processes that share the database."""

    def __init__(self, engine: Engine, redis_url: str, every_seconds: float) -> None:
        self.minutes = Minutes(engine, redis_url)
        self.budgets = Budgets(engine, every_seconds)

    def stop(self) -> Any:
        """Write what waits; for a server that shuts down."""
        self.budgets.stop()
