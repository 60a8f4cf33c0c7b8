"""A run on the canvas of its flow: what each node did, on its card and in words."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forjinn.flows.models import Flow
from forjinn.workspaces import service as workspaces
from forjinn.workspaces.models import Workspace
from tests.calls import ask
from tests.conftest import member
from tests.flows.canvas.pages import Canvas, Draw, cards, curves
from tests.flows.canvas.pages import draw as draw
from tests.flows.drawing import box, drawn, in_a_row, llm, reply
from tests.people import Person
from tests.providers import Provider

REFUND = {"type": "string", "value1": "{{ question }}", "operation": "contains", "value2": "refund"}
BRANCHES = drawn(
    [box("condition", "which", conditions=[REFUND]), reply("refunds", "Sent"), reply("others", "Hello")],
    "start>which",
    "which:0>refunds",
    "which:1>others",
)
ROUNDS = in_a_row(
    box("iteration", "over", iterationInput="[1, 2, 3]"), llm("inside", "over"), reply("last", "Done")
)


# Calls the flow of a canvas as an application does; gives the address of the run on it.
Run = Callable[..., str]


@pytest.fixture
def run(app: Flask, client: FlaskClient, production_key: str) -> Run:
    def run(canvas: Canvas, question: str = "a refund") -> str:
        ask(client, canvas.flow_id, production_key, question)
        app.extensions["forjinn.runs"].flush()
        [latest, *_] = re.findall(
            r'/canvas\?run=([0-9a-f-]{36})"', canvas.person.get(f"{canvas.flow_page}/runs").text
        )
        return f"{canvas.base}?run={latest}"

    return run


def test_order_time_and_way_are_on_the_cards_and_in_the_list(draw: Draw, run: Run) -> None:
    canvas = draw(BRANCHES)
    address = run(canvas)
    page = canvas.person.get(address).text

    assert "data-editable" not in page
    for shown in ("Production web app", "Finished", 'datetime="', f"{canvas.flow_page}/runs/{address[-36:]}"):
        assert shown in page
    found = cards(page)
    assert "Ran as number 3: " in found["refunds"]["aria-label"]
    assert " ms" in found["refunds"]["aria-label"]
    assert found["others"]["aria-label"].endswith("Did not run")
    assert "is-idle" in found["others"]["class"]
    assert "is-idle" not in found["which"]["class"]
    assert [curve["class"].split()[-1] for curve in curves(page).values()] == [
        "is-taken",
        "is-taken",
        "is-left",
    ]

    listed = words(canvas.person.get(f"{address}&list=1").text)
    assert "refunds (taken)" in listed
    assert "others (taken)" not in listed
    assert "Ran as number 2" in listed
    assert "Did not run" in listed
    # Both ways, and alone again.
    assert f'href="{canvas.base}"' in page
    assert address in canvas.person.get(f"{canvas.flow_page}/runs/{address[-36:]}").text


def test_rounds_are_summed_and_the_failed_node_says_why(
    app: Flask, draw: Draw, run: Run, model: str, provider: Provider, production: Workspace
) -> None:
    canvas = draw(ROUNDS)
    found = cards(canvas.person.get(run(canvas)).text)
    assert "36 tokens · 3 times" in found["inside"]["aria-label"]

    provider.says({"error": {"message": "the quota <b> is used up"}}, 429)
    address = run(canvas)
    page = canvas.person.get(address).text
    assert "Failed: " in cards(page)["inside"]["aria-label"]
    assert "is-failed" in cards(page)["inside"]["class"]
    assert "the quota &lt;b&gt; is used up" in page
    assert "the quota <b>" not in page
    with app.app_context():
        workspaces.set_record_texts(production, False)
    for one in (address, run(canvas)):
        silent = canvas.person.get(one).text
        assert "quota" not in silent
        assert cards(silent)["inside"]["aria-label"].endswith("Failed")


def test_without_texts_the_way_is_known(app: Flask, draw: Draw, run: Run, production: Workspace) -> None:
    with app.app_context():
        workspaces.set_record_texts(production, False)
    canvas = draw(BRANCHES)
    page = canvas.person.get(run(canvas, "hello")).text
    assert [curve["class"].split()[-1] for curve in curves(page).values()] == [
        "is-taken",
        "is-left",
        "is-taken",
    ]


def test_what_was_changed_since_is_said_and_a_draft_is_not_drawn(draw: Draw, run: Run) -> None:
    canvas = draw(BRANCHES)
    address = run(canvas)
    canvas.does("delete", node="refunds")
    page = canvas.person.get(address).text
    assert "refunds" in cards(page)
    assert "The flow was saved" not in page
    canvas.save()
    page = words(canvas.person.get(address).text)
    assert "This node ran and is not in the flow: refunds (number 3, " in page
    assert "The flow was saved" in page


def test_the_panel_tells_what_one_node_did(alice: Person, draw: Draw, run: Run) -> None:
    canvas = draw(BRANCHES)
    address = run(canvas).replace("?run=", "/run/") + "/node?node=refunds"
    panel = alice.get(address, htmx=True).text
    assert "Ran as number 3" in panel
    assert "Sent" in panel
    assert f"{canvas.base}?node=refunds" in panel
    assert "Did not run" in alice.get(address.replace("refunds", "others"), htmx=True).text
    # Without a script, the page of the run tells it.
    assert alice.get(address).headers["Location"].endswith(f"/runs/{address.split('/')[-2]}")


def test_runs_of_others_are_not_drawn(
    app: Flask, draw: Draw, run: Run, alice: Person, charlie: Person, echo_flow: Flow, production: Workspace
) -> None:
    canvas = draw(BRANCHES)
    address = run(canvas)
    for one in (address, address.replace("?run=", "/run/") + "/node?node=which"):
        assert member(app, f"v{len(one)}@example.com", production, "Viewer").get(one).status_code in (
            200,
            302,
        )
        assert charlie.get(one).status_code == 404
        assert charlie.get(one.replace("production", "staging")).status_code == 404
        assert alice.get(one.replace(str(canvas.flow_id), str(echo_flow.id))).status_code == 404
        assert alice.get(one.replace(re.findall(r"[0-9a-f-]{36}", one)[1], str(uuid4()))).status_code == 404
    assert alice.get(f"{canvas.base}?run=<b>").status_code == 404


def words(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())
