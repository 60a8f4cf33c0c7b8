"""A run, laid over the drawing of its flow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from forjinn.flows import node_runs, traces
from forjinn.flows.canvas import kinds
from forjinn.flows.canvas.drawing import Card, Curve, Drawing
from forjinn.flows.models import Flow, Run
from forjinn.flows.node_runs import NodeRun
from forjinn.workspaces.models import Workspace


@dataclass(frozen=True)
class Ran:
    """`nodes` is None when it was not kept what they did.

    `texts`: whether what was asked and answered may be shown. `since`: whether the flow was saved since.
    """

    run: Run
    nodes: Mapping[str, NodeRun] | None
    texts: bool
    since: bool

    def did(self, card: Card) -> NodeRun | None:
        return (self.nodes or {}).get(card.id)

    def is_idle(self, card: Card) -> bool:
        """Whether the node did nothing, as far as is known."""
        return self.nodes is not None and card.id not in self.nodes and card.name not in kinds.NOTES

    def went(self, curve: Curve) -> bool:
        """Whether the run went along this edge."""
        source, target = ((self.nodes or {}).get(one) for one in (curve.source, curve.target))
        if source is None or target is None or source.failed:
            return False
        return source.branches is None or curve.output in source.branches

    def elsewhere(self, drawing: Drawing) -> list[NodeRun]:
        """What nodes did that are not drawn."""
        return [did for node_id, did in (self.nodes or {}).items() if node_id not in drawing.by_id]


def of(workspace: Workspace, flow: Flow, run: Run) -> Ran:
    kept = traces.entries(run) is not None
    return Ran(
        run=run,
        nodes=node_runs.of(run, texts=workspace.record_texts) if kept else None,
        texts=workspace.record_texts,
        since=flow.saved_at is not None and run.started_at < flow.saved_at,
    )
