"""The edges of a draft: what can be connected, how it is written, and what is told of what is broken."""

from __future__ import annotations

import html
import json
import re
from typing import Any

from tests.flows.canvas import files
from tests.flows.canvas.pages import Canvas, Draw, curves
from tests.flows.canvas.pages import draw as draw


def edges(canvas: Canvas) -> list[dict[str, Any]]:
    """The edges of the saved file."""
    found: list[dict[str, Any]] = json.loads(canvas.saved())["edges"]
    return found


NOT_CONNECTED = (
    ("conditionAgentflow_0", "1", "startAgentflow_0", "Nothing can lead into Start"),
    ("conditionAgentflow_0", "0", "conditionAgentflow_0", "cannot lead to itself"),
    ("conditionAgentflow_0", "0", "directReplyAgentflow_1", "connected already"),
    ("conditionAgentflow_0", "3", "directReplyAgentflow_1", "Which? has no such output"),
    ("conditionAgentflow_0", "-1", "directReplyAgentflow_1", "no such output"),
    ("conditionAgentflow_0", "1", "directReplyAgentflow_0", "into or out of an Iteration"),
    ("directReplyAgentflow_1", "0", "directReplyAgentflow_2", "Refund has no such output"),
    ("conditionAgentflow_0", "1", "iterationAgentflow_0", "in a circle"),
    ("conditionAgentflow_0", "1", "gone", "not there any more"),
)


def test_what_cannot_be_connected(draw: Draw) -> None:
    canvas = draw(files.EDITOR)
    for source, output, target, said in NOT_CONNECTED:
        assert said in canvas.is_refused("connect", source=source, output=output, target=target)
    assert canvas.save() == files.EDITOR


def test_an_edge_is_as_the_format_writes_it(draw: Draw) -> None:
    canvas = draw(files.EDITOR)
    answer = canvas.does(
        "connect", source="conditionAgentflow_0", output="1", target="directReplyAgentflow_2"
    )
    (curve,) = curves(answer).values()
    assert curve["data-output"] == "1"
    canvas.save()
    handle = "conditionAgentflow_0-output-1"
    assert edges(canvas)[-1] == {
        "source": "conditionAgentflow_0",
        "sourceHandle": handle,
        "target": "directReplyAgentflow_2",
        "targetHandle": "directReplyAgentflow_2",
        "data": {
            "sourceColor": "#FFB938",
            "targetColor": "#4DDBBB",
            "isHumanInput": False,
            "edgeLabel": "1",
        },
        "type": "agentFlow",
        "id": f"conditionAgentflow_0-{handle}-directReplyAgentflow_2-directReplyAgentflow_2",
    }
    # Another end for the same edge: members that we do not know stay.
    canvas.does(
        "connect", edge="refund", source="conditionAgentflow_0", output="1", target="directReplyAgentflow_1"
    )
    canvas.save()
    assert edges(canvas)[2]["sourceHandle"] == handle
    assert len(edges(canvas)) == 5


def test_what_leads_to_nothing_is_drawn_broken_and_told(draw: Draw) -> None:
    canvas = draw(files.EDITOR)
    canvas.does("delete", node="startAgentflow_0")
    page = canvas.open()
    assert "this one has 0" in page
    said = canvas.is_refused("save")
    assert "A flow has one Start node; this one has 0." in said
    canvas.does("undo")
    # Out of its Iteration: the Iteration is empty, and an edge into it would be broken.
    canvas.does("connect", source="startAgentflow_0", output="0", target="directReplyAgentflow_2")
    broken = canvas.does("move", node="directReplyAgentflow_2", x="1", y="1", parent="iterationAgentflow_0")
    assert len(re.findall(r'class="edge[^"]*broken', broken)) == 2
    assert "leads into or out of an Iteration" in canvas.is_refused("save")
    canvas.does("undo")
    assert canvas.does("save")


def test_each_problem_names_the_node_that_it_is_about(draw: Draw) -> None:
    canvas = draw(files.EDITOR, deployed=False)
    canvas.does("nodes", name="loopAgentflow", x="1", y="1", source="iterationAgentflow_0")
    canvas.does("nodes", name="httpAgentflow", x="1", y="1", source="iterationAgentflow_0")
    canvas.does("move", node="directReplyAgentflow_0", x="1", y="1", parent="")
    canvas.does("move", node="directReplyAgentflow_2", x="1", y="1", parent="iterationAgentflow_0")
    answer = canvas.send("save")
    said = dict(re.findall(r'node\?node=(\w+)"[^>]*>([^<]*)<', html.unescape(answer.text)))
    assert said["httpAgentflow_0"] == "HTTP: there is no URL."
    assert said["loopAgentflow_0"] == "Loop: the node to loop back to is not there."
    connection = "The connection Which? → Other leads into or out of an Iteration."
    assert said["conditionAgentflow_0"] == connection
    # The page tells them while one draws, before anybody tries to save.
    assert html.unescape(canvas.open()).count(said["loopAgentflow_0"]) >= 1
