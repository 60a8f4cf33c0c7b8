"""`flask chatflows public`, `private`, `allow`, `inputs`, `runs` and `forget`."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forjinn.apikeys import service as apikeys
from forjinn.flows import service as flows
from forjinn.flows import stored_variables
from forjinn.flows.models import Flow
from forjinn.workspaces.models import Workspace
from tests.calls import Sql, answered, ask, eventually, path
from tests.commands import done, refused, run
from tests.providers import Provider

IN_PRODUCTION = ("--workspace", "production")
REPLY = "directReplyAgentflow_0.directReplyMessage"
SHOP = "https://shop.example"


def test_public_and_private(app: Flask, client: FlaskClient, production: Workspace, echo_flow: Flow) -> None:
    chatflows(app, "allow", echo_flow, REPLY)
    said = run(app, "chatflows", "public", str(echo_flow.id), *IN_PRODUCTION, "--origin", SHOP + "/")
    assert said.stdout == ""
    assert f"anybody who knows its ID can call it. Web pages: {SHOP}." in said.stderr
    answered(client.post(path(echo_flow), json={"question": "hi"}))

    chatflows(app, "private", echo_flow)
    assert client.post(path(echo_flow), json={"question": "hi"}).status_code == 401
    assert kept(app, production, echo_flow) == (False, SHOP, [REPLY])
    chatflows(app, "public", echo_flow)
    assert kept(app, production, echo_flow) == (True, "", [REPLY])


def test_allow_sets_exactly_these_inputs(app: Flask, production: Workspace, echo_flow: Flow) -> None:
    with app.app_context():
        stored_variables.put(production, "shop", "x")
    chatflows(app, "allow", echo_flow, REPLY, "vars.shop")
    rows = json.loads(chatflows(app, "inputs", echo_flow, "--json"))
    assert rows == [
        {"input": "startAgentflow_0.startState", "node": "Start (startAgentflow_0)", "allowed": False},
        {"input": REPLY, "node": "Direct Reply (directReplyAgentflow_0)", "allowed": True},
        {"input": "vars.shop", "node": "Variables", "allowed": True},
    ]
    plain = chatflows(app, "inputs", echo_flow).splitlines()
    assert plain == ["\t".join(str(value) for value in row.values()) for row in rows]

    with app.app_context():
        stored_variables.delete(production, "shop")
    # What is gone since stands in nobody's way.
    chatflows(app, "public", echo_flow)
    assert kept(app, production, echo_flow) == (True, "", [REPLY])
    chatflows(app, "allow", echo_flow)
    assert kept(app, production, echo_flow) == (True, "", [])


def test_runs_prints_the_latest_first(
    app: Flask, client: FlaskClient, production: Workspace, production_key: str, echo_flow: Flow, sql: Sql
) -> None:
    assert chatflows(app, "runs", echo_flow) == ""
    for session in ("one", "two"):
        answered(ask(client, echo_flow, production_key, chatId=session))
    chatflows(app, "public", echo_flow)
    answered(client.post(path(echo_flow), json={"question": "hi", "chatId": "three"}))
    eventually(lambda: sql("SELECT count(*) FROM runs") == [(3,)])
    with app.app_context():
        apikeys.delete(production, apikeys.named(production, "Production web app"), by=None)
    rows = json.loads(chatflows(app, "runs", echo_flow, "--json"))

    assert [(row["session"], row["key"]) for row in rows] == [
        ("public:three", None),
        ("two", "Production web app"),
        ("one", "Production web app"),
    ]
    assert {(row["outcome"], row["tokens"], row["error"]) for row in rows} == {("FINISHED", 0, "")}
    plain = chatflows(app, "runs", echo_flow, "--limit", "2").splitlines()
    assert [line.split("\t")[5] for line in plain] == ["public:three", "two"]


def test_forget_deletes_a_conversation_and_asks_first(
    app: Flask, client: FlaskClient, llm_flow: Flow, production_key: str, provider: Provider, sql: Sql
) -> None:
    answered(ask(client, llm_flow, production_key, "My name is Ada", chatId="s"))
    line = refused(run(app, "chatflows", "forget", str(llm_flow.id), "s", *IN_PRODUCTION))
    assert "--yes" in line
    assert sql("SELECT count(*) FROM exchanges") == [(1,)]

    chatflows(app, "forget", llm_flow, "s", "--yes")
    assert sql("SELECT count(*) FROM exchanges") == [(0,)]
    assert "no such conversation" in refused(
        run(app, "chatflows", "forget", str(llm_flow.id), "t", *IN_PRODUCTION, "--yes")
    )


@pytest.mark.parametrize(
    "command", [["public"], ["private"], ["allow", REPLY], ["inputs"], ["runs"], ["forget", "s", "--yes"]]
)
def test_another_workspaces_flow_is_not_found(
    app: Flask, production: Workspace, staging_flow: Flow, command: list[str]
) -> None:
    for flow in (staging_flow.id, uuid4()):
        name, *rest = command
        line = refused(run(app, "chatflows", name, str(flow), *rest, *IN_PRODUCTION))
        assert "no such flow" in line


def test_a_mistake_is_one_line(app: Flask, production: Workspace, echo_flow: Flow) -> None:
    flow = str(echo_flow.id)
    line = refused(run(app, "chatflows", "public", flow, *IN_PRODUCTION, "--origin", "https://*.example"))
    assert "asterisk" in line
    assert "not an input" in refused(run(app, "chatflows", "allow", flow, "vars.none", *IN_PRODUCTION))
    assert kept(app, production, echo_flow) == (False, "", [])


def chatflows(app: Flask, command: str, flow: Flow, *arguments: str) -> str:
    return done(app, "chatflows", command, str(flow.id), *arguments, *IN_PRODUCTION)


def kept(app: Flask, workspace: Workspace, flow: Flow) -> tuple[bool, str, list[str]]:
    with app.app_context():
        found = flows.get(workspace, flow.id)
        return found.is_public, found.origins, json.loads(found.overridable)
