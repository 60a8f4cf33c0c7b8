"""The tools that an Agent may use, by their name in the agentflow format."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from forjinn.flows.tools.base import Tool
from forjinn.flows.tools.flow import FlowTool

TOOLS: dict[str, Callable[[dict[str, Any]], Tool]] = {
    "ChatflowTool": FlowTool,
    "chatflowTool": FlowTool,
}
