"""A secret variable is set on the command line or in the settings, and shown by neither."""

from __future__ import annotations

import json

import pytest
from flask import Flask

from forjinn.flows import service as flows
from forjinn.flows import stored_variables
from forjinn.flows.models import Flow
from forjinn.workspaces.models import Workspace
from tests.calls import Sql
from tests.commands import done, run
from tests.commands import refused as refused_command
from tests.people import Person
from tests.samples import START, chain, node

WORD = 'hidden "word"/4711+ü'
IN_PRODUCTION = ("--workspace", "production")
PAGE = "/w/production/settings"


@pytest.fixture
def secret(app: Flask, production: Workspace) -> None:
    with app.app_context():
        stored_variables.put(production, "token", WORD, secret=True)


def test_the_command_takes_a_secret_from_standard_input_and_never_gives_it_back(
    app: Flask, production: Workspace, sql: Sql
) -> None:
    arguments = ["variables", "set", "token", "-", *IN_PRODUCTION, "--secret"]
    made = app.test_cli_runner().invoke(args=arguments, input=f"{WORD}\n".encode())
    assert made.exit_code == 0, made.output
    done(app, "variables", "set", "shop", "Harbour", *IN_PRODUCTION)

    assert done(app, "variables", "list", *IN_PRODUCTION) == "shop\tHarbour\ntoken\t(secret)\n"
    listed = json.loads(done(app, "variables", "list", *IN_PRODUCTION, "--json"))
    assert listed == [
        {"name": "shop", "value": "Harbour"},
        {"name": "token", "value": None, "secret": True},
    ]
    [(value, encrypted)] = sql("SELECT value, encrypted FROM variables WHERE name = 'token'")
    assert value == ""
    assert WORD.encode() not in bytes(encrypted)
    told = refused_command(run(app, "variables", "set", "token", WORD, *IN_PRODUCTION, "--secret"))
    assert "standard input" in told
    assert WORD not in told


def test_a_secret_becomes_plain_only_where_somebody_says_so(app: Flask, production: Workspace) -> None:
    set_secret = ["variables", "set", "token", "-", *IN_PRODUCTION, "--secret"]
    done(app, "variables", "set", "token", "plain before", *IN_PRODUCTION)
    assert app.test_cli_runner().invoke(args=set_secret, input=b"first secret\n").exit_code == 0
    assert app.test_cli_runner().invoke(args=set_secret, input=b"second secret\n").exit_code == 0
    assert "is a secret variable" in refused_command(
        run(app, "variables", "set", "token", "mistake", *IN_PRODUCTION)
    )
    assert "(secret)" in done(app, "variables", "list", *IN_PRODUCTION)

    done(app, "variables", "set", "token", "shown", *IN_PRODUCTION, "--plain")
    assert done(app, "variables", "list", *IN_PRODUCTION) == "token\tshown\n"
    assert run(app, "variables", "set", "x", "-", *IN_PRODUCTION, "--plain", "--secret").exit_code == 2
    short = app.test_cli_runner().invoke(args=set_secret, input=b"  abc \n")
    assert "at least 6 characters" in refused_command(short)


def test_the_settings_page_never_shows_a_secret(alice: Person, production: Workspace) -> None:
    answer = alice.post(f"{PAGE}/variables", name="token", value="hidden-word-4711", is_secret="y")
    assert answer.status_code == 303
    for page in (
        PAGE,
        f"{PAGE}/variables",
        f"{PAGE}/variables?name=token",
        f"{PAGE}/variables/delete?name=token",
    ):
        text = alice.get(page).text
        assert "hidden-word-4711" not in text, page
    changing = alice.get(f"{PAGE}/variables?name=token", htmx=True).text
    assert (
        'name="is_secret" id="variable-secret" value="y" aria-describedby="variable-secret-hint" checked'
        in (changing)
    )
    for wrong in ({"name": "a b", "is_secret": "y"}, {"name": "token"}):
        refused_page = alice.post(f"{PAGE}/variables", value="other-word-4711", **wrong)
        assert refused_page.status_code == 422
        assert ("other-word-4711" in refused_page.text) is ("is_secret" not in wrong)


def test_a_secret_is_offered_where_it_can_be_used(
    app: Flask, alice: Person, production: Workspace, secret: None
) -> None:
    flow = kept(app, production)
    base = f"/w/production/flows/{flow.id}/canvas/node?node="
    http, text = (
        alice.get(base + one, htmx=True).text for one in ("httpAgentflow_0", "directReplyAgentflow_0")
    )

    assert "Secret variable, for HTTP calls only" in http
    assert "$vars.token" not in text


def kept(app: Flask, workspace: Workspace) -> Flow:
    http = node("httpAgentflow", "H", {"url": "http://x.example"})
    reply = node("directReplyAgentflow", "Reply", {"directReplyMessage": "x"})
    with app.app_context():
        return flows.import_agentflow(workspace, chain(START, http, reply), name="Under test")
