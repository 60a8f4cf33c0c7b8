"""What models may call, a file each. `TOOLS` makes one from its settings, by the format's name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from forjinn.flows.tools.base import Tool
from forjinn.flows.tools.calculator import Calculator
from forjinn.flows.tools.clock import Clock
from forjinn.flows.tools.flow import FlowTool
from forjinn.flows.tools.http_request import HttpRequest

TOOLS: dict[str, Callable[[dict[str, Any]], Tool]] = {
    "ChatflowTool": FlowTool,
    "chatflowTool": FlowTool,
    "currentDateTime": Clock,
    "calculator": Calculator,
    "requestsGet": partial(HttpRequest, "requestsGet", "GET"),
    "requestsPost": partial(HttpRequest, "requestsPost", "POST"),
    "requestsPut": partial(HttpRequest, "requestsPut", "PUT"),
    "requestsDelete": partial(HttpRequest, "requestsDelete", "DELETE"),
}
