"""OpenAI's own JavaScript client (npm `openai`), unchanged, through the gateway of a real server."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.openai_upstream import Behind, answered, behind
from tests.machine import skip_or_fail
from tests.served import Served
from tests.streaming import Script

HERE = Path(__file__).parent / "node"
PROGRAM = """
import OpenAI from "openai";
const { url, key, model, stream } = JSON.parse(process.argv[1]);
const client = new OpenAI({ baseURL: url, apiKey: key, maxRetries: 0 });
const asked = { model, stream, messages: [{ role: "user", content: "hi" }] };
const told = {};
try {
  const answer = await client.chat.completions.create(asked);
  told.text = "";
  if (stream) for await (const chunk of answer) told.text += chunk.choices[0].delta.content ?? "";
  else told.text = answer.choices[0].message.content;
  told.models = (await client.models.list()).data.map((one) => one.id);
  told.model = (await client.models.retrieve("org/model")).id;
} catch (error) {
  told.error = [error.constructor.name, error.status, error.code, error.message];
}
console.log(JSON.stringify(told));
"""


def test_a_chat_is_answered(gateway: Behind) -> None:
    gateway.provider.says(answered({"role": "assistant", "content": "Hello"}))
    told = ask(gateway, "chat")

    assert (told["text"], told["model"]) == ("Hello", "org/model")
    assert {"chat", "org/model", "stream"} <= set(told["models"])


def test_a_chat_streams(gateway: Behind) -> None:
    gateway.streaming.script = Script(["Größe ", "日本語"])
    assert ask(gateway, "stream", stream=True)["text"] == "Größe 日本語"


def test_each_refusal_is_the_error_class_that_it_should_be(gateway: Behind, served: Served) -> None:
    assert ask(gateway, "nothing")["error"][:3] == ["NotFoundError", 404, "model_not_found"]
    wrong = ask(gateway, "chat", key=served.key)
    assert wrong["error"][:3] == ["AuthenticationError", 401, "wrong_key_type"]
    gateway.provider.says({"error": {"message": "overloaded"}}, 429)
    assert ask(gateway, "chat")["error"][:3] == ["RateLimitError", 429, "upstream_rate_limited"]
    gateway.streaming.script = Script(["Hel"], ending=None)
    assert "broke off" in ask(gateway, "stream", stream=True)["error"][3]


def ask(gateway: Behind, model: str, **changes: Any) -> dict[str, Any]:
    node = shutil.which("node")
    if node is None or not (HERE / "node_modules/openai").is_dir():
        skip_or_fail("node, or openai for it (make install-dev), is not installed")
    sent = {"url": gateway.url, "key": gateway.key, "model": model, "stream": False, **changes}
    done = subprocess.run(
        [node, "--input-type=module", "-e", PROGRAM, json.dumps(sent)],
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.fixture(scope="module")
def gateway(served: Served) -> Iterator[Behind]:
    with behind(served, "OpenAI's JavaScript client") as made:
        yield made
