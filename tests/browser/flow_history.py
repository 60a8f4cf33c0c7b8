"""Runs and conversations of a flow, as if somebody had called it."""

from __future__ import annotations

import json
import time
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert

from forjinn.apikeys import service as apikeys
from forjinn.database import writing
from forjinn.flows import runs
from forjinn.flows.models import Exchange
from tests.browser.installation import Team

LONG = "Where is my order of the twelve blue umbrellas? " * 60


def entry(name: str, label: str, given: Any, said: str, **more: Any) -> dict[str, Any]:
    """One node's entry of a trace; `more` goes into its data, but for `status` and `output`."""
    status, output = more.pop("status", "FINISHED"), more.pop("output", {})
    time_metadata = {"start": 1, "end": 841, "delta": 840}
    output = {"content": said, "timeMetadata": time_metadata, **output}
    data = {"id": f"{name}_0", "name": name, "input": given, "output": output, "state": {}, **more}
    return {
        "nodeId": f"{name}_0",
        "nodeLabel": label,
        "status": status,
        "previousNodeIds": [],
        "data": data,
    }


TALK = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": LONG}]
TOOLS = [{"tool": "calculator", "toolInput": {"expression": "12 * 4.20"}, "toolOutput": "50.4"}]
USAGE = {"input_tokens": 1480, "output_tokens": 64, "total_tokens": 1544}
TRACE = [
    entry("startAgentflow", "Start", {"question": LONG}, LONG),
    entry(
        "agentAgentflow",
        "Order desk of the warehouse in the North",
        {"model": "small", "messages": TALK},
        "They cost 50.40.\n\nAnything else?",
        output={"calledTools": TOOLS, "usageMetadata": USAGE},
    ),
    entry("llmAgentflow", "Round", {"question": "one"}, "1", parentNodeId="i", iterationIndex=0),
    entry(
        "directReplyAgentflow",
        "Direct Reply",
        {"directReplyMessage": "x" * 300},
        "",
        status="ERROR",
        output={"error": "the provider answered with 429: too many requests"},
    ),
]


def add_run(
    team: Team,
    flow: str,
    *,
    key: str | None = None,
    outcome: str = runs.FINISHED,
    error: str = "",
    trace: list[dict[str, Any]] | None = None,
    session: str = "",
    ago: float = 0.0,
    tried_by_id: UUID | None = None,
) -> str:
    """The id of a run that began `ago` seconds ago; `key` is a key's name."""
    run_id = uuid4()
    with team.app.app_context():
        recorder: runs.Recorder = team.app.extensions["forjinn.runs"]
        recorder.record(
            runs.Finished(
                id=run_id,
                workspace_id=team.workspace.id,
                flow_id=UUID(flow),
                api_key_id=apikeys.named(team.workspace, key).id if key else None,
                session_id=session or str(uuid4()),
                started_at=time.time() - ago,
                milliseconds=1840,
                usage=USAGE,
                outcome=outcome,
                error=error,
                trace=json.dumps(TRACE if trace is None else trace),
                tried_by_id=tried_by_id,
            )
        )
        recorder.flush()
    return str(run_id)


def add_exchange(team: Team, flow: str, session: str, question: str, answer: str | None) -> None:
    with team.app.app_context(), writing() as database:
        database.execute(
            insert(Exchange).values(
                workspace_id=team.workspace.id,
                flow_id=UUID(flow),
                session_id=session,
                question=question,
                answer=answer,
            )
        )
