from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from forjinn.flows.call import Scope
from forjinn.flows.tools.base import Result, Tool, schema

# Not `strftime("%A")`, which speaks the machine's language.
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Clock(Tool):
    name = "current_date_time"
    description = "Get the current date, time and day of the week, in UTC."
    parameters = schema({}, [])

    def __init__(self, config: dict[str, Any]) -> None:
        """It has no settings."""

    def call(self, scope: Scope, arguments: dict[str, Any]) -> Result:
        now = datetime.now(UTC)
        told = {
            "timestamp": now.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "day": WEEKDAYS[now.weekday()],
            "timezone": "UTC",
        }
        return Result(json.dumps(told))
