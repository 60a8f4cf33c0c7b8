"""Beside the canvas the person's draft is tried: what an editor sees is what answers."""

from __future__ import annotations

import html
import json

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from forjinn.workspaces import service as workspaces
from forjinn.workspaces.models import Workspace
from tests.calls import Sql, answered, ask
from tests.flows.canvas.pages import Canvas, Draw
from tests.flows.canvas.pages import draw as draw
from tests.flows.drawing import in_a_row, reply
from tests.people import Person

SAID = in_a_row(reply("says", "saved"))


def test_an_editor_tries_the_draft_and_everybody_else_what_is_saved(
    app: Flask, bob: Person, client: FlaskClient, production_key: str, draw: Draw, sql: Sql
) -> None:
    canvas = draw(SAID)
    assert "saved" in tried(canvas)
    saved_page = f"{canvas.flow_page}/try"
    assert "unsaved" not in canvas.person.get(saved_page).text
    says(canvas, "unsaved")
    page = canvas.person.get(saved_page).text
    assert "You are trying the saved version; 1 unsaved change of yours is not in it." in page
    assert "saved version" not in canvas.person.get(f"{saved_page}?draft=1").text

    assert "unsaved" in tried(canvas)
    assert "unsaved" not in tried(canvas, draft=False)
    assert "unsaved" not in tried(Canvas(bob, canvas.flow_id))
    assert answered(ask(client, canvas.flow_id, production_key))["text"] == "saved"
    says(canvas, "changed again")
    assert "changed again" in tried(canvas)
    canvas.save()
    assert answered(ask(client, canvas.flow_id, production_key))["text"] == "changed again"
    app.extensions["forjinn.runs"].flush()
    assert sql("SELECT count(*) FROM runs WHERE session_id LIKE 'draft:%'") == [(2,)]
    listed = canvas.person.get(f"{canvas.flow_page}/runs?which=tries").text
    assert listed.count(", with unsaved changes") == 2
    latest = listed.split("canvas?run=")[1].split('"')[0]
    assert "What was tried were unsaved changes." in canvas.person.get(f"{canvas.base}?run={latest}").text


def test_a_draft_that_could_not_run_is_not_run_and_its_problems_lead_to_their_nodes(draw: Draw) -> None:
    canvas = draw(SAID)
    canvas.does("delete", node="start")
    panel = canvas.person.get(f"{canvas.flow_page}/try?draft=1", htmx=True).text
    assert "could not run" in panel
    assert "this one has 0" in panel
    assert "<textarea" not in panel
    answer = post(canvas, stream=True)
    assert (answer.status_code, answer.content_type) == (422, "text/plain; charset=utf-8")
    assert "this one has 0" in answer.text
    assert post(canvas).status_code == 422


def test_who_may_not_change_a_flow_has_no_draft_to_try(app: Flask, bob: Person, draw: Draw) -> None:
    canvas = draw(SAID)
    bobs = Canvas(bob, canvas.flow_id)
    says(bobs, "unsaved")
    with app.app_context():
        production: Workspace = workspaces.by_slug("production")
        workspaces.set_role(production, "Member", ["chatflows:view", "chatflows:run"])
    panel = bob.get(f"{canvas.flow_page}/try?draft=1", htmx=True).text
    assert "What you try is the flow as it is saved." in panel
    assert "unsaved" not in tried(bobs)


def says(canvas: Canvas, text: str) -> None:
    """Change what the reply says, as its settings do."""
    path = f"{canvas.base}/node?node=says"
    form = canvas.person.get(path, htmx=True).text
    shown = html.unescape(form.split('name="shown" value="')[1].split('"')[0])
    [name] = [one for one in json.loads(shown) if one.endswith("Message")]
    fields = {"csrf_token": canvas.csrf, "revision": canvas.revision, "shown": shown, name: text}
    answer = canvas.person.client.post(path, data=fields, headers={"HX-Request": "true"})
    assert answer.status_code == 200, answer.text
    canvas.open()


def post(canvas: Canvas, *, draft: bool = True, stream: bool = False) -> TestResponse:
    fields = {"csrf_token": canvas.csrf, "question": "hi", "session": "s"} | ({"draft": "1"} if draft else {})
    headers = {"Accept": "text/event-stream"} if stream else {}
    return canvas.person.client.post(f"{canvas.flow_page}/try", data=fields, headers=headers)


def tried(canvas: Canvas, *, draft: bool = True) -> str:
    answer = post(canvas, draft=draft, stream=True)
    assert answer.status_code == 200, answer.text
    text: str = answer.text
    return text
