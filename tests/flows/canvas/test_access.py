"""Who may see a canvas and who may change it; sessions that end; browsers without JavaScript."""

from __future__ import annotations

import re

from flask import Flask

from forjinn.flows.models import Flow
from forjinn.workspaces import service as workspaces
from forjinn.workspaces.models import Workspace
from tests.conftest import member
from tests.flows.canvas.pages import Canvas, Draw, cards
from tests.flows.canvas.pages import draw as draw
from tests.people import Person
from tests.samples import DIRECT_REPLY

MOVE = {"node": "startAgentflow_0", "x": "7", "y": "7"}
VERBS = ("move", "connect", "disconnect", "nodes", "duplicate", "delete", "arrange", "undo", "redo", "save")


def test_who_may_only_view_sees_what_is_saved_and_changes_nothing(
    app: Flask, production: Workspace, draw: Draw
) -> None:
    canvas = draw(DIRECT_REPLY)
    canvas.does("move", **MOVE)
    viewer = Canvas(member(app, "viewer@example.com", production, "Viewer"), canvas.flow_id)
    page = viewer.open()
    assert cards(page)["startAgentflow_0"]["data-x"] == "0.0"
    assert "data-editable" not in page
    assert 'action="/w/production/flows/' not in page
    for verb in (*VERBS, "discard", "copy"):
        answer = viewer.send(verb, **MOVE)
        assert answer.status_code == 403, verb
    assert "chatflows:update" in viewer.send("save").text


def test_a_flow_of_another_workspace_is_not_there(
    charlie: Person, alice: Person, staging_flow: Flow, echo_flow: Flow
) -> None:
    for base in (
        f"/w/production/flows/{staging_flow.id}/canvas",
        f"/w/production/flows/{staging_flow.id}/canvas/token",
    ):
        assert alice.get(base).status_code == 404
    for verb in (*VERBS, "discard", "copy"):
        path = f"/w/production/flows/{staging_flow.id}/canvas/{verb}"
        assert alice.post(path, revision="1.0").status_code == 404, verb
    assert charlie.get(f"/w/production/flows/{echo_flow.id}/canvas").status_code == 404
    assert charlie.get(f"/w/staging/flows/{echo_flow.id}/canvas").status_code == 404


def test_a_draft_goes_with_the_right_to_it(app: Flask, bob: Person, draw: Draw) -> None:
    canvas = draw(DIRECT_REPLY)
    bobs = Canvas(bob, canvas.flow_id)
    bobs.does("move", **MOVE)
    with app.app_context():
        workspaces.set_role(workspaces.by_slug("production"), "Member", ["chatflows:view"])
    assert cards(bobs.open())["startAgentflow_0"]["data-x"] == "0.0"
    assert bobs.send("save").status_code == 403


def test_a_session_that_ended_loses_nothing(draw: Draw) -> None:
    canvas = draw(DIRECT_REPLY)
    canvas.does("move", **MOVE)
    token = f"{canvas.base}/token"
    header = {"X-Canvas": "1"}
    # Ended on the server: the cookie is still there, and so is the form's token.
    person = canvas.person
    other = Person(person.client.application, person.user).signed_in()
    sessions = re.findall(r'action="(/profile/sessions/[^"]+)"', other.get("/profile").text)
    for path in sessions:
        assert other.post(path).status_code in (303, 404)
    answer = canvas.send("move", **MOVE)
    assert answer.status_code == 401
    assert "HX-Redirect" not in answer.headers
    assert person.client.get(token, headers=header).status_code == 401
    # Elsewhere htmx is sent to the sign-in, as ever.
    assert "HX-Redirect" in person.get(canvas.base, htmx=True).headers
    # Signed in again in another tab: the form's token is of the older session.
    person.signed_in()
    answer = canvas.send("move", **MOVE)
    assert (answer.status_code, answer.headers["X-Problem"]) == (400, "form-token")
    canvas.csrf = person.client.get(token, headers=header).get_json()["csrf_token"]
    canvas.does("move", node="startAgentflow_0", x="9", y="9")
    assert '"x": 9' in canvas.save()


def test_without_javascript_every_change_leads_back_to_the_list(draw: Draw) -> None:
    canvas = draw(DIRECT_REPLY)
    page = f"{canvas.base}?list=1"
    for verb, fields in (
        ("nodes", {"name": "directReplyAgentflow", "source": "startAgentflow_0"}),
        ("move", MOVE),
        ("undo", {}),
        ("redo", {}),
        ("duplicate", {"node": "directReplyAgentflow_0"}),
        ("delete", {"node": "directReplyAgentflow_2"}),
        ("delete", {"node": "directReplyAgentflow_1"}),
        ("save", {}),
        ("discard", {}),
    ):
        answer = canvas.send(verb, htmx=False, **fields)
        assert (answer.status_code, answer.headers.get("Location")) == (303, page), answer.text
        shown = canvas.person.get(page).text
        assert 'id="canvas-list"' in shown
        canvas.open()
    answer = canvas.send("delete", htmx=False, node="gone")
    assert answer.status_code == 422
    assert "not there any more" in answer.text
    assert 'id="canvas-' in answer.text
    canvas.revision = "0.0"
    answer = canvas.send("move", htmx=False, **MOVE)
    assert answer.status_code == 409
    assert "another tab" in answer.text
    # The list is sent with a change where it is shown, and alone where it is asked for.
    canvas.open()
    assert 'id="canvas-list"' not in canvas.does("move", **MOVE)
    assert 'id="canvas-list"' in canvas.does("arrange", list="1")
    alone = canvas.person.get(page, htmx=True).text
    assert 'id="canvas-list"' in alone
    assert "<html" not in alone
