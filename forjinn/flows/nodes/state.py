"""Update Flow State: what a node writes into `$flow.state` when it is done."""

from __future__ import annotations

from typing import Any

from forjinn.flows import richtext
from forjinn.flows.call import Scope
from forjinn.flows.nodes.base import objects, text_of
from forjinn.flows.variables import MISSING, follow, value_of


class Updates:
    def __init__(self, inputs: object) -> None:
        self.pairs = [
            (key, richtext.plain(text_of(item.get("value"))))
            for item in objects(inputs)
            if (key := text_of(item.get("key")).strip())
        ]

    def made(self, scope: Scope, content: object, output: dict[str, Any] | None = None) -> dict[str, Any]:
        """The new values. `{{ output }}` is the node's content, `{{ output.x }}` a member of what it gave."""

        def look_up(path: str) -> object:
            if path == "output":
                return content
            if path.startswith("output."):
                found = follow(output or {}, path[7:])
                return follow(content, path[7:]) if found is MISSING else found
            return scope.look_up(path)

        return {key: value_of(value, look_up) for key, value in self.pairs}
