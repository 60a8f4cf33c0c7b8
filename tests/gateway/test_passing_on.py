"""Bodies pass as they came; what a client could choose the upstream by, or spy on it with, does not."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.flows.test_outgoing_tls import new_certificate
from tests.gateway.calling import Gateway, refused
from tests.providers import CREDENTIAL, Provider, completion
from tests.web import Web, line


def test_a_body_passes_byte_for_byte_but_for_the_models_name(gateway: Gateway, web: Web) -> None:
    gateway.add("small", f"{web.url}/v1", 'org/up "7b"')
    sent = (
        '{ "unknown" : [1e400, 0.10, 12345678901234567890], "model":"small" ,\n'
        '  "messages": [{"role":"user","content":"gr\\u00fc\\ud83d\\ude00 ü \\"model\\": \\"small\\""}],'
        ' "model ": "small", "seed": -0.0}'
    )
    assert gateway.send(sent.encode()).status_code == 200
    assert web.last.body.decode() == sent.replace('"model":"small"', r'"model":"org/up \"7b\""')


def test_an_answer_passes_byte_for_byte(gateway: Gateway, web: Web) -> None:
    gateway.add("small", f"{web.url}/v1")
    answer = '{ "model": "org/up", "choices": [], "x": 0.10, "ü": "\\u00fc",  "usage": {"prompt_tokens": 3} }'
    web.says(answer, headers={"Content-Type": "application/json", "Set-Cookie": "a=b", "X-Powered-By": "x"})
    got = gateway.send(b'{"model":"small"}')

    assert got.text == answer
    assert "Set-Cookie" not in got.headers
    assert "X-Powered-By" not in got.headers


def test_nothing_of_the_clients_head_reaches_the_upstream(gateway: Gateway, web: Web) -> None:
    gateway.add("small", f"{web.url}/v1", credential=CREDENTIAL)
    answer = gateway.send(
        b'{"model":"small"}',
        "chat/completions?api_base=http://evil.example&key=1",
        Host="evil.example",
        Cookie="a=b",
        **{"X-Forwarded-For": "1.2.3.4", "OpenAI-Organization": "org-1", "Api-Key": "x"},
    )
    assert answer.status_code == 200
    assert web.last.path == "/v1/chat/completions"
    headers = web.last.headers
    assert headers["host"] == f"127.0.0.1:{web.port}"
    assert headers["authorization"] == f"Bearer {CREDENTIAL}"
    assert not {"cookie", "x-forwarded-for", "openai-organization", "api-key"} & headers.keys()
    assert gateway.key not in str(headers)


FORBIDDEN = ["api_base", "base_url", "api_key", "extra_headers", "model_list", "user_config", "fallbacks"]


def test_a_client_cannot_choose_the_upstream(gateway: Gateway, web: Web, subtests: pytest.Subtests) -> None:
    gateway.add("small", f"{web.url}/v1")
    for name in FORBIDDEN:
        with subtests.test(name):
            said = refused(gateway.post(**{name: "http://evil.example"}), 400, "forbidden_parameter")
            assert said.startswith(name)
    assert web.received == []


NO_BODIES: list[tuple[bytes, str]] = [
    (b"", "invalid_request"),
    (b"[]", "invalid_request"),
    (b"{", "invalid_request"),
    (b'{"model":"small"} x', "invalid_request"),
    (b'{"model":"small",}', "invalid_request"),
    (b'{"model":"small" "a":1}', "invalid_request"),
    (b'{"model":"small","model":"large"}', "invalid_request"),
    (b'{"model":"small","a":' + b"[" * 100_000, "invalid_request"),
    (b'{"model":"\xff"}', "invalid_request"),
    (b'{"messages":[]}', "model_missing"),
    (b'{"model":5}', "model_missing"),
    (b'{"model":""}', "model_missing"),
    (b'{"model":null}', "model_missing"),
]


def test_a_body_that_names_no_model_is_400(gateway: Gateway, web: Web, subtests: pytest.Subtests) -> None:
    gateway.add("small", f"{web.url}/v1")
    for body, code in NO_BODIES:
        with subtests.test(ascii(body)[:40]):
            refused(gateway.send(body), 400, code)
    assert web.received == []


def test_a_large_body_passes_with_a_gateway_key_alone(gateway: Gateway, web: Web) -> None:
    gateway.add("small", f"{web.url}/v1")
    image = b'{"model":"small","messages":"' + b"x" * (3 << 20) + b'"}'
    assert gateway.send(image).status_code == 200
    assert len(web.last.body) > 3 << 20
    refused(gateway.send(b'{"model":"small","x":"' + b"x" * (17 << 20) + b'"}'), 413, "too_large")
    refused(gateway.send(image, Authorization="Bearer x"), 401, "key_unknown")


FAULTS: list[tuple[Any, int, int, str]] = [
    ({"error": {"message": "bad temperature", "code": "bad_value"}}, 400, 400, "bad_value"),
    ({"error": {"message": "too long"}}, 422, 422, "invalid_request"),
    ({"error": {"message": "no such key"}}, 401, 502, "upstream_error"),
    ({"error": {"message": "quota"}}, 429, 429, "upstream_rate_limited"),
    ({"error": {"message": "broken"}}, 500, 502, "upstream_error"),
    (b"<html>oops</html>", 503, 502, "upstream_error"),
    (b"<html>oops</html>", 200, 502, "upstream_invalid"),
    (b"[1]", 200, 502, "upstream_invalid"),
    (b"", 200, 502, "upstream_invalid"),
    (completion("x"), 302, 502, "upstream_error"),
    (b" " * (100 << 20), 200, 502, "upstream_too_long"),
]


def test_a_fault_of_the_upstream_has_the_right_status(
    gateway: Gateway, model: str, provider: Provider, subtests: pytest.Subtests, sql: Any
) -> None:
    for content, theirs, ours, code in FAULTS:
        with subtests.test(f"{theirs} {ascii(content)[:30]}"):
            provider.says(content, theirs, Location="http://127.0.0.1:1/")
            refused(gateway.post(), ours, code)
    gateway.flush()
    assert sql("SELECT errors, money FROM gateway_usage") == [(len(FAULTS), 0)]
    # What came with a 200 was work, though it is of no use.
    charged = sql("SELECT DISTINCT code FROM gateway_requests WHERE input_tokens + output_tokens > 0")
    assert {code for (code,) in charged} == {code for _, theirs, _, code in FAULTS if theirs == 200}
    provider.says(completion("ok"))
    assert gateway.post().status_code == 200


def test_a_provider_that_repeats_its_credential_is_not_quoted(
    gateway: Gateway, model: str, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    for status in (400, 401, 500):
        provider.says({"error": {"message": f"Incorrect API key: {CREDENTIAL}"}}, status)
        assert CREDENTIAL not in gateway.post().text
    assert CREDENTIAL not in caplog.text
    assert gateway.key not in caplog.text


def test_an_upstream_that_is_too_slow_is_504_and_one_that_is_not_there_502(
    gateway: Gateway, model: str, provider: Provider
) -> None:
    gateway.app.config["FORJINN_PROVIDER_SECONDS"] = 0.2
    provider.says({}, seconds=20)
    refused(gateway.post(), 504, "upstream_timeout")
    gateway.add("gone", "http://127.0.0.1:9/v1")
    refused(gateway.post(model="gone"), 502, "upstream_unreachable")
    gateway.add("plain", provider.origin.replace("http:", "https:"))
    refused(gateway.post(model="plain"), 502, "upstream_unreachable")


def test_an_upstream_whose_certificate_is_not_accepted_is_sent_nothing(
    gateway: Gateway, tmp_path: Path
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(new_certificate(tmp_path, "models.example"))

    def wrap(connection: socket.socket) -> socket.socket:
        return context.wrap_socket(connection, server_side=True)

    with line(lambda _connection: None, wrap) as served:
        gateway.add("small", f"https://127.0.0.1:{served.port}/v1", credential=CREDENTIAL)
        said = refused(gateway.post(), 502, "upstream_unreachable")
        assert "its certificate is not accepted (self-signed certificate)" in said
        tested = gateway.app.test_cli_runner().invoke(
            args=["models", "test", "small", "--workspace", "production"]
        )
        assert "its certificate is not accepted" in tested.stderr
        assert not served.asked.is_set()


def test_the_database_away_is_503(gateway: Gateway, model: str, sql: Callable[..., object]) -> None:
    sql("ALTER TABLE gateway_keys RENAME TO gateway_keys_away")
    try:
        answer = gateway.post()
    finally:
        sql("ALTER TABLE gateway_keys_away RENAME TO gateway_keys")

    refused(answer, 503, "unavailable")
    assert answer.headers["Retry-After"]


@pytest.fixture
def web() -> Any:
    with Web() as running:
        running.says(json.dumps(completion("ok")), headers={"Content-Type": "application/json"})
        yield running
