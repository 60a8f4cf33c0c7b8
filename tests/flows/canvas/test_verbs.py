"""What the forms of the canvas do to the file, and what they refuse."""

from __future__ import annotations

import json
from typing import Any

from forjinn.flows.canvas import palette
from forjinn.flows.nodes import NODES
from tests.flows.canvas import files
from tests.flows.canvas.pages import Canvas, Draw, cards
from tests.flows.canvas.pages import draw as draw
from tests.flows.drawing import box, drawn, in_a_row, llm, reply


def nodes(canvas: Canvas) -> dict[str, dict[str, Any]]:
    """The nodes of the saved file by their id."""
    return nodes_of(canvas.saved())


def nodes_of(text: str) -> dict[str, dict[str, Any]]:
    return {node["id"]: node for node in json.loads(text)["nodes"]}


def edges(canvas: Canvas) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(canvas.saved())["edges"]
    return found


def test_an_iteration_takes_what_stands_in_it_along(draw: Draw) -> None:
    canvas = draw(files.EDITOR)
    answer = canvas.does("move", node="iterationAgentflow_0", x="100", y="50")
    assert cards(answer)["directReplyAgentflow_0"]["data-x"] == "156.0"
    assert cards(answer).keys() == {"iterationAgentflow_0", "directReplyAgentflow_0"}
    canvas.save()
    inner = nodes(canvas)["directReplyAgentflow_0"]
    assert inner["position"] == {"x": 56, "y": 92}
    assert inner["positionAbsolute"] == {"x": 156, "y": 142}


def test_a_node_is_put_into_an_iteration_and_taken_out(draw: Draw) -> None:
    canvas = draw(files.EDITOR)
    canvas.does("disconnect", edge="refund")
    before = canvas.save()
    canvas.does("move", node="directReplyAgentflow_1", x="86.25", y="108.5", parent="iterationAgentflow_0")
    canvas.save()
    node = nodes(canvas)["directReplyAgentflow_1"]
    assert (node["parentNode"], node["extent"]) == ("iterationAgentflow_0", "parent")
    assert node["position"] == {"x": 100, "y": 100}
    canvas.does("move", node="directReplyAgentflow_1", x="800", y="0", parent="")
    assert canvas.save() == before


def test_what_cannot_stand_in_what(draw: Draw) -> None:
    canvas = draw(files.EDITOR)
    into: dict[str, str] = {"x": "0", "y": "0"}
    for node, parent, said in (
        ("startAgentflow_0", "iterationAgentflow_0", "Start cannot stand in an Iteration"),
        ("iterationAgentflow_0", "iterationAgentflow_0", "cannot stand in itself"),
        ("directReplyAgentflow_1", "conditionAgentflow_0", "in no other node"),
        ("directReplyAgentflow_1", "nowhere", "not there any more"),
    ):
        assert said in canvas.is_refused("move", node=node, parent=parent, **into)
    assert "such output" in canvas.is_refused(
        "nodes", name="llmAgentflow", source="startAgentflow_0", output="1"
    )
    assert "no such node" in canvas.is_refused("nodes", name="evilAgentflow", **into)
    assert "has it" in canvas.is_refused("nodes", name="startAgentflow", **into)
    assert "cannot be duplicated" in canvas.is_refused("duplicate", node="startAgentflow_0")


def test_every_node_of_the_palette_can_be_added(draw: Draw) -> None:
    canvas = draw(in_a_row(reply("r", "hi")))
    canvas.does("delete", node="start")
    for name in palette.KINDS:
        answer = canvas.does("nodes", name=name, x="10", y="20.5")
        card = cards(answer)[f"{name}_0"]
        assert (card["data-x"], card["data-y"]) == ("10.0", "20.5")
    assert len(cards(canvas.open())) == len(palette.KINDS) + 1


def test_the_palette_has_every_node_that_runs_and_its_parameters() -> None:
    assert set(NODES) < set(palette.KINDS) == set(palette.PARAMETERS)
    made = palette.fresh(palette.KINDS["conditionAgentflow"], "conditionAgentflow_7", "Which?")
    data = made["data"]
    assert [anchor["id"] for anchor in data["outputAnchors"]] == [
        "conditionAgentflow_7-output-0",
        "conditionAgentflow_7-output-1",
    ]
    assert data["inputParams"][0]["id"] == "conditionAgentflow_7-input-conditions-array"
    assert data["inputs"]["conditions"][0]["operation"] == "equal"


def test_a_new_node_in_an_iteration_lies_relative_to_it_and_is_connected(draw: Draw) -> None:
    canvas = draw(in_a_row(box("iteration", "i", iterationInput="[1]"), reply("r", "hi", "i")))
    canvas.does("move", node="i", x="100", y="100")
    canvas.does("nodes", name="llmAgentflow", x="150", y="160", parent="i")
    canvas.does("connect", source="llmAgentflow_0", output="0", target="r")
    canvas.does("save", undeploy="1")
    made = nodes(canvas)["llmAgentflow_0"]
    assert (made["parentNode"], made["position"]) == ("i", {"x": 50, "y": 60})
    assert edges(canvas)[-1]["zIndex"] == 9999


def test_a_copy_has_ids_of_its_own_and_the_edges_between(draw: Draw) -> None:
    canvas = draw(files.EDITOR)
    answer = canvas.does(
        "duplicate", node=["iterationAgentflow_0", "conditionAgentflow_0", "directReplyAgentflow_1"]
    )
    assert len(cards(answer)) == 4
    canvas.save()
    found = nodes(canvas)
    copy = found["directReplyAgentflow_3"]
    assert copy["parentNode"] == "iterationAgentflow_1"
    assert copy["position"] == {"x": 56, "y": 92}
    assert copy["positionAbsolute"] == {"x": 82.25, "y": 140.5}
    assert copy["data"]["id"] == "directReplyAgentflow_3"
    assert copy["data"]["inputParams"][0]["id"] == "directReplyAgentflow_3-input-directReplyMessage-string"
    assert copy["data"]["label"] == "Say it (3)"
    assert found["iterationAgentflow_1"]["style"] == {"width": 481, "height": 250}
    fresh = edges(canvas)[4:]
    assert [(edge["source"], edge["target"]) for edge in fresh] == [
        ("iterationAgentflow_1", "conditionAgentflow_1"),
        ("conditionAgentflow_1", "directReplyAgentflow_4"),
    ]
    assert fresh[1]["sourceHandle"] == "conditionAgentflow_1-output-0"


def test_an_iteration_is_deleted_with_what_stands_in_it_and_all_their_edges(draw: Draw) -> None:
    canvas = draw(files.EDITOR)
    answer = canvas.does("delete", node="iterationAgentflow_0")
    assert answer.count('hx-swap-oob="delete"') == 4
    canvas.does("connect", source="startAgentflow_0", output="0", target="conditionAgentflow_0")
    canvas.save()
    assert "iterationAgentflow_0" not in canvas.saved()
    assert "directReplyAgentflow_0" not in canvas.saved()


def test_nodes_at_one_point_are_arranged_each_right_of_all_that_lead_to_it(draw: Draw) -> None:
    canvas = draw(
        drawn(
            [
                llm("a"),
                llm("b"),
                box("iteration", "i", iterationInput="[1]"),
                llm("in", "i"),
                llm("on", "i"),
                reply("r", "hi"),
            ],
            "start>a",
            "start>b",
            "a>b",
            "b>i",
            "in>on",
            "i>r",
        )
    )
    canvas.does("arrange")
    found = cards(canvas.open())
    x = {key: float(card["data-x"]) for key, card in found.items()}
    assert x["start"] < x["a"] < x["b"] < x["i"] < x["in"] < x["on"] < x["r"]
    assert x["on"] + 200 < x["i"] + float(found["i"]["data-width"]) <= x["r"]
    canvas.does("undo")
    assert {card["data-x"] for card in cards(canvas.open()).values()} == {"0.0"}


SENSELESS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("move", {"node": "start", "x": "1"}),
    ("move", {"node": "start", "x": "nan", "y": "1"}),
    ("move", {"node": "start", "x": "1e9", "y": "1"}),
    ("move", {"node": "start", "x": "left", "y": "1"}),
    ("move", {"node": "start", "x": "1", "y": "1", "parent": ["", ""]}),
    ("move", {"node": "\x00", "x": "1", "y": "1"}),
    ("connect", {}),
    ("connect", {"source": "start", "output": "x", "target": "r"}),
    ("connect", {"source": "start", "output": "0", "target": "r", "edge": "gone"}),
    ("disconnect", {"edge": "gone"}),
    ("nodes", {}),
    ("nodes", {"name": "llmAgentflow", "x": "inf", "y": "0"}),
    ("delete", {"node": "gone"}),
    ("duplicate", {"node": "gone"}),
    ("undo", {}),
    ("redo", {}),
)


def test_a_form_that_makes_no_sense_changes_nothing(draw: Draw) -> None:
    canvas = draw(in_a_row(reply("r", "hi")))
    for verb, fields in SENSELESS:
        assert canvas.is_refused(verb, **fields), verb
    assert canvas.another().revision == canvas.revision


def test_a_frame_is_resized_by_its_person_and_never_by_itself(draw: Draw) -> None:
    canvas = draw(files.EDITOR)
    answer = canvas.does("resize", node="iterationAgentflow_0", width="600", height="300")
    assert cards(answer)["iterationAgentflow_0"]["data-width"] == "600"
    assert canvas.save() == files.EDITOR.replace("481", "600").replace('"height": 250', '"height": 300')
    for fields in ({"width": "0", "height": "300"}, {"width": "x", "height": "300"}, {"width": "300"}):
        assert "cannot have this size" in canvas.is_refused("resize", node="iterationAgentflow_0", **fields)
    assert "Only an Iteration" in canvas.is_refused(
        "resize", node="startAgentflow_0", width="90", height="90"
    )
    # Drawn so that all fits that stands in it; the file says what it said.
    moved = canvas.does("move", node="directReplyAgentflow_0", x="900", y="900")
    assert int(cards(canvas.open())["iterationAgentflow_0"]["data-width"]) > 900
    assert "directReplyAgentflow_0" in cards(moved)
    assert nodes_of(canvas.save())["iterationAgentflow_0"]["width"] == 600


def test_the_copy_of_a_loop_goes_back_to_the_copy_of_its_node(draw: Draw) -> None:
    loop = box("loop", "loopAgentflow_0", loopBackToNode="llmAgentflow_0-LLM", maxLoopCount=2)
    canvas = draw(in_a_row(llm("llmAgentflow_0"), loop), deployed=False)
    canvas.does("duplicate", node=["llmAgentflow_0", "loopAgentflow_0"])
    canvas.does("duplicate", node="loopAgentflow_0")
    found = nodes_of(canvas.save())
    assert found["loopAgentflow_1"]["data"]["inputs"]["loopBackToNode"] == "llmAgentflow_1-LLM"
    assert found["loopAgentflow_2"]["data"]["inputs"]["loopBackToNode"] == "llmAgentflow_0-LLM"
