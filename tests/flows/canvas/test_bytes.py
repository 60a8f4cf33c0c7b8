"""What a change does not touch stays byte for byte, and undo and redo lead to the very same bytes."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.calls import Sql
from tests.flows.canvas import files
from tests.flows.canvas.pages import Canvas, Draw
from tests.flows.canvas.pages import draw as draw
from tests.samples import TRANSLATOR

# Each is possible in every file of `files.ALL`.
VERBS: dict[str, tuple[str, dict[str, Any]]] = {
    "move": ("move", {"node": "directReplyAgentflow_0", "x": "12.5", "y": "-3"}),
    "move all": (
        "move",
        {"node": ["startAgentflow_0", "directReplyAgentflow_0"], "x": ["1", "2"], "y": ["3", "4.25"]},
    ),
    "add": ("nodes", {"name": "llmAgentflow", "x": "5", "y": "6", "source": "startAgentflow_0"}),
    "add an Iteration": ("nodes", {"name": "iterationAgentflow", "x": "0", "y": "0"}),
    "duplicate": ("duplicate", {"node": ["directReplyAgentflow_0"]}),
    "delete": ("delete", {"node": ["directReplyAgentflow_0"]}),
    "delete all": ("delete", {"node": ["startAgentflow_0", "directReplyAgentflow_0"]}),
    "arrange": ("arrange", {}),
}


def text_of(canvas: Canvas, sql: Sql) -> str:
    """The draft's text, or the flow's where there is none."""
    statement = "SELECT coalesce(d.graph, f.graph) FROM flows f LEFT JOIN flow_drafts d ON d.flow_id = f.id"
    return str(sql(statement)[0][0])


@pytest.mark.parametrize("file", files.ALL)
def test_each_change_can_be_undone_and_done_again(file: str, draw: Draw, sql: Sql) -> None:
    canvas = draw(files.ALL[file])
    for number, (verb, fields) in enumerate(VERBS.values()):
        before = text_of(canvas, sql)
        canvas.does(verb, **fields)
        after = text_of(canvas, sql)
        assert after != before, verb
        json.loads(after)
        canvas.does("undo")
        assert text_of(canvas, sql) == before, verb
        canvas.does("redo")
        assert text_of(canvas, sql) == after, verb
        if number % 2:
            # The next one is made on a changed text, too.
            canvas.does("undo")
    while "disabled" not in canvas.open().partition("/undo")[2].partition("</form>")[0]:
        canvas.does("undo")
    assert text_of(canvas, sql) == files.ALL[file] == canvas.saved()


@pytest.mark.parametrize("text", [files.EDITOR, files.ODD, files.COMPACT, TRANSLATOR])
def test_a_move_changes_the_coordinates_and_nothing_else(text: str, draw: Draw) -> None:
    canvas = draw(text)
    assert canvas.save() == text
    canvas.does("move", node="startAgentflow_0", x="11.5", y="22")
    moved = canvas.save()
    pieces = re.split(r"[\d.e+-]+", text), re.split(r"[\d.e+-]+", moved)
    assert pieces[0] == pieces[1]
    assert json.loads(moved)["nodes"][0]["position"] | {"z": 0} == {"x": 11.5, "y": 22, "z": 0}
    assert json.loads(moved)["nodes"][1:] == json.loads(text)["nodes"][1:]


def test_a_node_that_is_laid_where_it_lies_is_no_change(draw: Draw) -> None:
    canvas = draw(files.ODD)
    before = canvas.revision
    canvas.does("move", node=["startAgentflow_0", "directReplyAgentflow_0"], x=["1", "7"], y=["10", "0"])
    assert canvas.revision == before
    assert canvas.save() == files.ODD


def test_of_a_member_that_is_there_twice_the_last_one_is_changed(draw: Draw) -> None:
    canvas = draw(files.ODD)
    canvas.does("delete", edge=["startAgentflow_0-None-directReplyAgentflow_1"])
    canvas.does("move", node="startAgentflow_0", x="2", y="10")
    saved = canvas.save()
    assert saved == files.ODD.replace('"x":1.0', '"x":2').replace(
        ',\n{"source":"startAgentflow_0","target":"directReplyAgentflow_1" , "animated":true}', ""
    )


def test_new_elements_are_written_as_those_around_them(draw: Draw) -> None:
    canvas = draw(files.EDITOR)
    canvas.does("connect", source="startAgentflow_0", output="0", target="conditionAgentflow_0")
    canvas.does("nodes", name="directReplyAgentflow", x="1", y="2")
    canvas.does("delete", node=["directReplyAgentflow_3"])
    saved = canvas.save()
    begin = saved.index('"id": "else"')
    assert saved[begin:].startswith(
        '"id": "else"\n        },\n        {\n            "source": "startAgentflow_0",'
    )
    assert saved[: begin + 10] == files.EDITOR[: begin + 10]
    end = files.EDITOR[files.EDITOR.index('\n    "viewport"') :]
    assert saved.endswith(f'-conditionAgentflow_0"\n        }}\n    ],{end}')


def test_a_flow_without_edges_gets_them(draw: Draw) -> None:
    canvas = draw(files.WITHOUT_EDGES)
    canvas.does("connect", source="startAgentflow_0", output="0", target="directReplyAgentflow_0")
    saved = canvas.save()
    assert saved.startswith(files.WITHOUT_EDGES[:-1] + ', "edges": [{"source": "startAgentflow_0", ')
