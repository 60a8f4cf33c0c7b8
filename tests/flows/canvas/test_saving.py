"""A draft becomes the flow, unless somebody else was faster, or it could not run."""

from __future__ import annotations

import json
import threading

from flask import Flask
from flask.testing import FlaskClient

from forjinn.extensions import db
from forjinn.flows import service as flows
from forjinn.flows.canvas import saving
from forjinn.flows.models import Flow
from forjinn.workspaces.models import Workspace
from tests.calls import Sql, answered, ask
from tests.conftest import member
from tests.flows.canvas import files
from tests.flows.canvas.pages import Canvas, Draw, cards
from tests.flows.canvas.pages import draw as draw
from tests.flows.drawing import in_a_row, reply
from tests.people import Person
from tests.samples import DIRECT_REPLY

MOVE = {"node": "startAgentflow_0", "x": "7", "y": "7"}
NEW_REPLY = {"name": "directReplyAgentflow", "x": "0", "y": "0"}


def test_what_is_saved_is_what_the_next_call_runs(
    client: FlaskClient, production_key: str, draw: Draw
) -> None:
    canvas = draw(in_a_row(reply("one", "first"), reply("two", "second")))
    assert answered(ask(client, canvas.flow_id, production_key))["text"] == "second"
    canvas.does("delete", node="two")
    # Nobody but its maker sees a draft.
    assert answered(ask(client, canvas.flow_id, production_key))["text"] == "second"
    canvas.save()
    assert answered(ask(client, canvas.flow_id, production_key))["text"] == "first"
    canvas.does("undo")
    assert "1 unsaved change" in canvas.open()
    canvas.save()
    assert answered(ask(client, canvas.flow_id, production_key))["text"] == "second"


def test_who_saves_second_is_told_who_and_when_and_can_keep_both(
    app: Flask, production: Workspace, bob: Person, draw: Draw
) -> None:
    alices = draw(files.EDITOR)
    bobs = Canvas(bob, alices.flow_id)
    alices.does("move", **MOVE)
    bobs.does("delete", node="directReplyAgentflow_1")
    saved = alices.save()
    said = bobs.is_refused("save", 409)
    assert "alice saved a newer version" in said
    assert "now" in said
    # Nothing of Bob's is lost, and he goes on drawing.
    bobs.does("delete", edge="else")
    assert "newer version" in bobs.open()
    copy = bobs.send("copy")
    assert copy.status_code == 200
    assert alices.saved() == saved
    kept = Canvas(bob, copy.headers["HX-Redirect"].split("/")[4])
    assert "directReplyAgentflow_1" not in kept.saved()
    assert "Copy of Under test" in kept.open()
    # The draft went with the copy: Bob sees what Alice saved.
    assert cards(bobs.open())["startAgentflow_0"]["data-x"] == "7.0"
    bobs.does("delete", edge="else")
    assert bobs.save() != saved


def test_a_version_that_no_person_made_is_newer_too(sql: Sql, draw: Draw) -> None:
    canvas = draw(DIRECT_REPLY)
    canvas.does("move", **MOVE)
    canvas.save()
    new = "UPDATE flows SET graph = :graph, version = version + 1, saved_by_id = NULL, saved_at = NULL"
    sql(new, graph=in_a_row(reply("r", "imported")))
    # Nothing of one's own is in it: the page shows the new one, and steps of the older one are over.
    assert "Somebody saved a newer version" in canvas.is_refused("move", 409, **MOVE)
    # The save before it had arrived, should its answer have been lost.
    canvas.revision = "1.1"
    again = canvas.does("save")
    assert cards(again).keys() == {"start", "r"}
    assert cards(canvas.open()).keys() == {"start", "r"}
    assert "nothing to undo" in canvas.is_refused("undo")
    canvas.does("move", node="r", x="3", y="3")
    sql(new, graph=in_a_row(reply("r", "imported again")))
    assert "Somebody saved a newer version" in canvas.is_refused("save", 409)


def test_of_many_who_save_at_once_one_wins(
    app: Flask, production: Workspace, alice: Person, bob: Person, draw: Draw
) -> None:
    alices = draw(DIRECT_REPLY)
    people = [alice, bob, *(member(app, f"p{n}@example.com", production, "Member") for n in range(4))]
    drafts = [Canvas(person, alices.flow_id) for person in people]
    for number, canvas in enumerate(drafts):
        canvas.does("move", node="startAgentflow_0", x=str(number + 1), y="0")
    start, said = threading.Barrier(len(drafts)), []

    def save(canvas: Canvas) -> None:
        with app.app_context():
            flow = flows.get(production, alices.flow_id)
            start.wait()
            try:
                saving.save(production, flow, canvas.person.user, canvas.revision)
                said.append("saved")
            except saving.Newer as newer:
                said.append(newer.by)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=save, args=(canvas,)) for canvas in drafts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said.count("saved") == 1
    winner = int(json.loads(alices.saved())["nodes"][0]["position"]["x"]) - 1
    assert said.count(people[winner].user.name) == len(people) - 1


def test_a_save_whose_answer_got_lost_is_sent_again_and_has_succeeded(draw: Draw) -> None:
    canvas = draw(DIRECT_REPLY)
    canvas.does("move", **MOVE)
    lost = canvas.send("save")
    assert lost.status_code == 200
    answer = canvas.does("save")
    assert "unsaved" not in answer
    saved = canvas.saved()
    canvas.does("move", node="startAgentflow_0", x="8", y="8")
    # Long after, it is old.
    canvas.revision = "1.1"
    canvas.is_refused("save", 409)
    assert canvas.saved() == saved


def test_an_edit_whose_answer_got_lost_is_made_once(draw: Draw) -> None:
    canvas = draw(DIRECT_REPLY)
    assert canvas.send("nodes", **NEW_REPLY).status_code == 200
    again = canvas.does("nodes", **NEW_REPLY)
    assert len(cards(again)) == 3
    assert again.count('hx-swap-oob="innerHTML:#canvas-nodes"') == 1
    assert len(cards(canvas.open())) == 3
    assert canvas.send("undo").status_code == 200
    canvas.does("undo")
    assert len(cards(canvas.open())) == 2


def test_a_second_tab_is_told_that_it_is_old(draw: Draw) -> None:
    first = draw(DIRECT_REPLY)
    second = first.another()
    first.does("move", **MOVE)
    for verb in ("save", "undo", "redo", "arrange", "copy", "discard"):
        assert "another tab" in second.is_refused(verb, 409)
    assert "another tab" in second.is_refused("nodes", 409, **NEW_REPLY)
    second.open()
    second.does("nodes", **NEW_REPLY)
    # Also after the draft was thrown away and begun anew.
    assert "another tab" in first.is_refused("discard", 409)
    first.open()
    assert first.send("discard").status_code == 200
    assert "another tab" in second.is_refused("move", 409, **MOVE)
    first.open()
    first.does("move", **MOVE)
    assert "another tab" in second.is_refused("move", 409, **MOVE)


def test_a_draft_is_of_one_person_and_survives_the_session(bob: Person, draw: Draw) -> None:
    canvas = draw(DIRECT_REPLY)
    canvas.does("move", **MOVE)
    assert cards(Canvas(bob, canvas.flow_id).open())["startAgentflow_0"]["data-x"] == "0.0"
    canvas.person.post("/logout")
    canvas.person.signed_in()
    assert cards(canvas.open())["startAgentflow_0"]["data-x"] == "7.0"
    assert "1 unsaved change" in canvas.open()


def test_what_is_discarded_is_gone(draw: Draw) -> None:
    canvas = draw(DIRECT_REPLY)
    canvas.does("move", **MOVE)
    canvas.does("delete", node="directReplyAgentflow_0")
    answer = canvas.send("discard")
    assert answer.headers["HX-Redirect"] == canvas.base
    assert len(cards(canvas.open())) == 2
    assert "nothing to undo" in canvas.is_refused("undo")
    assert canvas.save() == DIRECT_REPLY


def test_a_deployed_flow_that_would_lack_something_is_saved_only_undeployed(
    app: Flask, production: Workspace, draw: Draw
) -> None:
    canvas = draw(DIRECT_REPLY)
    canvas.does("nodes", name="llmAgentflow", x="0", y="0", source="startAgentflow_0")
    said = canvas.is_refused("save")
    assert "LLM: no model is chosen." in said
    assert "Save and undeploy" in said
    assert canvas.saved() == DIRECT_REPLY
    canvas.does("save", undeploy="1")
    with app.app_context():
        flow = flows.get(production, canvas.flow_id)
    assert (flow.deployed, flow.version) == (False, 2)
    # Not deployed, it may lack whatever it wants.
    canvas.does("nodes", name="agentAgentflow", x="0", y="0", source="startAgentflow_0")
    canvas.save()


def test_a_flow_of_five_megabytes_grows_no_further(draw: Draw) -> None:
    rest = (5 << 20) - len(in_a_row(*(reply(f"r{n}", "") for n in range(11)))) - 1000
    canvas = draw(in_a_row(*(reply(f"r{n}", "x" * (rest // 11)) for n in range(11))))
    canvas.does("move", node="start", x="5", y="5")
    assert "larger than 5 MB" in canvas.is_refused("duplicate", node="r1")
    canvas.save()


def test_a_form_may_be_as_large_as_a_node(draw: Draw) -> None:
    canvas = draw(DIRECT_REPLY)
    canvas.does("move", settings="x" * (2 << 20), **MOVE)


def test_a_flow_of_a_thousand_nodes_gets_no_more(draw: Draw) -> None:
    canvas = draw(in_a_row(*(reply(f"r{n}", "hi") for n in range(999))))
    assert "1000 nodes at most" in canvas.is_refused("nodes", **NEW_REPLY)
    canvas.does("arrange")
    canvas.does("delete", node=[f"r{n}" for n in range(500, 999)])
    canvas.does("undo")
    assert len(cards(canvas.open())) == 1000


def test_of_two_hundred_steps_the_oldest_is_forgotten(sql: Sql, draw: Draw) -> None:
    canvas = draw(DIRECT_REPLY)
    canvas.does("move", **MOVE)
    canvas.does("move", node="startAgentflow_0", x="8", y="8")
    sql("UPDATE flow_draft_steps SET number = 200 WHERE number = 2")
    sql("UPDATE flow_drafts SET step = 200")
    canvas.does("move", node="startAgentflow_0", x="9", y="9")
    canvas.does("undo")
    canvas.does("undo")
    assert "nothing to undo" in canvas.is_refused("undo")
    assert sql("SELECT number FROM flow_draft_steps ORDER BY number") == [(200,), (201,)]


def test_what_many_steps_take_is_bounded(sql: Sql, draw: Draw) -> None:
    canvas = draw(DIRECT_REPLY)
    for number in range(3):
        canvas.does("move", node="startAgentflow_0", x=str(number + 1), y="0")
    sql("UPDATE flow_draft_steps SET characters = 9000000")
    canvas.does("move", node="startAgentflow_0", x="9", y="9")
    assert sql("SELECT number FROM flow_draft_steps ORDER BY number") == [(3,), (4,)]


def test_steps_of_what_was_saved_long_ago_are_forgotten(sql: Sql, draw: Draw) -> None:
    old, other = draw(DIRECT_REPLY, "Old"), draw(DIRECT_REPLY, "Other")
    for canvas in (old, other):
        canvas.does("move", **MOVE)
        canvas.save()
    sql("UPDATE flow_drafts SET changed_at = '2020-01-01 00:00:00.000000'")
    other.does("move", node="startAgentflow_0", x="8", y="8")
    other.save()
    assert sql("SELECT count(*) FROM flow_draft_steps") == [(2,)]
    assert "nothing to undo" in old.is_refused("undo")
    other.does("undo")


def test_a_label_that_no_database_stores_is_no_trouble(draw: Draw) -> None:
    canvas = draw(DIRECT_REPLY.replace('"Direct Reply"', '"a\\u0000\\nb"'))
    canvas.does("move", node="directReplyAgentflow_0", x="1", y="1")
    canvas.does("duplicate", node="directReplyAgentflow_0")
    assert "a\\u0000\\nb (1)" in canvas.save()


def test_a_deleted_flow_takes_its_drafts_along(app: Flask, draw: Draw) -> None:
    canvas = draw(DIRECT_REPLY)
    canvas.does("move", **MOVE)
    assert canvas.person.post(f"{canvas.flow_page}/delete").status_code == 303
    assert canvas.send("save").status_code == 404
    with app.app_context():
        assert db.session.query(Flow).count() == 0
