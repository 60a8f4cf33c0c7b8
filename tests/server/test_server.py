"""The server's processes: how they start, share work, and end."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from forjinn.gateway import embedded
from tests.server.process import ROOT, alive, children, eventually, running

needs_the_model = pytest.mark.skipif(
    not embedded.available(), reason="the embedded model is not installed (make install-demo)"
)


def test_a_request_in_flight_is_answered_before_the_server_ends(tmp_path):
    with running(tmp_path) as server, server.connect() as sock:
        sock.sendall(b"GET /slow HTTP/1.1\r\nHost: t\r\n\r\n")
        eventually(lambda: server.noted("began"))
        server.stop()

        assert sock.recv(1000).endswith(b"slow")
        assert server.process.returncode == 0


def test_what_must_happen_at_the_end_happens_though_something_before_it_fails(tmp_path):
    with running(tmp_path) as server:
        server.stop()

        assert server.noted("flushed")
        assert "ZeroDivisionError" in (tmp_path / "log").read_text()


def test_an_open_stream_does_not_keep_the_server_from_ending(tmp_path):
    with running(tmp_path) as server, server.connect() as sock:
        sock.sendall(b"GET /stream HTTP/1.1\r\nHost: t\r\n\r\n")
        assert sock.recv(1000)
        start = time.monotonic()
        server.stop()

        assert time.monotonic() - start < 9
        assert server.noted("closed-")
        assert server.noted("flushed")


def test_a_process_that_dies_is_replaced(tmp_path):
    with running(tmp_path, workers=2) as server:
        victim = server.get("/who").json()["pid"]
        os.kill(victim, signal.SIGKILL)
        pids: set[int] = set()
        deadline = time.monotonic() + 15
        while len(pids) < 2 and time.monotonic() < deadline:
            # A request that the dead process had accepted is lost with it.
            with contextlib.suppress(OSError):
                pids.add(server.get("/who").json()["pid"])
            pids.discard(victim)
        assert len(pids) == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_is_left_however_the_server_ends(tmp_path, number):
    with running(tmp_path, workers=2, embedded=embedded.available()) as server:
        family = children(server.process.pid)
        assert len(family) >= 2
        server.stop(number)

        # A process that does not end by itself is cut off after 10 s.
        eventually(lambda: not any(map(alive, family)), 15)


def test_a_taken_port_is_one_line_that_says_so(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        ended = flask_serve(tmp_path, port)

    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == 1
    assert f"127.0.0.1:{port}" in ended.stderr
    assert "in use" in ended.stderr


def test_a_second_server_does_not_share_the_port_of_the_first(tmp_path):
    with running(tmp_path) as server:
        assert flask_serve(tmp_path, server.port).returncode == 1


def test_the_application_itself_is_served(tmp_path):
    command = [sys.executable, "-m", "flask", "serve"]
    with running(tmp_path, command=command, workers=2, FORJINN_INSTANCE=str(tmp_path)) as server:
        assert server.get("/healthz").status == 200

        refused = server.get("/api/v1/prediction%2F5f0c954c-8a44-4b5e-a7b6-6b2a0d6f2a11")
        assert refused.status == 404
        assert refused.json()["statusCode"] == 404


@needs_the_model
def test_the_embedded_model_is_there_for_the_server_alone(tmp_path):
    with running(tmp_path, embedded=True) as server:
        url, key = server.get("/embedded").json()

        assert url.startswith("http://127.0.0.1:")
        assert ask(url, key, "Hello?")["choices"][0]["message"]["content"]
        with pytest.raises(urllib.error.HTTPError, match="401") as refused:
            ask(url, "another key", "Hello?")
        refused.value.close()


@needs_the_model
def test_the_embedded_model_logs_neither_prompts_nor_its_key(tmp_path):
    with running(tmp_path, embedded=True) as server:
        url, key = server.get("/embedded").json()
        ask(url, key, "A very private prompt")
        log = (tmp_path / "log").read_text()

    assert "private" not in log
    assert key not in log


@needs_the_model
def test_a_model_that_does_not_start_in_time_is_an_error_and_leaves_nothing():
    model = embedded.EmbeddedModel(start_seconds=0.01)
    before = set(children(os.getpid()))

    with pytest.raises(embedded.EmbeddedModelFailed, match="took over"), model:
        pass
    assert not any(map(alive, set(children(os.getpid())) - before))


def flask_serve(instance, port):
    return subprocess.run(
        [sys.executable, "-m", "flask", "serve"],
        cwd=ROOT,
        env=os.environ | {"PORT": str(port), "FORJINN_INSTANCE": str(instance)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def ask(url, key, question):
    messages = [
        {"role": "system", "content": "You are a helpful assistant."},
        {"role": "user", "content": question},
    ]
    request = urllib.request.Request(
        f"{url}/v1/chat/completions",
        json.dumps({"messages": messages, "max_tokens": 10}).encode(),
        {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)
