"""The published JavaScript client (npm `flowise-sdk`), unchanged, against a real server."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.clients.conftest import ANSWER
from tests.machine import skip_or_fail
from tests.served import Served

HERE = Path(__file__).parent / "node"
PROGRAM = """
import sdk from "flowise-sdk";
const { url, key, data } = JSON.parse(process.argv[1]);
const told = [];
try {
  const answer = await new sdk.FlowiseClient({ baseUrl: url, apiKey: key }).createPrediction(data);
  if (answer[Symbol.asyncIterator]) for await (const event of answer) told.push(event);
  else told.push(answer);
} catch (error) {
  told.push({ error: error.message });
}
console.log(JSON.stringify(told));
"""


def test_it_is_answered(served: Served, chatflow: UUID) -> None:
    for flow, text in ((served.flow, "You asked: hi"), (chatflow, ANSWER)):
        [answer] = predict(served, served.key, flow)
        assert answer["text"] == text


def test_it_streams(served: Served, chatflow: UUID, agentflow: UUID) -> None:
    for flow, first in ((chatflow, "start"), (agentflow, "agentFlowEvent")):
        told = predict(served, served.key, flow, streaming=True)

        assert told[0]["event"] == first
        assert told[-1] == {"event": "end", "data": "[DONE]"}
        assert "".join(one["data"] for one in told if one["event"] == "token") == ANSWER


def test_a_wrong_key_is_told_as_401(served: Served, chatflow: UUID) -> None:
    deleted = served.new_key("For the JavaScript client")
    served.delete_key("For the JavaScript client")
    for wrong, code in (("fj_wrong", "key_unknown"), (deleted, "key_deleted")):
        # Without a stream it hands the body on; with one it says the status.
        [answer] = predict(served, wrong, chatflow)
        assert (answer["statusCode"], answer["code"]) == (401, code)
        assert predict(served, wrong, chatflow, streaming=True) == [{"error": "HTTP error! status: 401"}]


def predict(served: Served, key: str, flow: UUID, **data: Any) -> list[Any]:
    node = shutil.which("node")
    if node is None or not (HERE / "node_modules/flowise-sdk").is_dir():
        skip_or_fail("node, or flowise-sdk (make install-dev), is not installed")
    sent = {"chatflowId": str(flow), "question": "hi", **data}
    told = json.dumps({"url": served.server.url, "key": key, "data": sent})
    done = subprocess.run(
        [node, "--input-type=module", "-e", PROGRAM, told],
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers: list[Any] = json.loads(done.stdout)
    return answers
