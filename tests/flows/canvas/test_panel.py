"""The settings of a node: what is shown, what is refused, and that nothing changes that nobody changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask

from forjinn.flows import stored_variables
from forjinn.workspaces import service as workspaces
from forjinn.workspaces.models import Workspace
from tests.flows.canvas.every_node import EVERY_NODE, INPUTS
from tests.flows.canvas.panels import Panel, Panels
from tests.flows.drawing import box, in_a_row, llm, reply
from tests.people import Person

SAMPLES = sorted(Path(__file__).parents[2].glob("*.agentflow.json"))
TEXTS = {**{path.name: path.read_text(encoding="utf-8") for path in SAMPLES}, "every node": EVERY_NODE}
BAD = "<i onclick=alert(1)>\"'"


@pytest.mark.parametrize("name", TEXTS)
def test_what_nobody_changed_stays_byte_for_byte(panels: Panels, name: str) -> None:
    flow = panels.imported(TEXTS[name])
    for node in json.loads(TEXTS[name])["nodes"]:
        panel = panels.of(flow, node["id"])
        assert panel.send().status_code == 303
        assert panel.text() == TEXTS[name], node["id"]


def test_a_change_leaves_all_the_rest_byte_for_byte(panels: Panels) -> None:
    panel = panels.of(panels.imported(EVERY_NODE), "httpAgentflow_0")
    panel.apply({"headers.1.value": "text/csv"})
    assert panel.text() == EVERY_NODE.replace('"text/plain"', '"text/csv"')


def test_the_label_is_changed_too(panels: Panels) -> None:
    panel = panels.of(panels.imported(EVERY_NODE), "strangeAgentflow_0")
    assert panel.apply({"label": "  Straße "})["label"] == "Straße"
    assert panel.refused({"label": " "}) == {"label": "Enter a label."}


def test_the_import_s_own_words_stand_beside_the_field_at_fault(panels: Panels) -> None:
    flow = panels.imported(EVERY_NODE)
    http = panels.of(flow, "httpAgentflow_0")
    assert http.refused({"url": ""}) == {"url": "There is no URL."}
    assert "cannot be a part of the URL's host" in http.refused({"url": "https://{{ x }}.com"})["url"]
    both = http.refused({"timeout": "-1", "url": " ", "method": "PUT"})
    assert both == {"timeout": "The time-out is not a number of seconds.", "url": "There is no URL."}
    # What was typed is still there, the right beside the wrong.
    assert (http.form.values["timeout"], http.form.values["method"]) == ("-1", "PUT")
    loop = panels.of(flow, "loopAgentflow_0")
    assert loop.refused({"maxLoopCount": "0"}) == {"maxLoopCount": "Max Loop Count is not a number from 1."}
    agent = panels.of(flow, "conditionAgentAgentflow_0")
    said = agent.refused({"conditionAgentScenarios.0.scenario": "", "conditionAgentScenarios.1.scenario": ""})
    assert said == {"": "What you changed cannot be applied yet There are no scenarios."}


def test_a_field_says_what_it_takes(panels: Panels) -> None:
    panels.register("small")
    panel = panels.of(panels.imported(EVERY_NODE), "llmAgentflow_0")
    assert panel.refused({"llmModelConfig.temperature": "warm"}) == {
        "llmModelConfig.temperature": "Enter a number."
    }
    assert panel.form.values["llmModelConfig.temperature"] == "warm"
    panel.look()
    assert panel.refused({"llmMemoryWindowSize": "2.5"}) == {"llmMemoryWindowSize": "Enter a whole number."}
    panel.look()
    assert panel.refused({"llmModel": "large"}) == {"llmModel": "Choose one of the options."}
    start = panels.of(panels.imported(in_a_row(box("start", "start", startState={"a": 1}))), "start")
    assert start.refused({"startState": "[1]"}) == {"startState": "Enter a JSON object."}
    assert start.apply({"startState": '{"a": 2}'})["inputs"]["startState"] == {"a": 2}


def test_a_condition_s_type_and_operation_are_changed_one_after_the_other(panels: Panels) -> None:
    panel = panels.of(panels.imported(EVERY_NODE), "conditionAgentflow_0")
    said = panel.refused({"conditions.0.type": "number"})
    assert said == {"conditions.0.type": "Condition 1 compares 'number' by 'contains'."}
    assert "smaller" in panel.form.options["conditions.0.operation"]
    row = panel.apply({"conditions.0.operation": "smaller"})["inputs"]["conditions"][0]
    assert (row["type"], row["operation"]) == ("number", "smaller")
    assert panel.refused(
        {"conditions.0.type": "string", "conditions.0.operation": "regex", "conditions.0.value2": "("}
    )


def test_what_was_wrong_before_is_told_and_can_be_mended_step_by_step(panels: Panels) -> None:
    flow = panels.imported(in_a_row(reply("r", "x")))
    at = f"/w/{panels.workspace.slug}/flows/{flow.id}/canvas"
    revision = panels.of(flow, "r").form.values["revision"]
    panels.person.post(f"{at}/nodes", name="httpAgentflow", x="0", y="0", revision=revision)
    panel = panels.of(flow, "httpAgentflow_0")
    assert panel.form.errors[""] == "This flow cannot be saved yet There is no URL."
    assert panel.apply({"method": "PUT"})["inputs"]["method"] == "PUT"
    panel.apply({"url": "https://api.example.com"})
    assert panel.form.errors == {}


def test_every_node_of_the_palette_has_its_settings(panels: Panels) -> None:
    flow = panels.imported(in_a_row(reply("r", "x")))
    at = f"/w/{panels.workspace.slug}/flows/{flow.id}/canvas"
    for name in [one for one in INPUTS if one not in ("startAgentflow", "strangeAgentflow")]:
        revision = panels.of(flow, "r").form.values["revision"]
        assert (
            panels.person.post(f"{at}/nodes", name=name, x="0", y="0", revision=revision).status_code == 303
        )
        panel = panels.of(flow, f"{name}_0")
        before = panel.text()
        assert panel.send().status_code == 303
        assert panel.text() == before, name


def test_settings_that_are_not_known_are_listed_and_kept(panels: Panels) -> None:
    panel = panels.of(panels.imported(EVERY_NODE), "llmAgentflow_0")
    assert "llmSomethingNew" in panel.html
    assert "llmModelConfig.basepath" in panel.html
    after = panel.apply({"llmUserMessage": "x"})["inputs"]
    assert after["llmSomethingNew"] == {"of": [1, 2.5]}
    assert after["llmModelConfig"]["basepath"] == "https://models.example.com"


def test_two_who_change_different_fields_do_not_meet(panels: Panels) -> None:
    flow = panels.imported(EVERY_NODE)
    one, other = panels.of(flow, "httpAgentflow_0"), panels.of(flow, "httpAgentflow_0")
    one.apply({"timeout": "5", "method": "PUT"})
    assert other.apply({"responseType": "text"})["inputs"]["timeout"] == 5
    other.show(one.person.client.get(one.path, query_string={"node": one.node_id}))
    one.apply({"timeout": "6"})
    said = other.refused({"timeout": "7"})
    assert said == {"timeout": "This was changed in the meantime. It said: “6”"}
    assert other.form.values["timeout"] == "7"
    other.apply({"timeout": "7"})


def test_a_list_that_was_changed_elsewhere_is_not_changed_by_an_old_page(panels: Panels) -> None:
    flow = panels.imported(EVERY_NODE)
    one, other = panels.of(flow, "llmAgentflow_0"), panels.of(flow, "llmAgentflow_0")
    one.do("remove:llmMessages:0")
    before = one.text()
    answer = other.send({"llmUserMessage": "Typed"}, do="remove:llmMessages:0")
    assert (answer.status_code, one.text()) == (409, before)
    assert other.show(answer).form.values["llmUserMessage"] == "Typed"
    # The canvas itself is told that it is old.
    assert other.send({"llmUserMessage": "x"}, htmx=True).status_code == 200
    assert other.send({"llmUserMessage": "y"}, htmx=True).status_code == 409


def test_htmx_gets_the_panel_and_what_else_changed(panels: Panels) -> None:
    panel = panels.of(panels.imported(EVERY_NODE), "directReplyAgentflow_0")
    answer = panel.send({"label": "Farewell"}, htmx=True)
    assert answer.status_code == 200
    assert "Applied" in answer.text
    assert answer.text.index('id="node-panel"') < answer.text.index('id="canvas-status"')
    assert "Farewell" in answer.text[answer.text.index('id="canvas-status"') - 3000 :]
    # The answer got lost, and the form is sent again.
    again = panel.send({"label": "Farewell"}, htmx=True)
    assert again.status_code == 200
    assert 'hx-swap-oob="innerHTML:#canvas-nodes"' in again.text
    assert panel.send({"label": "Farewell!"}, htmx=True).status_code == 409
    panel.look()
    refused = panel.send({"directReplyMessage": ""}, htmx=True)
    assert refused.status_code == 422
    assert "The message is empty." in refused.text
    assert "<html" not in refused.text


def test_names_that_are_html_stay_text(panels: Panels, app: Flask) -> None:
    node = llm("x", UserMessage=BAD, Messages=[{"role": BAD, "content": f"<p>{BAD}</p>"}])
    graph = in_a_row(box("start", "start", startInputType=BAD, startState=[{"key": BAD, "value": BAD}]), node)
    data = json.loads(graph.replace('"role": ' + json.dumps(BAD), '"role": "user"'))
    data["nodes"][-1]["id"] = data["nodes"][-1]["data"]["id"] = data["edges"][-1]["target"] = BAD
    data["nodes"][-1]["data"]["label"] = BAD
    data["nodes"][-1]["data"]["inputs"] |= {f"new{BAD}": BAD, "llmModel": BAD}
    flow = panels.imported(json.dumps(data))
    for one in (panels.of(flow, "start"), panel := panels.of(flow, BAD)):
        assert "<i on" not in one.html
        assert one.apply({"label": f"{BAD}!"})["label"] == f"{BAD}!"
        assert "<i on" not in one.html
    assert panel.form.values["llmUserMessage"] == BAD


def test_the_variables_are_those_that_the_node_can_see(
    panels: Panels, app: Flask, production: Workspace
) -> None:
    with app.app_context():
        stored_variables.put(production, "address", "x")
    flow = panels.imported(EVERY_NODE)
    offered = _offered(panels.of(flow, "httpAgentflow_0"))
    assert {
        "question",
        "chat_history",
        "$form.size",
        "$flow.state.name",
        "$vars.address",
        "llmAgentflow_0",
        "agentAgentflow_0",
    } <= offered
    assert not {"httpAgentflow_0", "loopAgentflow_0", "startAgentflow_0", "$iteration"} & offered
    assert "$iteration" in _offered(panels.of(flow, "directReplyAgentflow_1"))


def _offered(panel: Panel) -> set[str]:
    return {part.partition('"')[0] for part in panel.html.split('data-value="')[1:]}


def test_who_may_only_view_sees_what_is_saved_without_credentials(
    panels: Panels, app: Flask, bob: Person
) -> None:
    with app.app_context():
        workspaces.set_role(panels.workspace, "Member", ["chatflows:view"])
    flow = panels.imported(EVERY_NODE)
    panels.of(flow, "directReplyAgentflow_0").apply({"directReplyMessage": "Only in the draft"})
    for name in INPUTS:
        html = panels.of(flow, f"{name}_0", bob).html
        assert "s3cret" not in html, name
        assert "<textarea" not in html
        assert "chatflows:update" in html
    panel = panels.of(flow, "directReplyAgentflow_0", bob)
    assert "Thank you" in panel.html
    panel = panels.of(flow, "httpAgentflow_0", bob)
    assert "api.example.com" in panel.html
    for listed in ("", "?list=1"):
        drawn = bob.get(panel.path.removesuffix("/node") + listed).text
        assert "api.example.com" in drawn
        assert "s3cret" not in drawn
    for path in ("", "/rows"):
        answer = bob.post(f"{panel.path}{path}?node=httpAgentflow_0", timeout="1")
        assert answer.status_code == 403


def test_another_node_or_workspace_is_not_found(panels: Panels, charlie: Person) -> None:
    panel = panels.of(panels.imported(EVERY_NODE), "llmAgentflow_0")
    for node in ("nothing", ""):
        assert panels.person.get(f"{panel.path}?node={node}").status_code == 404
        assert panels.person.post(f"{panel.path}?node={node}", label="x").status_code == 404
    assert charlie.get(f"{panel.path}?node=llmAgentflow_0").status_code == 404
    elsewhere = panel.path.replace("/production/", "/staging/")
    assert charlie.get(f"{elsewhere}?node=llmAgentflow_0").status_code == 404
    assert charlie.post(f"{elsewhere}?node=llmAgentflow_0", label="x").status_code == 404


def test_a_form_that_does_not_say_what_was_shown_is_taken_as_it_is(panels: Panels) -> None:
    panel = panels.of(panels.imported(EVERY_NODE), "directReplyAgentflow_1")
    for number, shown in enumerate(("", "[]", "null", "{", '{"label": 1}', "[" * 100_000)):
        inputs = panel.apply({"shown": shown, "directReplyMessage": f"{number}"})["inputs"]
        assert inputs["directReplyMessage"] == f"{number}"


def test_a_text_as_large_as_a_node_may_be_is_taken(panels: Panels) -> None:
    panel = panels.of(panels.imported(EVERY_NODE), "llmAgentflow_0")
    large = "ä" * 250_000
    assert panel.apply({"llmUserMessage": large})["inputs"]["llmUserMessage"] == f"<p>{large}</p>"
    assert "bytes; at most" in panel.refused({"llmUserMessage": large * 2})["llmUserMessage"]
