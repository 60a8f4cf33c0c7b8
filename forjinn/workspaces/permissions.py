"""The one table of what can be permitted. A role is a row that carries some of these."""

from __future__ import annotations

CATEGORIES: dict[str, dict[str, str]] = {
    "API keys": {
        "apikeys:view": "View API keys in the current workspace",
        "apikeys:create": "Create new API keys",
        "apikeys:update": "Rename existing API keys",
        "apikeys:delete": "Delete API keys",
        "apikeys:import": "Import API keys from a JSON file",
    },
    "Flows": {
        "chatflows:view": "View chatflows and agentflows",
        "chatflows:create": "Create, import and duplicate flows",
        "chatflows:update": "Change, deploy and undeploy flows",
        "chatflows:delete": "Delete flows",
        "chatflows:run": "Try flows in the browser",
    },
    "API Gateway": {
        "gateway:view": "View models, gateway keys and their usage",
        "gateway:manage": "Add and remove models and gateway keys",
    },
    "Members": {
        "members:view": "View who belongs to the workspace",
        "members:manage": "Change roles and remove members",
    },
}

ALL = tuple(name for category in CATEGORIES.values() for name in category)

BUILT_IN: dict[str, tuple[str, ...]] = {
    "Admin": ALL,
    "Member": (*CATEGORIES["Flows"], "apikeys:view"),
    "Viewer": ("apikeys:view", "chatflows:view", "gateway:view", "members:view"),
}
ADMIN = "Admin"
