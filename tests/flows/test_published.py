"""Flows of the shape of the editor's published templates: they import, are mapped, deployed, and answer."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from tests.calls import answered, ask
from tests.commands import run
from tests.flows.drawing import ran
from tests.providers import Provider, completion

TESTS = Path(__file__).parent.parent


def test_the_translator_answers(
    app: Flask, client: FlaskClient, production_key: str, model: str, provider: Provider
) -> None:
    flow, said = imported(app, TESTS / "translator.agentflow.json", "gemini-2.0-flash")
    provider.says(completion("おはよう"))

    assert said == ""
    assert answered(ask(client, flow, production_key, "Good morning"))["text"] == "おはよう"


def test_the_iterations_answer(
    app: Flask, client: FlaskClient, production_key: str, model: str, provider: Provider
) -> None:
    flow, said = imported(
        app, TESTS / "iterations.agentflow.json", "gemini-2.0-flash", "llama3.2", "gpt-4o-mini"
    )
    provider.says_next("tea", "TEA", "milk", "MILK", "All done")
    answer = answered(ask(client, flow, production_key, "Go"))

    assert said == ""
    assert answer["text"] == "All done"
    assert ran(answer) == [
        "startAgentflow_0",
        *["llmAgentflow_0", "llmAgentflow_1"] * 2,
        "iterationAgentflow_0",
        "agentAgentflow_0",
    ]
    assert provider.received[0]["messages"][-1]["content"] == "Write this word alone:\ntea"
    assert provider.received[2]["messages"][-1]["content"] == "Write this word alone:\nmilk"


def test_the_handoff_is_kept_and_says_which_tool_it_lacks(
    app: Flask, client: FlaskClient, production_key: str, model: str
) -> None:
    names = ("gpt-4o-mini", "gemini-2.0-flash", "claude-3-7-sonnet-latest")
    flow, said = imported(app, TESTS / "handoff.agentflow.json", *names)

    assert said.splitlines() == [
        "Sales Agent: the tool googleCustomSearch is not supported.",
        "It is kept, and not deployed. When all is there: flask chatflows deploy ID --workspace SLUG",
    ]
    assert ask(client, flow, production_key).status_code == 409


def test_the_handoff_answers_without_that_tool(
    app: Flask, client: FlaskClient, production_key: str, model: str, provider: Provider, tmp_path: Path
) -> None:
    text = (TESTS / "handoff.agentflow.json").read_text(encoding="utf-8")
    file = tmp_path / "handoff.json"
    file.write_text(text.replace('"googleCustomSearch"', '""'), encoding="utf-8")
    flow, said = imported(app, file, "gpt-4o-mini", "gemini-2.0-flash", "claude-3-7-sonnet-latest")
    provider.says_next('{"output": "Wants to buy"}', "We have shoes.")
    answer = answered(ask(client, flow, production_key, "Shoes?"))

    assert said == ""
    assert answer["text"] == "We have shoes."
    assert ran(answer) == ["startAgentflow_0", "conditionAgentAgentflow_0", "agentAgentflow_1"]
    assert provider.messages == [
        {"role": "system", "content": "You sell shoes."},
        {"role": "user", "content": "Shoes?"},
    ]


def imported(app: Flask, file: Path, *names: str) -> tuple[str, str]:
    """The flow's id, and what was said on stderr. All models of the file are mapped to `small`."""
    pairs = [word for name in names for word in ("--map", f"{name}=small")]
    ended = run(app, "chatflows", "import", str(file), "--workspace", "production", *pairs)
    assert ended.exit_code == 0, ended.output
    return ended.stdout.strip(), ended.stderr
