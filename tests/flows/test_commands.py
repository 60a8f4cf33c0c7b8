"""`flask chatflows`: what it prints is what a script wants, and a mistake is one line."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forjinn.flows import service as flows
from forjinn.workspaces.models import Workspace
from tests.applications import environment
from tests.calls import answered, ask
from tests.commands import as_operator, done, refused, run
from tests.providers import Provider
from tests.samples import DIRECT_REPLY, START, TRANSLATOR, chain, node

IN_PRODUCTION = ("--workspace", "production")


def test_create_prints_the_id_of_a_chatflow_that_answers(
    app: Flask, client: FlaskClient, production_key: str, model: str, provider: Provider
) -> None:
    flow = created(app, "Assistant", "--model", "SMALL", "--system", "Be kind. {{ question }}")

    assert answered(ask(client, flow, production_key))["text"] == "Hello from the model"
    assert provider.messages[0] == {"role": "system", "content": "Be kind. hi"}
    assert listed(app) == [{"id": flow, "name": "Assistant", "type": "CHATFLOW", "deployed": True}]


def test_create_names_a_model_that_is_not_registered(app: Flask, production: Workspace) -> None:
    line = refused(run(app, "chatflows", "create", "Assistant", *IN_PRODUCTION, "--model", "big"))

    assert "'big'" in line
    assert "flask models add" in line
    assert listed(app) == []


def test_import_prints_the_id_of_a_flow_that_answers(
    app: Flask, client: FlaskClient, production_key: str, file: Path
) -> None:
    file.write_text(DIRECT_REPLY, encoding="utf-8-sig")
    flow = imported(app, file)

    assert answered(ask(client, flow, production_key))["text"] == "You asked: hi"
    assert listed(app) == [{"id": flow, "name": "my", "type": "AGENTFLOW", "deployed": True}]


def test_import_keeps_what_it_does_not_know(
    app: Flask, production: Workspace, model: str, file: Path
) -> None:
    text = TRANSLATOR.replace("gemini-2.0-flash", model)
    file.write_text(text, encoding="utf-8")
    flow = imported(app, file, "--name", "Translator")

    with app.app_context():
        kept = flows.get(production, UUID(flow))
        assert kept.graph == text
        assert kept.description == "Translate text from one language to another"


def test_a_draft_is_refused_until_it_is_deployed(
    app: Flask, client: FlaskClient, production_key: str, file: Path, model: str
) -> None:
    file.write_text(DIRECT_REPLY, encoding="utf-8")
    drafts = imported(app, file, "--draft"), created(app, "Draft", "--model", model, "--draft")
    for flow in drafts:
        assert ask(client, flow, production_key).status_code == 409
        done(app, "chatflows", "deploy", flow, *IN_PRODUCTION)
        assert ask(client, flow, production_key).status_code == 200
        done(app, "chatflows", "undeploy", flow, *IN_PRODUCTION)
        assert ask(client, flow, production_key).status_code == 409


def test_import_keeps_a_flow_that_lacks_something_and_says_what(
    app: Flask, production: Workspace, file: Path
) -> None:
    nodes = [node("llmAgentflow", "A", {"llmModel": "big"}), node("toolAgentflow", "B", {})]
    file.write_text(chain(START, *nodes))
    ended = run(app, "chatflows", "import", str(file), *IN_PRODUCTION)
    flow = printed_id(ended.stdout)

    assert ended.exit_code == 0
    assert ended.stderr.splitlines() == [
        "B: nodes of the type toolAgentflow are not supported.",
        (
            "Not registered in production: the model 'big'. "
            "Register it with: flask models add NAME --workspace SLUG --base-url URL --upstream ID"
        ),
        "It is kept, and not deployed. When all is there: flask chatflows deploy ID --workspace SLUG",
    ]
    assert listed(app) == [{"id": flow, "name": "my", "type": "AGENTFLOW", "deployed": False}]
    assert "toolAgentflow" in refused(run(app, "chatflows", "deploy", flow, *IN_PRODUCTION))


def test_a_model_of_the_file_is_called_by_a_registered_name(
    app: Flask, client: FlaskClient, production_key: str, model: str, file: Path
) -> None:
    file.write_text(TRANSLATOR, encoding="utf-8")
    flow = imported(app, file, "--map", f"gemini-2.0-flash={model}")

    assert answered(ask(client, flow, production_key))["text"] == "Hello from the model"
    # Named as the file, not as the model.
    assert f"\t{file.name.split('.')[0]}\t" in run(app, "chatflows", "list", *IN_PRODUCTION).stdout


def test_a_map_that_is_none_is_refused(app: Flask, production: Workspace, file: Path) -> None:
    file.write_text(DIRECT_REPLY, encoding="utf-8")
    for pair in ("gemini", "=small", "gemini="):
        line = refused(run(app, "chatflows", "import", str(file), *IN_PRODUCTION, "--map", pair))
        assert "NAME=REGISTERED" in line
    assert listed(app) == []


def test_a_file_that_is_no_flow_is_one_line(app: Flask, production: Workspace, file: Path) -> None:
    contents = (
        b"",
        b"\x89PNG\r\n\x1a\n\x00",
        DIRECT_REPLY.encode("utf-16"),
        b"[" * 100_000,
        b"{}",
        b" " * (6 << 20),
        b'{"nodes": [], "description": "\\u0000\\ud800"}',
    )
    for content in contents:
        file.write_bytes(content)
        refused(run(app, "chatflows", "import", str(file), *IN_PRODUCTION))
    assert run(app, "chatflows", "import", "/nowhere.json", *IN_PRODUCTION).exit_code == 2


def test_only_the_workspaces_own_flows_can_be_deployed(app: Flask, staging: Workspace, file: Path) -> None:
    file.write_text(DIRECT_REPLY, encoding="utf-8")
    done(app, "workspaces", "create", "Production")
    flow = imported(app, file)

    for other in (flow, str(uuid4())):
        line = refused(run(app, "chatflows", "undeploy", other, "--workspace", "staging"))
        assert "no such flow" in line
    assert run(app, "chatflows", "deploy", "no-id", *IN_PRODUCTION).exit_code == 2


def test_a_name_that_is_none_is_refused(app: Flask, production: Workspace, model: str) -> None:
    for name in ("", "  ", "x" * 101, "a\tb"):
        assert "name" in refused(run(app, "chatflows", "create", name, *IN_PRODUCTION, "--model", model))
    assert listed(app) == []


def test_an_operator_imports_a_flow_and_gets_its_id_alone(
    app: Flask, production: Workspace, database_url: str, file: Path
) -> None:
    file.write_text(DIRECT_REPLY, encoding="utf-8")
    settings = environment(database_url, file.parent)
    ended = as_operator(settings, "chatflows", "import", str(file), *IN_PRODUCTION)

    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == f"{listed(app)[0]['id']}\n"


def created(app: Flask, name: str, *options: str) -> str:
    return printed_id(done(app, "chatflows", "create", name, *IN_PRODUCTION, *options))


def imported(app: Flask, file: Path, *options: str) -> str:
    return printed_id(done(app, "chatflows", "import", str(file), *IN_PRODUCTION, *options))


def printed_id(printed: str) -> str:
    """The id, alone on one line."""
    assert printed == f"{UUID(printed.strip())}\n"
    return printed.strip()


def listed(app: Flask) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = json.loads(done(app, "chatflows", "list", *IN_PRODUCTION, "--json"))
    plain = done(app, "chatflows", "list", *IN_PRODUCTION).splitlines()
    assert plain == ["\t".join(str(value) for value in row.values()) for row in rows]
    return rows


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "my.agentflow.json"


def test_a_name_to_map_that_the_file_does_not_call_is_said(
    app: Flask, production: Workspace, file: Path
) -> None:
    file.write_text(DIRECT_REPLY)
    done = run(app, "chatflows", "import", str(file), *IN_PRODUCTION, "--map", "gpt=small")

    assert done.exit_code == 0
    assert "The file calls no model 'gpt'; it calls: none." in done.stderr
