"""The settings of a workspace: what its runs keep, and the variables of its flows."""

from __future__ import annotations

import html

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forjinn.flows import service as flows
from forjinn.flows import stored_variables
from forjinn.workspaces import service as workspaces
from forjinn.workspaces.models import Workspace
from tests.calls import answered, ask
from tests.commands import done, refused, run
from tests.conftest import member
from tests.people import Person
from tests.samples import START, chain, node

PAGE = "/w/production/settings"
BAD_NAMES = ("", " ", "a b", "a-b", "a.b", "ä", "a\nb", "x" * 101, "{{x}}", "a\x00")


def test_an_admin_turns_the_recording_off_and_on(app: Flask, alice: Person, production: Workspace) -> None:
    assert "checked" in alice.get(PAGE).text

    answer = alice.post(f"{PAGE}/recording")
    assert (answer.status_code, answer.location) == (303, PAGE)
    page = alice.get(PAGE).text
    assert "What this workspace keeps was saved." in page
    assert "checked" not in page
    assert recorded(app) is False
    part = alice.post(f"{PAGE}/recording", htmx=True, record_texts="y").text
    assert part.lstrip().startswith('<div class="card mb-3" id="recording" data-form>')
    assert recorded(app) is True


def test_a_member_sees_the_recording_and_cannot_change_it(app: Flask, bob: Person) -> None:
    page = bob.get(PAGE).text

    assert "What people ask and are answered is kept with each run." in page
    assert "members:manage" in page
    assert bob.post(f"{PAGE}/recording").status_code == 403
    assert recorded(app) is True


def test_who_manages_members_alone_sees_no_variable(app: Flask, production: Workspace) -> None:
    with app.app_context():
        workspaces.set_role(production, "Steward", ["members:manage"])
        stored_variables.put(production, "shop", "Harbour Road")
    steward = member(app, "dora@example.com", production, "Steward")

    assert "Harbour Road" not in steward.get(PAGE).text
    assert steward.get(f"{PAGE}/variables").status_code == 403
    assert steward.post(f"{PAGE}/recording").status_code == 303


def test_the_command_turns_it_off_and_on(app: Flask, production: Workspace) -> None:
    assert done(app, "workspaces", "set", "production", "--no-record-texts") == ""
    assert recorded(app) is False
    done(app, "workspaces", "set", "production", "--record-texts")
    assert recorded(app) is True
    assert "nowhere" in refused(run(app, "workspaces", "set", "nowhere", "--record-texts"))
    assert run(app, "workspaces", "set", "production").exit_code == 2


def test_a_variable_is_set_used_changed_and_deleted(
    app: Flask, bob: Person, production: Workspace, client: FlaskClient, production_key: str
) -> None:
    reply = node("directReplyAgentflow", "Direct Reply", {"directReplyMessage": "{{ $vars.shop }}"})
    with app.app_context():
        flow = flows.import_agentflow(production, chain(START, reply), name="Address")
    assert "No variables yet" in bob.get(PAGE).text
    answer = bob.post(f"{PAGE}/variables", name="shop", value="1 Harbour Road\r\nHamburg")
    assert (answer.status_code, answer.location) == (303, PAGE)
    assert "1 Harbour Road\nHamburg" in bob.get(PAGE).text
    assert answered(ask(client, flow, production_key))["text"] == "1 Harbour Road\nHamburg"

    changing = bob.get(f"{PAGE}/variables?name=shop").text
    assert "Change “shop”" in changing
    part = bob.post(f"{PAGE}/variables", htmx=True, name="shop", value="2 Harbour Road").text
    assert part.lstrip().startswith('<div class="card" id="variables"')
    assert "The variable “shop” was saved." in part
    assert answered(ask(client, flow, production_key))["text"] == "2 Harbour Road"

    assert "Delete “shop”?" in bob.get(f"{PAGE}/variables/delete?name=shop").text
    assert bob.post(f"{PAGE}/variables/delete", name="shop").status_code == 303
    assert answered(ask(client, flow, production_key))["text"] == "{{ $vars.shop }}"
    assert bob.post(f"{PAGE}/variables/delete", name="shop").status_code == 404


def test_htmx_closes_the_dialog_and_draws_the_list_anew(alice: Person) -> None:
    alice.post(f"{PAGE}/variables", name="shop", value="x")
    answer = alice.post(f"{PAGE}/variables/delete", htmx=True, name="shop")

    assert answer.headers["HX-Trigger"] == "close-dialog, variables-changed"
    part = alice.get(f"{PAGE}/variables", htmx=True).text
    assert part.lstrip().startswith('<div class="card" id="variables"')
    assert "No variables yet" in part


def test_a_bad_name_or_value_is_said_beside_its_field(
    app: Flask, alice: Person, subtests: pytest.Subtests
) -> None:
    for name in BAD_NAMES:
        with subtests.test(ascii(name)[:30]):
            answer = alice.post(f"{PAGE}/variables", name=name, value="kept to be mended")
            assert answer.status_code == 422
            assert 'id="variable-name-error"' in answer.text
            assert "kept to be mended" in answer.text
    for value in ("x" * 10_001, "a\x00b"):
        answer = alice.post(f"{PAGE}/variables", htmx=True, name="shop", value=value)
        assert answer.status_code == 422
        assert 'id="variable-value-error"' in answer.text
    assert alice.post(f"{PAGE}/variables", name="shop", value="é" * 10_000).status_code == 303
    with app.app_context():
        assert [one.name for one in stored_variables.of(workspaces.by_slug("production"))] == ["shop"]


def test_values_are_inert(alice: Person) -> None:
    evil = "</textarea><img src=x onerror=alert(1)>{{ 7*7 }}"
    alice.post(f"{PAGE}/variables", name="evil", value=evil)
    page = alice.get(f"{PAGE}/variables?name=evil").text

    assert "<img src=x" not in page
    assert page.count(html.escape(evil)) == 2


def test_a_viewer_and_a_stranger_do_not_come_in(
    app: Flask, alice: Person, charlie: Person, production: Workspace
) -> None:
    alice.post(f"{PAGE}/variables", name="shop", value="x")
    viewer = member(app, "vera@example.com", production, "Viewer")

    for person, status in ((viewer, 403), (charlie, 404)):
        assert person.get(PAGE).status_code == status
        for path in ("recording", "variables", "variables/delete"):
            assert person.post(f"{PAGE}/{path}", name="shop", value="y").status_code == status
    assert PAGE not in viewer.get("/w/production/flows").text
    assert PAGE in alice.get("/w/production/flows").text
    assert charlie.get("/w/staging/settings/variables?name=shop").status_code == 404


def recorded(app: Flask) -> bool:
    with app.app_context():
        return workspaces.by_slug("production").record_texts
