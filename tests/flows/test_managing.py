"""Renaming, exporting, duplicating and deleting a flow, in the browser and on the command line."""

from __future__ import annotations

import html
import json

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forjinn.errors import NotFound
from forjinn.flows import listing, managing
from forjinn.flows import service as flows
from forjinn.flows.models import Flow
from forjinn.workspaces import service as workspaces
from forjinn.workspaces.models import Workspace
from tests.calls import Sql, answered, ask, eventually, refused
from tests.commands import done, run
from tests.commands import refused as one_line
from tests.conftest import member, new_key
from tests.people import Person, without_tokens
from tests.samples import DIRECT_REPLY

LIST = "/w/production/flows"
EVIL = "<img src=x onerror=alert(1)>"


def test_a_flow_is_renamed_in_its_row_and_calls_go_on(
    alice: Person, client: FlaskClient, production_key: str, echo_flow: Flow
) -> None:
    path = f"{LIST}/{echo_flow.id}/rename"
    assert 'value="Echo"' in alice.get(path, htmx=True).text
    part = alice.post(path, htmx=True, name=" Order desk ").text

    assert part.lstrip().startswith(f'<tr id="flow-{echo_flow.id}" class="row-highlight">')
    assert "The flow is now named “Order desk”." in part
    answered(ask(client, echo_flow, production_key))


def test_a_plain_browser_is_sent_to_the_flow(alice: Person, echo_flow: Flow) -> None:
    answer = alice.post(f"{LIST}/{echo_flow.id}/rename", name=EVIL)

    assert (answer.status_code, answer.location) == (303, f"{LIST}/{echo_flow.id}")
    page = alice.get(answer.location).text
    assert "The flow is now named" in page
    assert EVIL not in page


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\nb", "\u202e"])
def test_a_bad_name_is_refused_beside_the_field(
    app: Flask, alice: Person, production: Workspace, echo_flow: Flow, name: str
) -> None:
    answer = alice.post(f"{LIST}/{echo_flow.id}/rename", htmx=True, name=name)

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    with app.app_context():
        assert flows.get(production, echo_flow.id).name == "Echo"


def test_cancelling_gives_the_row_back(alice: Person, echo_flow: Flow) -> None:
    part = without_tokens(alice.get(f"{LIST}/{echo_flow.id}/row", htmx=True).text)
    assert part.strip() in without_tokens(alice.get(LIST).text)
    assert alice.get(f"{LIST}/{echo_flow.id}/row").location == f"{LIST}/{echo_flow.id}"


def test_an_export_is_the_graph_byte_for_byte(app: Flask, alice: Person, production: Workspace) -> None:
    # Odd spacing, an unknown member, escapes and a number that no float holds.
    text = DIRECT_REPLY[:-1] + ',  "ours" : [1.10, 12345678901234567890, "\\u00e4 ö 🗝"]\n}\n'
    with app.app_context():
        flow = flows.import_agentflow(production, text, name='Größe "1/2" 🗝')
    answer = alice.get(f"{LIST}/{flow.id}/export")

    assert answer.data == text.encode()
    assert answer.content_type == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=\"Gr-e-1-2.json\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%20-1-2-%20%F0%9F%97%9D.json"
    )
    assert done(app, "chatflows", "export", str(flow.id), "--workspace", "production") == text


def test_a_copy_has_the_same_graph_and_is_neither_deployed_nor_public(
    app: Flask, alice: Person, production: Workspace, echo_flow: Flow, sql: Sql
) -> None:
    sql("UPDATE flows SET is_public = TRUE, origins = 'https://shop.example'")
    answer = alice.post(f"{LIST}/{echo_flow.id}/duplicate")

    assert answer.status_code == 303
    assert "The copy is not deployed." in alice.get(answer.location).text
    with app.app_context():
        [copy] = [one for one in listing.every(production) if one.id != echo_flow.id]
        assert (copy.name, copy.type, copy.graph) == ("Copy of Echo", echo_flow.type, DIRECT_REPLY)
        assert (copy.deployed, copy.is_public, copy.origins) == (False, False, "https://shop.example")
        assert copy.created_by_id == alice.user.id


def test_a_copy_of_a_long_name_is_possible(app: Flask, production: Workspace, echo_flow: Flow) -> None:
    with app.app_context():
        managing.rename(production, echo_flow, "x" * 100)
        copy = managing.duplicate(production, flows.get(production, echo_flow.id))
        assert copy.name == "Copy of " + "x" * 92


def test_deleting_tells_who_calls_the_flow_and_how_often(
    app: Flask, alice: Person, client: FlaskClient, production: Workspace, echo_flow: Flow, sql: Sql
) -> None:
    path = f"{LIST}/{echo_flow.id}/delete"
    assert "No calls with a key in the last 7 days" in alice.get(path, htmx=True).text
    for number, name in enumerate([EVIL, *(f"Key {number}" for number in range(6))], 1):
        key = new_key(app, production, name)
        for _ in range(8 - number):
            ask(client, echo_flow, key)
    eventually(lambda: sql("SELECT sum(calls) FROM api_key_usage") == [(28,)])
    part = alice.get(path, htmx=True).text

    assert "<strong>28 calls</strong> in the last 7 days, by 7 keys, will start to fail" in part
    assert f"{html.escape(EVIL)}</span>, 7 calls" in part
    assert EVIL not in part
    assert "Key 3</span>, 3 calls" in part
    assert "2 more keys" in part
    assert "Key 4" not in part


def test_who_may_not_see_keys_is_told_how_many_call(
    app: Flask, client: FlaskClient, production: Workspace, production_key: str, echo_flow: Flow, sql: Sql
) -> None:
    person = member(app, "dora@example.com", production, "Member")
    with app.app_context():
        workspaces.set_role(production, "Member", ["chatflows:view", "chatflows:delete"])
    ask(client, echo_flow, production_key)
    eventually(lambda: sql("SELECT sum(calls) FROM api_key_usage") == [(1,)])
    part = person.get(f"{LIST}/{echo_flow.id}/delete", htmx=True).text

    assert "<strong>1 call</strong> in the last 7 days, by 1 key" in part
    assert "Production web app" not in part


def test_a_deleted_flow_is_gone_with_its_runs_and_calls_get_404(
    app: Flask, alice: Person, client: FlaskClient, production_key: str, echo_flow: Flow, sql: Sql
) -> None:
    ask(client, echo_flow, production_key)
    eventually(lambda: sql("SELECT count(*) FROM runs") == [(1,)])
    answer = alice.post(f"{LIST}/{echo_flow.id}/delete")

    assert (answer.status_code, answer.location) == (303, f"{LIST}?type=agentflow")
    assert "The flow “Echo” was deleted." in alice.get(LIST).text
    refused(ask(client, echo_flow, production_key), 404, "flow_not_found")
    assert sql("SELECT count(*) FROM runs") == [(0,)]
    assert alice.post(f"{LIST}/{echo_flow.id}/delete").status_code == 404


def test_htmx_closes_the_dialog_and_draws_the_list_anew(alice: Person, echo_flow: Flow) -> None:
    answer = alice.post(f"{LIST}/{echo_flow.id}/delete", htmx=True)

    assert answer.headers["HX-Trigger"] == "close-dialog, flows-changed"
    assert "The flow “Echo” was deleted." in answer.text


def test_what_was_deleted_meanwhile_is_said(app: Flask, production: Workspace, echo_flow: Flow) -> None:
    with app.app_context():
        flow = flows.get(production, echo_flow.id)
        managing.delete(production, flow)
        for late in (
            lambda: managing.delete(production, echo_flow),
            lambda: managing.rename(production, echo_flow, "x"),
        ):
            with pytest.raises(NotFound):
                late()


def test_a_viewer_may_do_none_of_it_and_strangers_find_nothing(
    app: Flask, alice: Person, charlie: Person, production: Workspace, echo_flow: Flow, staging_flow: Flow
) -> None:
    viewer = member(app, "vera@example.com", production, "Viewer")
    gets, posts = ("rename", "delete", "export"), ("rename", "delete", "duplicate")
    for person, flow, status in (
        (viewer, echo_flow, 403),
        (charlie, echo_flow, 404),
        (alice, staging_flow, 404),
    ):
        for verb in gets:
            assert person.get(f"{LIST}/{flow.id}/{verb}").status_code == status
        for verb in posts:
            assert person.post(f"{LIST}/{flow.id}/{verb}", name="Mine").status_code == status
    page = viewer.get(LIST).text + viewer.get(f"{LIST}/{echo_flow.id}").text
    for words in ("New flow", "Rename", "Duplicate", "Delete", "Export", "Import"):
        assert words not in page


def test_the_command_line_renames_and_deletes(app: Flask, production: Workspace, echo_flow: Flow) -> None:
    where = (str(echo_flow.id), "--workspace", "production")
    assert (
        run(app, "chatflows", "rename", *where[:1], "Desk", *where[1:]).stderr
        == "'Echo' is now named 'Desk'.\n"
    )
    assert "Nothing was done; say --yes" in one_line(run(app, "chatflows", "delete", *where))
    assert json.loads(done(app, "chatflows", "export", *where))
    assert run(app, "chatflows", "delete", *where, "--yes").stderr == "'Desk' was deleted.\n"
    for command in (("export", *where), ("rename", where[0], "x", *where[1:]), ("delete", *where, "--yes")):
        assert "There is no such flow" in one_line(run(app, "chatflows", *command))


def test_the_command_line_reaches_no_other_workspace(
    app: Flask, production: Workspace, staging_flow: Flow
) -> None:
    where = (str(staging_flow.id), "--workspace", "production")
    for command in (("export", *where), ("delete", *where, "--yes")):
        assert "There is no such flow" in one_line(run(app, "chatflows", *command))
