"""A draft is drawn and changed in whatever state it is: as files come, and as people leave them."""

from __future__ import annotations

import json
import re

from forjinn.flows.canvas import checking, drawing, operations, wiring
from forjinn.flows.canvas.document import Document
from forjinn.flows.canvas.editing import Editing
from tests.flows.canvas import files
from tests.flows.canvas.pages import Draw, cards, curves
from tests.flows.canvas.pages import draw as draw
from tests.flows.drawing import box, drawn, in_a_row, llm, reply
from tests.structure.test_templates import Inline

EVIL = "\"><script>alert(1)</script><img src=x onerror=alert(1)> {{ 7*7 }} ' hx-get='/logout'"


def test_names_full_of_markup_are_shown_as_they_are(draw: Draw) -> None:
    graph = drawn([llm(EVIL, None, UserMessage=EVIL), reply("r", EVIL)], f"start>{EVIL.replace('>', '')}")
    data = json.loads(graph)
    data["edges"] = [{"id": EVIL, "source": "start", "target": EVIL}, {"source": EVIL, "target": "r"}]
    data["nodes"][1]["data"]["label"] = EVIL
    canvas = draw(json.dumps(data))
    for page in (canvas.open(), canvas.does("move", node=EVIL, x="1", y="2", list="1")):
        assert Inline.of(page) == []
        assert "<img src=x" not in page
        assert EVIL in cards(page)
    assert EVIL in curves(canvas.open())
    canvas.does("disconnect", edge=EVIL)
    canvas.does("duplicate", node=EVIL)
    canvas.does("delete", node=EVIL)
    assert len(cards(canvas.open())) == 3


def test_nodes_lie_anywhere_and_nowhere(draw: Draw) -> None:
    nodes = [reply(f"r{n}", "hi") for n in range(8)]
    places: list[object] = [
        {"x": 1e9, "y": -1e300},
        {"x": "12", "y": "7.5"},
        {"x": True, "y": None},
        {"x": "left", "y": 1},
        [1, 2],
        None,
        {"x": 10**400, "y": 1},
        {"x": {"x": 1}, "y": "1e999"},
    ]
    for node, place in zip(nodes, places, strict=True):
        node["position"] = place
    del nodes[5]["position"]
    graph = drawn(nodes, *(f"start>r{n}" for n in range(8)))
    canvas = draw(graph)
    found = cards(canvas.open())
    assert (found["r0"]["data-x"], found["r0"]["data-y"]) == ("100000.0", "-100000.0")
    assert (found["r1"]["data-x"], found["r1"]["data-y"]) == ("12.0", "7.5")
    # To look at it changes nothing, nor does the move of another.
    canvas.does("move", node="r1", x="13", y="7.5")
    assert json.loads(canvas.save()) == json.loads(graph.replace('"x": "12"', '"x": 13'))
    for number in range(8):
        canvas.does("move", node=f"r{number}", x=str(number), y="5")
    canvas.save()
    saved = json.loads(canvas.saved())["nodes"][1:]
    assert [node["position"] for node in saved] == [{"x": number, "y": 5} for number in range(8)]
    assert drawing.draw(Document(graph)).far == 7


def test_iterations_that_stand_in_each_other_in_a_circle_are_drawn() -> None:
    one, other = box("iteration", "a", "b"), box("iteration", "b", "a")
    document = Document(json.dumps({"nodes": [one, other, reply("c", "hi", "a"), reply("d", "hi", "gone")]}))
    drawn_ = drawing.draw(document)
    assert [card.id for card in drawn_.cards] == ["a", "b", "c", "d"]
    change = Editing(document)
    operations.move(change, [operations.Move("a", (5.0, 5.0), "")])
    operations.delete(change, ["a"])
    assert "hi" in change.document.text


def test_of_nodes_and_edges_that_are_called_the_same_each_can_be_changed(draw: Draw) -> None:
    note = box("stickyNote", "n", note="one")
    graph = json.loads(in_a_row(reply("r", "hi")))
    graph["nodes"] += [note, note | {"position": {"x": 5, "y": 5}}, {"data": {"name": "stickyNoteAgentflow"}}]
    graph["edges"] += [{"source": "n", "target": "r"}, {"source": "n", "target": "r"}]
    canvas = draw(json.dumps(graph))
    page = canvas.open()
    assert {"n", "n~2", "~"} < cards(page).keys()
    assert {"n-None-r", "n-None-r~2"} < curves(page).keys()
    ids = re.findall(r'\bid="([^"]*)"', page)
    assert len(ids) == len(set(ids))
    canvas.does("move", node="n~2", x="50", y="5")
    canvas.does("delete", node="n", edge="n-None-r~2")
    assert [node.get("position") for node in json.loads(canvas.save())["nodes"][2:]] == [
        {"x": 50, "y": 5},
        None,
    ]


def test_what_forjinn_does_not_run_is_drawn_with_its_outputs() -> None:
    human = box("humanInput", "h")
    human["data"] |= {
        "type": "HumanInput",
        "outputAnchors": [{"id": "h-output-0", "label": "Proceed"}, {"id": "h-output-1", "label": "Reject"}],
    }
    document = Document(drawn([human, reply("a", "1"), reply("b", "2")], "start>h", "h:1>b"))
    card = drawing.draw(document).by_id["h"]
    assert (card.title, [output.label for output in card.outputs]) == ("Human Input", ["Proceed", "Reject"])
    assert "not supported" in card.missing[0]
    assert drawing.draw(document).curves[1].label == "Reject"
    change = Editing(document)
    wiring.connect(change, "h", 0, "a")
    edge = list(change.document.edges.values())[-1].value
    assert (edge["sourceHandle"], edge["data"]["isHumanInput"]) == ("h-output-0", True)
    assert edge["data"]["edgeLabel"] == "proceed"


def test_cards_say_what_matters_of_a_node() -> None:
    document = Document(
        drawn(
            [
                llm("l", Messages=[{"role": "system", "content": "<p>Be brief.</p><p>More</p>"}]),
                box("condition", "c", conditions=[{"value1": "{{ question }}", "operation": "isEmpty"}]),
                box("http", "h", url="https://example.com", method="post"),
                box("loop", "o", loopBackToNode="l-LLM", maxLoopCount=3),
                box("stickyNote", "n", note="Look <b>here</b>" * 20),
            ]
        )
    )
    said = {card.id: card.lines for card in drawing.draw(document).cards}
    assert said["l"] == ("small", "Be brief.")
    assert said["c"] == ("{{ question }} is empty",)
    assert said["h"] == ("POST https://example.com",)
    assert said["o"] == ("Back to l-LLM", "At most 3 rounds")
    assert len(said["n"][0]) == 90
    assert said["start"] == ("Chat",)


def rows(*texts: str) -> list[dict[str, str]]:
    return [
        {"type": "string", "value1": "{{ question }}", "operation": "contains", "value2": one}
        for one in texts
    ]


def test_edges_follow_their_rows() -> None:
    """Each output by the text of its row, and where its edge leads; `else` is the last one."""

    def led(change: Editing) -> dict[str, str]:
        return {curve.target: curve.label or "nothing" for curve in drawing.draw(change.document).curves[1:]}

    graph = drawn(
        [box("condition", "c", conditions=rows("a", "b")), *(reply(f"r{n}", "hi") for n in range(3))],
        "start>c", "c:0>r0", "c:1>r1", "c:2>r2",
    )  # fmt: skip
    change = Editing(Document(graph))
    a, b, fresh = (f"{{{{ question }}}} contains {one}" for one in ("a", "b", "new"))
    assert led(change) == {"r0": f"1: {a}", "r1": f"2: {b}", "r2": "Else"}
    operations.set_inputs(change, "c", {"conditions": rows("a", "b", "new")})
    assert led(change) == {"r0": f"1: {a}", "r1": f"2: {b}", "r2": "Else"}
    operations.set_inputs(change, "c", {"conditions": rows("new", "b", "a")})
    assert led(change) == {"r0": f"3: {a}", "r1": f"2: {b}", "r2": "Else"}
    operations.set_inputs(change, "c", {"conditions": rows("b", "new")})
    assert led(change) == {"r0": "nothing", "r1": f"1: {b}", "r2": "Else"}
    broken = [curve for curve in drawing.draw(change.document).curves if curve.broken]
    assert [curve.target for curve in broken] == ["r0"]
    assert "an output that is not there" in drawing.draw(change.document).problems[0].text
    # What is changed where it stands stays the same row.
    operations.set_inputs(change, "c", {"conditions": rows("c", "new")})
    assert led(change)["r1"] == f"1: {a.replace(' a', ' c')}"
    assert fresh.split(" contains ")[1] == "new"


def test_the_anchors_of_a_condition_are_as_many_as_its_outputs() -> None:
    change = Editing(Document(files.EDITOR))
    operations.set_inputs(change, "conditionAgentflow_0", {"conditions": rows("only")})
    data = change.document.nodes["conditionAgentflow_0"].value["data"]
    assert [anchor["id"] for anchor in data["outputAnchors"]] == [
        "conditionAgentflow_0-output-0",
        "conditionAgentflow_0-output-1",
    ]
    assert [anchor["description"] for anchor in data["outputAnchors"]] == ["Condition 0", "Else"]


def test_inputs_are_set_and_taken_away_and_others_stay_as_they_are_written() -> None:
    change = Editing(Document(files.ODD))
    operations.set_inputs(change, "directReplyAgentflow_0", {"n": 1.5, "directReplyMessage": "new"})
    assert change.document.text == files.ODD.replace('"two \\u2028"', '"new"')
    operations.set_inputs(change, "directReplyAgentflow_0", {"n": None, "m": [1, {"a": "é"}]}, label="x")
    assert '"directReplyMessage":"new"' in change.document.text
    value = change.document.nodes["directReplyAgentflow_0"].value["data"]
    assert value["inputs"] == {"directReplyMessage": "new", "m": [1, {"a": "é"}]}
    assert value["label"] == "x"
    operations.rename(change, "directReplyAgentflow_1", "named")
    assert change.document.nodes["directReplyAgentflow_1"].value["data"]["label"] == "named"


def test_edges_that_say_nothing_are_told_apart_however_many_there_are() -> None:
    # Counted anew for each, it would take days.
    graph = json.loads(in_a_row(reply("r", "hi")))
    graph["edges"] += [{}] * 300_000
    edges = Document(json.dumps(graph)).edges
    assert len(edges) == 300_001
    assert list(edges)[-1] == "None-None-None~300000"


def test_of_many_problems_the_first_are_told() -> None:
    document = Document(in_a_row(reply("r", "hi")))
    said = checking.problems([f"Node {n} is wrong." for n in range(1101)], document, drawing.draw(document))
    assert len(said) == checking.MOST_SAID + 1
    assert said[-1].text == "And 1,001 problems more."


def test_of_many_outputs_the_first_are_drawn(draw: Draw) -> None:
    rows = [{"type": "string", "operation": "isEmpty", "value1": ""}] * 1200
    page = draw(in_a_row(box("condition", "c", conditions=rows), reply("r", "hi"))).open()
    assert page.count('class="node-output"') == drawing.MOST_OUTPUTS
    assert "1,001 more outputs are not shown." in page


def test_a_card_shows_no_credential_of_a_url_that_is_kept_as_html(draw: Draw) -> None:
    url = "<p>https://api.example.com/?a=1;token=s3cret&amp;sig=s3cret</p>"
    page = draw(in_a_row(box("http", "h", url=url, method="GET"), reply("r", "hi"))).open()
    assert "api.example.com" in page
    assert "s3cret" not in page
