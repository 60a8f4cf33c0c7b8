"""A flow's file on its way in: what it lacks, and which registered models stand in for those it names."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from forjinn.errors import Refused
from forjinn.flows import needs, parsing
from forjinn.gateway import service as models
from forjinn.workspaces.models import Workspace


@dataclass(frozen=True)
class Review:
    """`models` are names that are not registered here, `others` sentences about what else is missing."""

    digest: str
    models: list[str]
    others: list[str]
    registered: list[str]

    @property
    def lacks(self) -> bool:
        return bool(self.models or self.others)

    def mapping(self, chosen: Sequence[str]) -> dict[str, str]:
        """`chosen` is a registered name for each of `models`, or nothing to leave it. Raises Refused."""
        found = {name: other for name, other in zip(self.models, chosen, strict=False) if other}
        for other in found.values():
            if other not in self.registered:
                raise Refused(f"There is no model named “{other[:100]}” in this workspace.", "models")
        return found


def decoded(raw: bytes) -> str:
    """Raises InvalidGraph for what is no text."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise parsing.InvalidGraph(["The file is not UTF-8 text."]) from None


def review(workspace: Workspace, text: str) -> Review:
    """Raises InvalidGraph with everything that is wrong."""
    graph = parsing.parse(text)
    return Review(
        hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
        needs.unregistered_names(workspace, graph.models),
        needs.beside_models(workspace, graph),
        [model.name for model in models.of(workspace)],
    )
