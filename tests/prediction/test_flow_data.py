"""What an API key reads of a flow holds no credential, wherever one can stand in the file."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forjinn.flows import service as flows
from forjinn.flows.models import Flow
from forjinn.workspaces.models import Workspace
from tests.calls import answered, ask, bearer, strict
from tests.flows.canvas.every_node import EVERY_NODE
from tests.samples import START, chain, node

WORD = "hidden-word-4711"
BASIC = base64.b64encode(f"me:{WORD}".encode()).decode()
REST: dict[str, Any] = {
    "url": f"<p>https://me:{WORD}@api.example.com/hooks/{WORD}/x?apiKey={WORD}&amp;q={WORD}#token={WORD}</p>",
    "headers": [
        {"key": "Authorization", "value": f"Bearer {WORD}"},
        {"key": "X-Team", "value": WORD},
        {"key": "<p>X-Basic</p>", "value": f"Basic {BASIC}"},
        {"key": "Accept", "value": "text/plain"},
    ],
    "queryParams": json.dumps([{"key": "appid", "value": WORD}]),
    "FLOWISE_CREDENTIAL_ID": WORD,
    "unknown": {"deep": [{"er": WORD}, 4711]},
}
BODIES: list[tuple[str, object]] = [
    ("json", json.dumps({"password": WORD, "list": [{"apiKey": WORD}], "pin": 471100})),
    ("json", json.dumps({"credentials": {"user": WORD}, "inner": json.dumps({"secret": WORD})})),
    (
        "json",
        json.dumps([{"key": "token", "value": WORD}, f"Bearer {WORD}", f"https://x.example/?key={WORD}"]),
    ),
    ("json", f'{{"password": "{WORD}", broken'),
    ("raw", f"grant_type=x&client_secret={WORD}"),
    ("xWwwFormUrlencoded", [{"key": "client_secret", "value": WORD}, {"key": "id", "value": WORD}]),
    ("formData", [{"key": "otp", "value": WORD}]),
]
TOOL = {
    "agentSelectedTool": "requestsPost",
    "agentSelectedToolConfig": {
        "requestsPostUrl": f"https://api.example.com/orders?key={WORD}",
        "requestsPostName": "order",
        "requestsPostHeaders": json.dumps({"X-Team": WORD, "Accept": "text/plain"}),
        "requestsPostBody": {"password": WORD},
        "requestsPostBodySchema": json.dumps({"what": {"type": "string", "token": WORD}}),
        "somethingElse": WORD,
    },
}
AGENT = {
    "agentModel": "small",
    "agentModelConfig": {"modelName": "small", "apiKey": WORD, "basepath": f"https://u:{WORD}@x.example"},
    "agentTools": [TOOL, {"agentSelectedTool": "custom", "agentSelectedToolConfig": {"any": WORD}}],
    "agentMessages": [{"role": "system", "content": f"Be brief. See https://x.example/?api_key={WORD}"}],
}


def every_place() -> str:
    nodes = [START, node("agentAgentflow", "Agent", AGENT)]
    nodes += [
        node("httpAgentflow", "HTTP", REST | {"method": "POST", "bodyType": kind, "body": body}, number)
        for number, (kind, body) in enumerate(BODIES)
    ]
    nodes += [
        node("customFunctionAgentflow", "Code", {"customFunctionJavascriptFunction": f"const k = '{WORD}'"}),
        node("directReplyAgentflow", "Reply", {"directReplyMessage": f"Bearer {WORD}"}),
    ]
    for one in nodes:
        one["data"] |= {"credential": WORD, "inputAnchors": [{"default": WORD}]}
    return json.dumps(json.loads(chain(*nodes)) | {"apiKey": WORD, "viewport": {"token": WORD}})


def test_no_credential_of_any_place_is_in_what_a_key_reads(
    app: Flask, client: FlaskClient, production: Workspace, production_key: str
) -> None:
    flow = kept(app, production, every_place())
    shown = read(client, production_key, flow)

    for path in (
        f"/api/v1/chatflows/{flow.id}",
        "/api/v1/chatflows",
        f"/api/v1/chatflows-streaming/{flow.id}",
    ):
        text = client.get(path, headers=bearer(production_key)).text
        assert WORD not in text, path
        assert BASIC not in text, path
    assert [one["id"] for one in shown["nodes"]] == [one["id"] for one in json.loads(every_place())["nodes"]]
    http = by_id(shown, "httpAgentflow_0")["inputs"]
    assert http["url"] == "https://…@api.example.com/hooks/…/x?apiKey=…&q=…#token=…"
    assert http["headers"][0] == {"key": "Authorization", "value": "…"}
    assert http["headers"][3] == {"key": "Accept", "value": "text/plain"}


def test_what_is_no_credential_is_there_as_it_is(
    app: Flask, client: FlaskClient, production: Workspace, production_key: str
) -> None:
    flow = kept(app, production, EVERY_NODE)
    shown, whole = read(client, production_key, flow), json.loads(EVERY_NODE)

    assert "s3cret" not in json.dumps(shown)
    assert [one["id"] for one in shown["edges"]] == [one["id"] for one in whole["edges"]]
    assert [one["position"] for one in shown["nodes"]] == [one["position"] for one in whole["nodes"]]
    for node_id, name in (
        ("llmAgentflow_0", "llmMessages"),
        ("startAgentflow_0", "formInputTypes"),
        ("directReplyAgentflow_0", "directReplyMessage"),
        ("conditionAgentflow_0", "conditions"),
        ("stickyNoteAgentflow_0", "note"),
        ("loopAgentflow_0", "loopBackToNode"),
    ):
        told, kept_value = (by_id(one, node_id)["inputs"][name] for one in (shown, whole))
        if name == "llmMessages":
            told, kept_value = ([row["content"] for row in rows] for rows in (told, kept_value))
        if name != "formInputTypes":
            assert told == kept_value, name


def test_the_file_itself_is_kept_as_it_was(
    app: Flask, client: FlaskClient, production: Workspace, production_key: str
) -> None:
    flow = kept(app, production, every_place())
    read(client, production_key, flow)
    with app.app_context():
        assert flows.get(production, flow.id).graph == every_place()


@pytest.mark.parametrize("text", ["{{ question }}", "{{ $vars.token }}"])
def test_a_header_that_is_a_variable_is_no_credential(
    app: Flask, client: FlaskClient, production: Workspace, production_key: str, text: str
) -> None:
    http = node(
        "httpAgentflow", "H", {"url": "https://x.example", "headers": [{"key": "X-A", "value": text}]}
    )
    shown = read(client, production_key, kept(app, production, chain(START, http)))

    assert by_id(shown, "httpAgentflow_0")["inputs"]["headers"] == [{"key": "X-A", "value": text}]


def test_the_form_of_a_widget_holds_no_credential(
    app: Flask, client: FlaskClient, production: Workspace, production_key: str
) -> None:
    rows = [{"type": "string", "label": "Name", "name": "name", "apiKey": WORD}]
    start = node("startAgentflow", "Start", {"startInputType": "formInput", "formInputTypes": rows})
    reply = node("directReplyAgentflow", "Reply", {"directReplyMessage": "Hi {{ form.name }}"})
    flow = kept(app, production, chain(start, reply))
    text = client.get(f"/api/v1/public-chatbotConfig/{flow.id}", headers=bearer(production_key)).text

    assert WORD not in text
    [shown] = json.loads(strict(text)["flowData"])["nodes"]
    assert shown["data"]["inputs"]["formInputTypes"][0]["name"] == "name"
    assert answered(ask(client, flow, production_key, None, form={"name": "Ada"}))["text"] == "Hi Ada"


def kept(app: Flask, workspace: Workspace, text: str) -> Flow:
    with app.app_context():
        return flows.import_agentflow(workspace, text, name="Secrets")


def read(client: FlaskClient, key: str, flow: Flow) -> dict[str, Any]:
    answer = answered(client.get(f"/api/v1/chatflows/{flow.id}", headers=bearer(key)))
    shown: dict[str, Any] = json.loads(answer["flowData"])
    return shown


def by_id(shown: dict[str, Any], node_id: str) -> dict[str, Any]:
    data: dict[str, Any] = next(one["data"] for one in shown["nodes"] if one["id"] == node_id)
    return data
