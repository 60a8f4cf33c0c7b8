"""The whole story on a real server with two processes: make a key, paste the samples, delete it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from forjinn.flows.models import Flow
from tests.apikeys.conftest import Cli, eventually
from tests.apikeys.dom import Element, parse
from tests.apikeys.screen import SECRET, Screen
from tests.apikeys.visitor import Visitor, call
from tests.machine import skip_or_fail
from tests.people import Person
from tests.processes import Server

QUESTION = "What is the status of my order?"


def test_the_samples_run_as_they_are_pasted(
    server: Server, alice: Person, screen: Screen, echo_flow: Flow, tmp_path: Path
) -> None:
    page = parse(Visitor(server, alice.email).create_key("CI integration").text)
    curl = json.loads(run(["bash", "-c", sample(page, "curl").replace("curl", "curl -sS", 1)]))
    assert curl["text"] == f"You asked: {QUESTION}"
    assert f"You asked: {QUESTION}" in run([sys.executable, "-c", sample(page, "python")])
    if shutil.which("node"):
        script = tmp_path / "sample.mjs"
        script.write_text(sample(page, "javascript") + "\nconsole.log(data.text);\n")
        assert run(["node", str(script)]) == f"You asked: {QUESTION}\n"
    eventually(lambda: screen.row("CI integration").calls == ("3" if shutil.which("node") else "2"))


def test_a_deleted_key_is_refused_by_every_process_from_then_on(
    server: Server, alice: Person, screen: Screen, echo_flow: Flow
) -> None:
    visitor = Visitor(server, alice.email)
    secret = SECRET.search(visitor.create_key("CI integration").text)
    assert secret
    key = f"{screen.path}/{screen.row('CI integration').id}"
    with ThreadPoolExecutor(8) as together:

        def call_often(times: int) -> Counter[tuple[int, str]]:
            calls = together.map(lambda _: call(server, echo_flow.id, secret[0]), range(times))
            return Counter((answer.status_code, answer.json().get("error", "")) for answer in calls)

        assert call_often(60) == {(200, ""): 60}
        assert visitor.post(f"{key}/delete").url == server.url + screen.path
        (((status, error), times),) = call_often(60).items()
    assert (status, times) == (401, 60)
    assert re.fullmatch(r"This API key was deleted on \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\.", error)
    assert call(server, echo_flow.id, secret[0]).json()["code"] == "key_deleted"
    assert screen.rows() == []


def test_a_deletion_on_the_command_line_holds_in_a_running_server(
    server: Server, screen: Screen, echo_flow: Flow, cli: Cli
) -> None:
    secret = screen.create("CI integration")
    assert call(server, echo_flow.id, secret).status_code == 200
    cli("apikeys", "delete", "CI integration", "--workspace", "production", "--yes")
    for _ in range(10):
        assert call(server, echo_flow.id, secret).json()["code"] == "key_deleted"


def test_no_secret_is_in_the_log(server: Server, alice: Person, screen: Screen, echo_flow: Flow) -> None:
    secret = SECRET.search(Visitor(server, alice.email).create_key("CI integration").text)
    assert secret
    call(server, echo_flow.id, secret[0])
    call(server, "no-such-flow", secret[0])
    call(server, echo_flow.id, secret[0][:-1] + "x")
    server.stop()
    assert secret[0][3:22] not in server.log.read_text()


def sample(page: Element, language: str) -> str:
    return page.one("code", id=f"sample-{language}").raw_text.strip()


def run(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout


@pytest.fixture(autouse=True, scope="module")
def _with_curl() -> None:
    if not shutil.which("curl"):
        skip_or_fail("no curl")
