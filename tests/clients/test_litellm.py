"""A real LiteLLM proxy as upstream: `make test-litellm` installs it beside the others, and runs this."""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from openai import OpenAI

from forjinn.gateway import service as models
from forjinn.gateway import trial
from forjinn.gateway.keys import service as keys
from forjinn.gateway.keys.service import Terms
from forjinn.gateway.models import LITELLM
from tests.clients.openai_upstream import answered
from tests.processes import free_port
from tests.providers import Provider
from tests.served import Served
from tests.streaming import Script, StreamingProvider

PROGRAM = os.environ.get("FORJINN_TEST_LITELLM", "")
MASTER = "sk-master-3f81c0de77aa"
START_SECONDS = 120

pytestmark = pytest.mark.skipif(
    not PROGRAM, reason="FORJINN_TEST_LITELLM names no litellm: make test-litellm"
)


def test_its_models_are_listed_to_choose_from(served: Served, proxy: str) -> None:
    with served.app.app_context():
        assert trial.listed(proxy, MASTER) == ["proxied", "proxied-stream"]
    served.app.extensions.pop("forjinn.providers").close()


def test_a_chat_passes_through_both(client: OpenAI, provider: Provider) -> None:
    provider.says(answered({"role": "assistant", "content": "Hello"}))
    asked = client.chat.completions.create(model="lite", messages=[{"role": "user", "content": "hi"}])

    assert asked.choices[0].message.content == "Hello"
    assert asked.usage is not None
    assert asked.usage.prompt_tokens == 7


def test_a_stream_passes_through_both_without_its_usage(client: OpenAI, streaming: StreamingProvider) -> None:
    streaming.script = Script(["Hel", "lo"])
    chunks = list(
        client.chat.completions.create(
            model="lite-stream", messages=[{"role": "user", "content": "hi"}], stream=True
        )
    )
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "Hello"
    assert all(chunk.usage is None for chunk in chunks)


def test_its_refusals_keep_their_kind(client: OpenAI, provider: Provider) -> None:
    provider.says({"error": {"message": "no quota", "type": "rate_limit", "code": "429"}}, 429)
    with pytest.raises(openai.RateLimitError):
        client.chat.completions.create(model="lite", messages=[{"role": "user", "content": "hi"}])
    with pytest.raises(openai.BadRequestError, match="api_base"):
        client.chat.completions.create(
            model="lite", messages=[], extra_body={"api_base": "http://evil.example"}
        )


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with Provider() as running:
        yield running


@pytest.fixture(scope="module")
def streaming() -> Iterator[StreamingProvider]:
    with StreamingProvider() as running:
        yield running


@pytest.fixture(scope="module")
def proxy(
    provider: Provider, streaming: StreamingProvider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The proxy's base URL. A configuration file, no database."""
    folder = tmp_path_factory.mktemp("litellm")
    offered = [("proxied", provider.url), ("proxied-stream", streaming.url)]
    listed = [
        {"model_name": name, "litellm_params": {"model": "openai/up", "api_base": url, "api_key": "sk-up"}}
        for name, url in offered
    ]
    # JSON is YAML, too. Retries would only make failures slow.
    config = {
        "model_list": listed,
        "litellm_settings": {"num_retries": 0},
        "router_settings": {"num_retries": 0},
    }
    (folder / "config.yaml").write_text(json.dumps(config))
    port = free_port()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [PROGRAM, "--config", "config.yaml", "--host", "127.0.0.1", "--port", str(port)],
            cwd=folder,
            env={
                **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
                "LITELLM_LOCAL_MODEL_COST_MAP": "True",
                "LITELLM_MASTER_KEY": MASTER,
            },
            stdout=log,
            stderr=log,
        )
    try:
        _wait(f"http://127.0.0.1:{port}/health/liveliness", process, folder / "log")
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(20)


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    raise AssertionError(f"LiteLLM did not start: {log.read_text()[-3000:]}")


@pytest.fixture
def client(served: Served, proxy: str) -> Iterator[OpenAI]:
    upstreams = (("lite", "proxied"), ("lite-stream", "proxied-stream"))
    with served.app.app_context():
        added = [
            models.add(
                served.workspace, name, base_url=proxy, upstream=upstream, credential=MASTER, kind=LITELLM
            )
            for name, upstream in upstreams
        ]
        key, secret = keys.issue(served.workspace, "LiteLLM", Terms(), by=None)
    url = f"{served.server.url}/gateway/production/default/v1"
    with OpenAI(base_url=url, api_key=secret, max_retries=0) as client:
        yield client
    with served.app.app_context():
        keys.delete(served.workspace, key, by=None)
        for model in added:
            models.remove(served.workspace, model)
