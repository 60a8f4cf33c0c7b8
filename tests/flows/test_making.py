"""New flows in the browser: from a starting point, and from a file."""

from __future__ import annotations

import html
import json
import re
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from forjinn.flows import listing, parsing
from forjinn.flows import service as flows
from forjinn.flows.models import Flow
from forjinn.flows.starting_points import POINTS
from forjinn.workspaces.models import Workspace
from tests.calls import answered, ask
from tests.conftest import member
from tests.people import Person, field
from tests.providers import Provider
from tests.samples import DIRECT_REPLY, START, TRANSLATOR, chain, node
from tests.web import Web

LIST = "/w/production/flows"
EVIL = "<img src=x onerror=alert(1)>"
NEEDY = chain(START, node("llmAgentflow", "Writer", {"llmModel": EVIL}), node("toolAgentflow", "Tool", {}, 1))


def test_the_form_offers_the_models_and_says_when_there_are_none(
    alice: Person, charlie: Person, model: str
) -> None:
    page = alice.get(f"{LIST}/new").text
    assert '<option value="small">small</option>' in page
    for point in POINTS.values():
        assert point.title in page
    assert "no model is registered" in charlie.get("/w/staging/flows/new").text


@pytest.mark.parametrize("start", POINTS)
def test_every_starting_point_is_deployed_and_answers(
    app: Flask,
    alice: Person,
    client: FlaskClient,
    production: Workspace,
    production_key: str,
    provider: Provider,
    model: str,
    start: str,
) -> None:
    if start == "router":
        provider.says_next('{"output": "Anything else"}')
    if start == "lookup":
        with Web() as web:
            answer = create(alice, start=start, address=f"{web.url}/?q={{{{ question }}}}")
        assert answer.status_code == 303
        # That an address of this machine may not be called is tested elsewhere.
        flow = flow_at(app, production, answer.location)
        assert flow.deployed
        assert parsing.parse(flow.graph).models == (model,)
        return
    answer = create(alice, start=start)
    assert answer.status_code == 303
    flow = flow_at(app, production, answer.location)

    assert (flow.name, flow.deployed, flow.created_by_id) == ("Desk", True, alice.user.id)
    assert flow.type == POINTS[start].type
    assert answered(ask(client, flow, production_key))["text"] == "Hello from the model"
    assert ("These facts" in json.dumps(provider.received)) == (start == "faq")


def test_htmx_is_sent_on_to_the_new_flow(app: Flask, alice: Person, model: str) -> None:
    page = create(alice, htmx=True).headers["HX-Redirect"]
    assert "The flow “Desk” was created and is deployed." in alice.get(page).text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": " "}, "Enter a name."),
        ({"start": ""}, "Choose what to start from."),
        ({"start": "nothing"}, "Not a valid choice"),
        ({"model": ""}, "Choose a model."),
        ({"model": EVIL}, "Not registered in production"),
        ({"start": "lookup", "address": ""}, "begins with https:// or http://"),
        ({"start": "lookup", "address": "javascript:alert(1)"}, "begins with https:// or http://"),
        ({"start": "lookup", "address": "https://[::1"}, "begins with https:// or http://"),
        (
            {"start": "lookup", "address": "https://{{ question }}.example.com/"},
            "cannot be a part of the URL",
        ),
    ],
)
def test_a_mistake_is_said_beside_the_field_and_nothing_is_made(
    app: Flask, alice: Person, production: Workspace, model: str, fields: dict[str, str], said: str
) -> None:
    answer = create(alice, htmx=True, **fields)

    assert answer.status_code == 422
    assert said in html.unescape(answer.text)
    assert EVIL not in answer.text
    with app.app_context():
        assert not listing.has_any(production)


def test_a_complete_file_is_imported_at_once_under_its_name(
    app: Flask, alice: Person, client: FlaskClient, production: Workspace, production_key: str
) -> None:
    answer = upload(alice, DIRECT_REPLY.encode(), file_name="Order desk.agentflow.json")
    flow = flow_at(app, production, answer.location)

    assert (flow.name, flow.graph, flow.deployed) == ("Order desk", DIRECT_REPLY, True)
    assert "was imported and is deployed" in alice.get(answer.location).text
    answered(ask(client, flow, production_key))


@pytest.mark.parametrize("kind", ["chatflow", "agentflow"])
def test_the_dialogs_know_the_list_that_they_were_opened_from(
    app: Flask, alice: Person, production: Workspace, model: str, kind: str
) -> None:
    new = alice.get(f"{LIST}/new?type={kind}").text
    assert (
        f'value="{"chat" if kind == "chatflow" else "router"}"'
        in re.findall(r"<input[^>]*checked>", new.replace("\n", " "))[0]
    )
    page = alice.get(f"{LIST}/import?type={kind}").text
    assert f'value="{kind}" checked' in page
    flow = flow_at(app, production, upload(alice, DIRECT_REPLY.encode(), type=kind).location)
    assert flow.type == kind.upper()
    assert "Not a valid choice" in upload(alice, DIRECT_REPLY.encode(), type="other").text


def test_what_is_missing_is_shown_first_and_models_are_mapped(
    app: Flask, alice: Person, production: Workspace, model: str
) -> None:
    step = upload(alice, NEEDY.encode(), htmx=True)
    assert step.status_code == 200
    assert "Nothing was imported yet." in step.text
    assert html.escape(EVIL) in step.text
    assert EVIL not in step.text
    assert "toolAgentflow" in step.text
    assert "<option selected>small</option>" in step.text
    assert "hx-preserve" in step.text
    with app.app_context():
        assert not listing.has_any(production)

    done = upload(alice, NEEDY.encode(), seen=field(step.text, "seen"), model="small", name="Mapped")
    flow = flow_at(app, production, done.location)
    assert (flow.name, flow.deployed) == ("Mapped", False)
    assert parsing.parse(flow.graph).models == ("small",)
    assert "is not deployed: something that it needs is missing" in alice.get(done.location).text


def test_a_mapped_file_that_lacks_nothing_more_is_deployed(
    app: Flask, alice: Person, production: Workspace, model: str
) -> None:
    step = upload(alice, TRANSLATOR.encode()).text
    missing = step.count('name="model"')
    assert missing
    done = upload(alice, TRANSLATOR.encode(), seen=field(step, "seen"), model=["small"] * missing)

    assert flow_at(app, production, done.location).deployed


def test_left_as_it_is_a_file_is_kept_byte_for_byte(
    app: Flask, alice: Person, production: Workspace, model: str
) -> None:
    step = upload(alice, NEEDY.encode()).text
    done = upload(alice, NEEDY.encode(), seen=field(step, "seen"), model="")

    assert flow_at(app, production, done.location).graph == NEEDY


def test_another_file_than_the_one_that_was_shown_is_shown_first(
    app: Flask, alice: Person, production: Workspace, model: str
) -> None:
    step = upload(alice, NEEDY.encode()).text
    other = upload(alice, NEEDY.replace("Writer", "Other").encode(), seen=field(step, "seen"), model="small")

    assert "Nothing was imported yet." in other.text
    with app.app_context():
        assert not listing.has_any(production)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "is not JSON"),
        (b"{", "is not JSON"),
        (b"[]", "not a JSON object"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b'{"nodes": []}', "one Start node; this one has 0"),
        (b'{"nodes": ' + b"[" * 100_000, "is not JSON"),
        (json.dumps({"nodes": [{}] * 1001, "edges": []}).encode(), "at most 1000"),
        (b"\x89PNG\r\n", "not UTF-8"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_no_flow_is_refused_with_what_is_wrong(
    app: Flask, alice: Person, production: Workspace, raw: bytes, said: str
) -> None:
    answer = upload(alice, raw, htmx=True)

    assert answer.status_code == 422
    assert "Nothing was imported." in answer.text
    assert said in html.unescape(answer.text)
    with app.app_context():
        assert not listing.has_any(production)


def test_a_file_of_more_than_5_mb_is_refused_and_one_of_more_than_1_mb_is_read(alice: Person) -> None:
    for size, status, said in ((parsing.MOST_BYTES + 1, 422, "larger than 5 MB"), (2 << 20, 303, "")):
        raw = DIRECT_REPLY.encode() + b" " * (size - len(DIRECT_REPLY))
        answer = send_large(alice, raw)
        assert answer.status_code == status
        assert said in answer.text


def test_everything_that_is_wrong_is_listed(alice: Person) -> None:
    bad = chain(START, node("llmAgentflow", EVIL, {"llmModel": "m", "llmMessages": [{"role": "x"}]}), START)
    answer = upload(alice, bad.encode())

    assert "2 problems" in answer.text
    assert "has a role other than" in answer.text
    assert "has no id of its own" in answer.text
    assert EVIL not in answer.text


def test_no_file_and_a_bad_name_and_an_unknown_model_are_refused(
    app: Flask, alice: Person, production: Workspace, model: str
) -> None:
    assert "Choose a file." in alice.post(f"{LIST}/import").text
    assert "control characters" in upload(alice, DIRECT_REPLY.encode(), name="a\nb").text
    step = upload(alice, NEEDY.encode()).text
    forged = upload(alice, NEEDY.encode(), seen=field(step, "seen"), model="nowhere")
    assert "There is no model named “nowhere”" in forged.text
    with app.app_context():
        assert not listing.has_any(production)


def test_a_viewer_makes_none_and_a_stranger_finds_nothing(
    app: Flask, charlie: Person, production: Workspace
) -> None:
    viewer = member(app, "vera@example.com", production, "Viewer")
    for person, status in ((viewer, 403), (charlie, 404)):
        for verb in ("new", "import"):
            assert person.get(f"{LIST}/{verb}").status_code == status
            assert person.post(f"{LIST}/{verb}").status_code == status


def create(person: Person, *, htmx: bool = False, **fields: str) -> TestResponse:
    filled = {"name": "Desk", "start": "chat", "model": "small", "system": "These facts.", "address": ""}
    return person.post(f"{LIST}/new", htmx=htmx, **{**filled, **fields})


def upload(
    person: Person, raw: bytes, *, file_name: str = "flow.json", htmx: bool = False, **fields: Any
) -> TestResponse:
    return person.post(f"{LIST}/import", htmx=htmx, file=(BytesIO(raw), file_name), **fields)


def send_large(person: Person, raw: bytes) -> TestResponse:
    """What `upload` sends, made by hand: the test client would put it into a temporary file."""
    token = field(person.get("/profile").text, "csrf_token")
    head = 'Content-Disposition: form-data; name="'
    body = (
        f'--x\r\n{head}csrf_token"\r\n\r\n{token}\r\n--x\r\n{head}file"; filename="a.json"\r\n\r\n'.encode()
        + raw
        + b"\r\n--x--\r\n"
    )
    return person.client.post(f"{LIST}/import", data=body, content_type="multipart/form-data; boundary=x")


def flow_at(app: Flask, workspace: Workspace, location: str | None) -> Flow:
    assert location
    with app.app_context():
        [found] = [one for one in listing.every(workspace) if location.endswith(str(one.id))]
        return flows.get(workspace, found.id)
