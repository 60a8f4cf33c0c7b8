"""Single requests of a configuration: what came of each, and its texts where they are recorded."""

from __future__ import annotations

import re
import time
import zlib
from typing import Any

import pytest
from flask import Flask

from forjinn.gateway.configurations import service as configurations
from forjinn.gateway.usage import keeping, recorder
from forjinn.gateway.usage.called import Called
from forjinn.gateway.usage.reading import read
from forjinn.gateway.usage.texts import LONGEST_STRINGS, Texts, packed
from forjinn.workspaces import service as workspaces
from tests.calls import Sql
from tests.conftest import member
from tests.gateway.calling import Gateway, refused
from tests.gateway.test_configurations import PATH
from tests.gateway.test_screens import hyphened
from tests.people import Person
from tests.providers import CREDENTIAL, Provider
from tests.streaming import Script, StreamingProvider, data

PAGE = f"{PATH}/usage/requests"
ROWS = "SELECT endpoint, model, status, code, input_tokens, output_tokens FROM gateway_requests"
SAID = [{"role": "user", "content": "Where is <b>my</b> order?"}]


def test_each_call_is_kept_without_its_texts(
    gateway: Gateway, provider: Provider, model: str, alice: Person, sql: Sql
) -> None:
    gateway.post(messages=SAID)
    gateway.post("embeddings")
    gateway.post(model="nothing")
    provider.says({"error": {"message": "My order is unknown"}}, 500)
    gateway.post(messages=SAID)
    gateway.get("models")
    gateway.change("pause")
    gateway.post()
    gateway.flush()

    assert sorted(sql(ROWS)) == [
        ("chat/completions", "", 401, "key_paused", 0, 0),
        ("chat/completions", "", 404, "model_not_found", 0, 0),
        ("chat/completions", "small", 200, "", 7, 5),
        ("chat/completions", "small", 502, "upstream_error", 0, 0),
        ("embeddings", "small", 200, "", 7, 5),
        ("models", "", 200, "", 0, 0),
    ]
    assert sql("SELECT DISTINCT texts FROM gateway_requests") == [(None,)]
    listed = alice.get(PAGE).text
    assert "What is asked and answered is not kept" in listed
    assert listed.count("Batch jobs") == 6
    assert "key_paused" in listed
    one = alice.get(f"{PAGE}/{first(sql)}").text
    assert "were not recorded" in one
    assert "my order" not in one.lower()


def test_texts_are_read_where_they_are_recorded_and_only_there(
    gateway: Gateway, model: str, alice: Person, sql: Sql
) -> None:
    gateway.configuration(record_texts=True)
    gateway.post(messages=SAID, temperature=0.25)
    gateway.flush()
    one = f"{PAGE}/{first(sql)}"
    shown = alice.get(one).text
    assert "Where is &lt;b&gt;my&lt;/b&gt; order?" in shown
    assert "Hello from the model" in shown
    assert "0.25" in shown

    gateway.configuration(record_texts=False)
    hidden = alice.get(one).text
    assert "keeps none any more" in hidden
    assert "order?" not in hidden


def test_a_workspace_that_keeps_no_texts_has_none_of_its_gateway(
    app: Flask, gateway: Gateway, model: str, sql: Sql
) -> None:
    gateway.configuration(record_texts=True)
    with app.app_context():
        workspaces.set_record_texts(gateway.workspace, False)
    gateway.post(messages=SAID)
    gateway.flush()
    assert sql("SELECT texts FROM gateway_requests") == [(None,)]


def test_a_call_that_ends_after_recording_was_turned_off_leaves_no_texts(
    app: Flask, gateway: Gateway, model: str, sql: Sql
) -> None:
    off = (
        lambda: gateway.configuration(record_texts=False),
        lambda: workspaces.set_record_texts(gateway.workspace, False),
    )
    recording = app.extensions["forjinn.gateway_usage"]
    [(key,)] = sql("SELECT id FROM gateway_keys")
    for turn_off in off:
        gateway.configuration(record_texts=True)
        with app.app_context():
            turn_off()
        recording.record(
            Called(key, model, time.time(), False, 1, 1, 0, "::1", texts=Texts({"prompt": "x"}, b"", 1))
        )
        recording.flush()
    assert sql("SELECT texts FROM gateway_requests") == [(None,), (None,)]


def test_of_a_key_that_is_cut_off_nothing_is_kept() -> None:
    for secret, credential in ((f"fjgw_{'k' * 38}", None), (CREDENTIAL, CREDENTIAL)):
        prompt = "x" * (LONGEST_STRINGS[0] - len(secret) // 2) + secret + "y" * 50_000
        [turn] = read(packed(Texts({"prompt": prompt}, b"", 0, credential))).asked
        assert secret[: len(secret) // 2 - 1] not in turn.text


def test_no_key_and_no_credential_is_kept(gateway: Gateway, provider: Provider, model: str, sql: Sql) -> None:
    gateway.configuration(record_texts=True)
    gateway.post(messages=[{"role": "user", "content": f"Mine:\n{gateway.key} and {CREDENTIAL}"}])
    provider.says({"error": {"message": f"wrong key {CREDENTIAL}"}}, 500)
    gateway.post(messages=SAID)
    gateway.flush()
    texts = [bytes(text) for [text] in sql("SELECT texts FROM gateway_requests")]
    kept = " ".join(zlib.decompress(text).decode() for text in texts)
    assert "Mine:" in kept
    assert "status 500: wrong key …" in kept
    assert gateway.key not in kept
    assert CREDENTIAL not in kept


TOOL = {"index": 0, "function": {"name": "find", "arguments": "{}"}}
STREAMS = [
    (Script(["Hel", "lo"]), 200, "", "Hello"),
    (Script(["Hel"], ending=None), 502, "upstream_broke_off", "Hel"),
    (Script([data({"choices": [{"index": 0, "delta": {"tool_calls": [TOOL]}}]})]), 200, "", '"name": "find"'),
]


def test_a_stream_is_kept_put_together(
    gateway: Gateway, upstream: StreamingProvider, sql: Sql, alice: Person, subtests: pytest.Subtests
) -> None:
    gateway.add("small", upstream.url)
    gateway.configuration(record_texts=True)
    for script, status, code, text in STREAMS:
        with subtests.test(text):
            upstream.script = script
            gateway.post(stream=True, messages=SAID).get_data()
            gateway.flush()
            [row] = sql("SELECT status, code, texts FROM gateway_requests")
            assert row[:2] == (status, code)
            found = read(bytes(row[2]))
            assert text in "".join(turn.text for turn in found.answered)
            assert found.asked[0].text == SAID[0]["content"]
            assert text.replace('"', "&#34;") in alice.get(f"{PAGE}/{first(sql)}").text
            sql("DELETE FROM gateway_requests")


ANSWERED: list[tuple[Any, str]] = [
    ({"choices": [{"message": {"content": "Hi"}}]}, "Hi"),
    ({"choices": [{"text": "older"}]}, "older"),
    ({"output": [{"type": "message", "content": [{"type": "output_text", "text": "newer"}]}]}, "newer"),
    ({"error": {"message": "no"}}, "no"),
    ({"choices": 5, "output": {}, "data": [1]}, '"data"'),
    (b'data: {"type": "response.output_text.delta", "delta": "bit"}\n\n', "bit"),
    (b'data: {"type": "response.completed", "response": {"output": [{"content": "all"}]}}\n\n', "all"),
    (b'data: [1]\n\ndata: {"choices": [7, {"delta": {"content": 5}}]}\n\ndata: nonsense', '"text": ""'),
]
ASKED: list[tuple[dict[str, Any], str]] = [
    ({"messages": [{"role": "user", "content": [{"type": "text", "text": "part"}]}]}, "part"),
    ({"messages": [{"role": "assistant", "tool_calls": [{"id": "c1"}]}]}, "c1"),
    ({"messages": [5, None, {}]}, "5"),
    ({"messages": "no list", "prompt": ["a", "b"]}, "a\nb"),
    ({"input": [{"role": "user", "content": "newer"}], "instructions": "Be kind"}, "newer"),
    ({"messages": [{"role": "user", "content": "cut \ud83d"}]}, "cut ?"),
]


def test_whatever_an_upstream_answers_can_be_read(subtests: pytest.Subtests) -> None:
    for answered, text in ANSWERED:
        with subtests.test(text):
            kept = packed(Texts({"model": "small"}, answered, 0))
            assert text in "".join(turn.text for turn in read(kept).answered)
    for asked, text in ASKED:
        with subtests.test(text):
            assert text in "".join(turn.text for turn in read(packed(Texts(asked, b"", 0))).asked)


def test_what_is_kept_of_one_request_is_bounded() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:" + "x" * 3_000_000}}
    long = {"messages": [{"role": "user", "content": [image, {"type": "text", "text": "What is it?"}]}]}
    found = read(packed(Texts(long, b"", 0)))
    assert "What is it?" in found.asked[0].text
    assert len(found.asked[0].text) < 20_000
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    for too_much in ({"messages": [{"content": "x"}] * 50_000}, {"messages": deep}):
        assert read(packed(Texts(too_much, b"", 0))).asked == []


def test_requests_are_read_page_by_page_and_deleted(
    alice: Person, gateway: Gateway, model: str, sql: Sql, app: Flask, charlie: Person
) -> None:
    gateway.configure("batch")
    gateway.new_key("Night", "batch")
    for label, count in (("Batch jobs", 60), ("Night", 1)):
        many(app, sql, label, count)
    seen, page = [], alice.get(PAGE).text
    while True:
        seen += re.findall(rf'{PAGE}/([0-9a-f-]{{36}})"', page)
        older = re.search(rf'href="({PAGE}\?[^"]*after=[^"]*)"', page)
        if not older:
            break
        page = alice.get(older[1].replace("&amp;", "&")).text
    assert (len(seen), len(set(seen))) == (60, 60)
    assert charlie.get(f"/w/staging/gateway/usage/requests/{seen[0]}").status_code == 404
    viewer = member(app, "vera@example.com", gateway.workspace, "Viewer")
    assert viewer.get(f"{PAGE}/{seen[0]}").status_code == 200
    assert viewer.post(f"{PAGE}/{seen[0]}/delete").status_code == 403

    assert "Delete this request?" in alice.get(f"{PAGE}/{seen[0]}/delete").text
    assert alice.post(f"{PAGE}/{seen[0]}/delete").status_code == 303
    assert alice.get(f"{PAGE}/{seen[0]}").status_code == 404
    assert "default" in alice.get(f"{PAGE}/delete?configuration=default").text
    assert alice.post(f"{PAGE}/delete?configuration=default").status_code == 303
    assert len(sql("SELECT 1 FROM gateway_requests")) == 1
    assert "No requests yet" in alice.get(PAGE).text
    assert "Night" in alice.get(f"{PAGE}?configuration=batch").text


def test_what_is_too_old_or_too_many_is_deleted(
    app: Flask, gateway: Gateway, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "MOST_KEPT", 5)
    monkeypatch.setattr(recorder, "TIDY_SECONDS", -1.0)
    many(app, sql, "Batch jobs", 9)
    assert len(sql("SELECT 1 FROM gateway_requests")) == 5
    sql("UPDATE gateway_requests SET started_at = '2020-01-01 00:00:00'")
    many(app, sql, "Batch jobs", 1)
    assert len(sql("SELECT 1 FROM gateway_requests")) == 1


def test_texts_that_wait_too_long_are_dropped_before_their_requests(
    app: Flask, gateway: Gateway, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway.configuration(record_texts=True)
    monkeypatch.setattr(recorder, "MOST_WAITING_BYTES", 100)
    many(app, sql, "Batch jobs", 3, Texts({"prompt": "x"}, b"", 60))
    assert len(sql("SELECT 1 FROM gateway_requests WHERE texts IS NOT NULL")) == 1
    assert len(sql("SELECT 1 FROM gateway_requests")) == 3
    many(app, sql, "Batch jobs", 1, Texts({"prompt": "x"}, b"", 60))
    assert len(sql("SELECT 1 FROM gateway_requests WHERE texts IS NOT NULL")) == 2


def test_nothing_is_kept_of_a_configuration_that_is_gone(gateway: Gateway, model: str, sql: Sql) -> None:
    base = gateway.configure("batch", record_texts=True)
    key = gateway.new_key("Night", "batch")
    assert gateway.post(key=key, base=base).status_code == 200
    with gateway.app.app_context():
        batch = configurations.named(gateway.workspace, "batch")
        configurations.remove(gateway.workspace, batch, by=None)
    refused(gateway.post(key=key, base=base), 401, "key_deleted")
    gateway.flush()
    assert sql("SELECT 1 FROM gateway_requests") == []
    assert sql("SELECT SUM(requests) FROM gateway_usage")[0][0] == 2


def many(app: Flask, sql: Sql, label: str, count: int, texts: Texts | None = None) -> None:
    [(key,)] = sql("SELECT id FROM gateway_keys WHERE label = :label", label=label)
    recording = app.extensions["forjinn.gateway_usage"]
    for number in range(count):
        at = 1_900_000_000 + number // 2
        recording.record(Called(key, "small", at, False, 1, 1, 0, "::1", texts=texts))
    recording.flush()


def first(sql: Sql) -> str:
    return hyphened(sql("SELECT id FROM gateway_requests")[0][0])
