"""A secret variable goes out in HTTP calls, and comes back to nobody."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forjinn.errors import Refused
from forjinn.flows import needs, stored_variables
from forjinn.flows import service as flows
from forjinn.flows.models import Flow
from forjinn.flows.parsing import parse
from forjinn.gateway import service as models
from forjinn.workspaces.models import Workspace
from tests.calls import Sql, answered, ask, eventually, refused
from tests.samples import START, chain, node
from tests.streaming import Script, StreamingProvider, events
from tests.web import Web

WORD = 'hidden "word"/4711+ü'


@pytest.fixture
def secret(app: Flask, production: Workspace) -> str:
    with app.app_context():
        stored_variables.put(production, "token", WORD, secret=True)
    return WORD


def test_a_secret_goes_out_in_every_part_of_a_call_and_comes_back_in_none(
    app: Flask,
    open_client: FlaskClient,
    production: Workspace,
    production_key: str,
    secret: str,
    web: Web,
    sql: Sql,
) -> None:
    ascii_word = "hidden-word-4711"
    with app.app_context():
        stored_variables.put(production, "ascii", ascii_word, secret=True)
    web.says(json.dumps({"echo": echoes(WORD) + echoes(ascii_word)}), headers={"X-Echo": ascii_word})
    name = "{{ $vars.token }}"
    rest = {
        "url": web.url + "/{{ $vars.ascii }}?q={{ $vars.ascii }}",
        "method": "POST",
        "headers": [{"key": "X-Any", "value": "{{ $vars.ascii }}"}],
        "queryParams": [{"key": "page", "value": name}],
        "bodyType": "json",
        "body": json.dumps({"any": f"-{name}-"}),
    }
    flow = kept(app, production, node("httpAgentflow", "H", rest), reply("{{ httpAgentflow_0 }}"))
    for streaming in (False, True):
        answer = ask(open_client, flow, production_key, streaming=streaming)
        assert answer.status_code == 200
        assert readable(WORD, answer.text) == readable(ascii_word, answer.text) == []
        assert ascii_word in web.last.path
        assert web.last.headers["x-any"] == ascii_word
        assert json.loads(web.last.body) == {"any": f"-{WORD}-"}
        assert quote(WORD, safe="").replace("%20", "+") in web.last.path
    eventually(lambda: sql("SELECT count(*) FROM runs") == [(2,)])
    for (trace,) in sql("SELECT trace FROM runs"):
        text = zlib.decompress(bytes(trace)).decode()
        assert readable(WORD, text) == readable(ascii_word, text) == []


def test_a_failure_that_repeats_a_secret_is_told_without_it_also_where_it_is_cut(
    app: Flask,
    open_client: FlaskClient,
    production: Workspace,
    production_key: str,
    web: Web,
    sql: Sql,
) -> None:
    with app.app_context():
        stored_variables.put(production, "token", "hidden-word-4711", secret=True)
    headers = [{"key": "X-Any", "value": "{{ $vars.token }}"}]
    flow = kept(app, production, node("httpAgentflow", "H", {"url": web.url, "headers": headers}))
    for length in (0, 186, 190, 195):
        web.says("." * length + "hidden-word-4711", 401)
        assert "hidden" not in refused(ask(open_client, flow, production_key), 500, "internal")
    eventually(lambda: sql("SELECT count(*) FROM runs") == [(4,)])
    assert not any("hidden" in error for (error,) in sql("SELECT error FROM runs"))


ELSEWHERE: list[dict[str, Any]] = [
    node("directReplyAgentflow", "Here", {"directReplyMessage": "{{ $vars.token }}"}),
    node("directReplyAgentflow", "Here", {"directReplyMessage": "<p>{{ &#36;vars.token }}</p>"}),
    # Python reads no number of so many digits; it hides nothing beside it.
    node(
        "directReplyAgentflow",
        "Here",
        {"directReplyMessage": f"<p>{{{{ &#36;vars.token }}}} &#{'1' * 5000};</p>"},
    ),
    node("directReplyAgentflow", "Here", {"directReplyMessage": "{{ \\$vars.token.member }}"}),
    node(
        "conditionAgentflow",
        "Here",
        {
            "conditions": [
                {"type": "string", "value1": "{{ $vars.token }}", "operation": "contains", "value2": "h"}
            ]
        },
    ),
    node("llmAgentflow", "Here", {"llmModel": "small", "llmUserMessage": "{{ $vars.token }}"}),
]


@pytest.mark.parametrize("one", ELSEWHERE, ids=range(len(ELSEWHERE)))
def test_elsewhere_a_secret_is_refused_in_a_sentence(
    app: Flask,
    client: FlaskClient,
    production: Workspace,
    production_key: str,
    secret: str,
    model: str,
    one: dict[str, Any],
    sql: Sql,
) -> None:
    sentence = "Here: the secret variable “token” can be used in HTTP nodes only."
    flow = kept(app, production, one)
    with app.app_context():
        assert needs.of(production, parse(flow.graph), flow.id) == [sentence]
        with pytest.raises(Refused, match="can be used in HTTP nodes only"):
            flows.set_deployed(production, flow, True)
    # Deployed before the variable became secret.
    sql("UPDATE flows SET deployed = :yes", yes=True)
    assert refused(ask(client, flow, production_key), 500, "internal") == sentence


def test_all_variables_together_hold_no_secret(
    app: Flask, client: FlaskClient, production: Workspace, production_key: str, secret: str
) -> None:
    flow = kept(app, production, reply("{{ $vars }}"))
    assert answered(ask(client, flow, production_key))["text"] == "{}"


def test_a_call_gives_a_secret_variable_no_other_value_and_reads_none(
    app: Flask, client: FlaskClient, production: Workspace, production_key: str, secret: str
) -> None:
    flow = kept(app, production, reply("nothing"))
    with app.app_context():
        with pytest.raises(Refused, match="not an input"):
            flows.configure(production, flow, is_public=False, origins=[], overridable=["vars.token"])
        allowed = ["directReplyAgentflow_0.directReplyMessage"]
        flows.configure(production, flow, is_public=False, origins=[], overridable=allowed)
    override = {"vars": {"token": "mine"}, "directReplyMessage": "{{ $vars.token }}"}
    answer = ask(client, flow, production_key, overrideConfig=override)

    assert answered(answer)["text"] == "{{ $vars.token }}"
    assert "vars.token" in answer.headers["Warning"]


@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_a_stream_holds_back_what_may_be_a_secret_and_nothing_else(
    app: Flask,
    client: FlaskClient,
    production: Workspace,
    production_key: str,
    secret: str,
    sql: Sql,
    size: int,
) -> None:
    said = f"It is hid, hidden, {WORD}, {WORD[:-1]} and {WORD}"
    with StreamingProvider() as upstream:
        upstream.script = Script([said[place : place + size] for place in range(0, len(said), size)])
        with app.app_context():
            models.add(production, "small", base_url=upstream.url, upstream="upstream-7b")
        mentions = {"llmModel": "small", "llmUserMessage": "{{ $vars.shop }}{{ question }}"}
        flow = kept(app, production, node("llmAgentflow", "LLM", mentions | {"llmEnableMemory": True}))
        streamed = ask(client, flow, production_key, streaming=True)
        tokens = [data for name, data in events(streamed.data) if name == "token"]
        client.application.extensions.pop("forjinn.providers").close()

    assert "".join(tokens) == said.replace(WORD, "…")
    if size == 1:
        # Only what may still become the secret waits.
        assert tokens[:6] == ["I", "t", " ", "i", "s", " "]
    for kept_text in (streamed.text, *(row[0] for row in sql("SELECT answer FROM exchanges"))):
        assert WORD not in kept_text
        assert json.dumps(WORD) not in kept_text


def test_with_another_secret_key_only_what_needs_the_secret_fails(
    app: Flask,
    app_with: Callable[..., Flask],
    production: Workspace,
    production_key: str,
    secret: str,
) -> None:
    client = app_with(FORJINN_SECRET_KEY="another-key-of-more-than-32-characters!").test_client()
    rest = {"url": "http://x.example", "headers": [{"key": "X", "value": "{{ $vars.token }}"}]}
    failing = kept(app, production, node("httpAgentflow", "H", rest))
    fine = kept(app, production, reply("{{ $vars.nobody }}"))

    said = refused(ask(client, failing, production_key), 500, "internal")
    assert "“token” cannot be read with this secret key; set it again" in said
    assert answered(ask(client, fine, production_key))["text"] == "{{ $vars.nobody }}"


def echoes(word: str) -> list[str]:
    """How a server may repeat a value, that still is the value."""
    once = [word, quote(word), quote(word, safe=""), quote(word, safe="").lower(), json.dumps(word)[1:-1]]
    return [*once, *(base64.b64encode(text.encode()).decode() for text in users_of(word))]


def readable(word: str, text: str) -> list[str]:
    """The forms of a value that can be read in a text."""
    inside = [base64.b64encode(user.encode()).decode()[4:-4] for user in users_of(word)]
    return [form for form in (*echoes(word), *inside) if form in text]


def users_of(word: str) -> list[str]:
    """What Basic credentials are made of."""
    return [f"me:{word}", f"{word}:x1", f"u23:{word}", f"user4:{word}"]


def reply(text: str) -> dict[str, Any]:
    return node("directReplyAgentflow", "Reply", {"directReplyMessage": text})


def kept(app: Flask, workspace: Workspace, *nodes: dict[str, Any]) -> Flow:
    with app.app_context():
        return flows.import_agentflow(workspace, chain(START, *nodes), name="Under test")
