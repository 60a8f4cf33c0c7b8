"""The product's own source, as a syntax tree."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
FEATURES = ("accounts", "workspaces", "gateway", "flows", "apikeys", "prediction")


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of `forjinn` by its name, such as `forjinn.apikeys.service`."""
    found = {}
    for file in sorted((ROOT / "forjinn").rglob("*.py")):
        parts = file.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(file.read_text(), str(file))
    return found


def imports(name: str) -> set[str]:
    """The modules of `forjinn` that a module imports, wherever in it the import stands."""
    found: set[str] = set()
    for node in ast.walk(modules()[name]):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: imports here are absolute"
            assert node.module is not None
            # `from forjinn.apikeys import service` may import a module or a name in one.
            members = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {member if member in modules() else node.module for member in members}
    return {module for module in found if module.partition(".")[0] == "forjinn"}


def feature(module: str) -> str | None:
    """The feature that a module belongs to; None for one at the top, such as `forjinn.settings`."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in FEATURES else None
