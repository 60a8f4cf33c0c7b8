"""Nothing that is done with a text from outside takes more than its length, and no number is too long."""

from __future__ import annotations

import io
import json

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forjinn.flows import masking, overridable, parsing
from forjinn.flows import service as flows
from forjinn.flows.models import Flow
from forjinn.gateway import service as models
from forjinn.workspaces.models import Workspace
from tests.calls import answered, ask, refused
from tests.people import Person, field
from tests.samples import DIRECT_REPLY

# What takes the square of it takes half an hour.
MOST = 300_000
PIECES = (
    "?",
    "/",
    "/a",
    ";",
    "&",
    "=",
    "@",
    "#",
    "//",
    "?a",
    ";a",
    "http://",
    "https://a/?",
    "bearer ",
    "basic\t",
    "{{",
    "<p",
)
NUMBERS = (
    *("0" * 900 + "1", "1" * 900, "9" * 31, "\u0661" * 900),
    *("1e999999999", "1e-999999999", "NaN", "Infinity", "-1"),
)
PRICES = ("2.50", "$0.15", ".5", "0.000001", "1000000000", "2.500000000", "1e3", "0")


@pytest.mark.parametrize("piece", PIECES)
def test_a_long_text_of_anything_is_masked_at_once(piece: str) -> None:
    text = piece * (MOST // len(piece))
    for whole in (text, f"https://a/?{text}", f"https://a{text}", f"{text}=secret"):
        masking.url(whole)
        masking.prose(whole)
        masking.value({"said": whole, "list": [whole]})


@pytest.mark.parametrize(
    ("shown", "masked"),
    [
        ("https://a/x?token=abc&page=2", "https://a/x?token=…&page=2"),
        ("https://a/x?page=2&api_key=abc#key=d", "https://a/x?page=2&api_key=…#key=…"),
        ("https://a/x?a?token=abc", "https://a/x?a?token=…"),
        ("https://a/x??token=abc", "https://a/x??token=…"),
        ("https://a/x?%74oken=abc", "https://a/x?%74oken=…"),
        ("https://a/x?a=1;password=b&c=d", "https://a/x?a=1;password=…&c=d"),
        ("https://a/x?token", "https://a/x?token"),
        ("https://a/x?token=&page=", "https://a/x?token=&page="),
        ("https://a/x?page=a=b", "https://a/x?page=a=b"),
        ("https://u:p@a/x?q=1", "https://…@a/x?q=1"),
        ("https://a/x?q=1 and token=2", "https://a/x?q=1 and token=2"),
    ],
)
def test_a_parameter_is_masked_wherever_it_stands(shown: str, masked: str) -> None:
    assert masking.url(shown) == masked


@pytest.mark.parametrize(
    "digits",
    [
        "0" * 900 + "1",
        "1" * 900,
        "9" * 31,
        "1e999999999",
        "1e-999999999",
        "NaN",
        "Infinity",
        "-1",
        "\u0661" * 900,
    ],
)
def test_a_number_of_any_length_is_refused_in_a_sentence(
    app: Flask, alice: Person, echo_flow: Flow, digits: str
) -> None:
    for name in ("requests_per_minute", "tokens_per_minute", "budget_tokens", "budget_money", "expires"):
        answer = alice.post("/w/production/gateway/keys/new", name="x", once="x" * 32, **{name: digits})
        assert answer.status_code == 422, name
    for name in ("input_price", "output_price"):
        fields = {"name": "m", "kind": "openai", "base_url": "https://m.example/v1", "upstream": "m"}
        answer = alice.post("/w/production/gateway/models/new", **fields | {name: digits})
        assert answer.status_code == 422, name
    canvas = f"/w/production/flows/{echo_flow.id}/canvas"
    for name in ("x", "y", "width", "height", "output"):
        for verb in ("move", "resize", "connect", "nodes"):
            answer = alice.post(f"{canvas}/{verb}", **{name: digits})
            assert answer.status_code in (409, 422), f"{verb} {name}"
    for name in ("page", "after", "before", "days", "run"):
        for path in ("api-keys", "flows", "gateway/usage", "gateway/usage/requests"):
            answer = alice.client.get(f"/w/production/{path}", query_string={name: digits})
            assert answer.status_code == 200, f"{path} {name}"


def test_prices_of_any_usual_spelling_are_still_read(alice: Person) -> None:
    for number, price in enumerate(
        ("2.50", "$0.15", ".5", "0.000001", "1000000000", "2.500000000", "1e3", "0")
    ):
        fields = {"kind": "openai", "base_url": "https://m.example/v1", "upstream": "m", "input_price": price}
        answer = alice.post("/w/production/gateway/models/new", name=f"m{number}", **fields)
        assert answer.status_code == 303, price


def test_who_has_to_sign_in_first_is_sent_there_however_long_the_address_is(
    client: FlaskClient, production: Workspace
) -> None:
    for size in (10, 1_000, 8_000):
        answer = client.get("/w/production/api-keys", query_string={"q": "é" * (size // 6)})
        assert answer.status_code == 303
        assert client.get(answer.location).status_code == 200, size


def test_a_file_in_place_of_a_text_is_no_text(alice: Person) -> None:
    for path, file, names in (
        ("flows", DIRECT_REPLY, ("name", "type", "seen", "model")),
        ("api-keys", "[]", ("mode",)),
    ):
        for name in names:
            fields = {
                "csrf_token": field(alice.get("/profile").text, "csrf_token"),
                "file": (io.BytesIO(file.encode()), "echo.json"),
                name: (io.BytesIO(b"x"), "x"),
            }
            answer = alice.client.post(f"/w/production/{path}/import", data=fields)
            assert answer.status_code in (303, 422), name


def test_a_call_overrides_at_most_a_thousand_inputs(
    client: FlaskClient, production_key: str, echo_flow: Flow
) -> None:
    """Each is looked for in each of the flow's nodes."""
    most = {f"unknown{number}": 1 for number in range(1_000)}
    answered(ask(client, echo_flow, production_key, overrideConfig=most))
    for streaming in (False, True):
        more = most | {"oneMore": 1}
        answer = ask(client, echo_flow, production_key, overrideConfig=more, streaming=streaming)
        assert "at most 1,000 members" in refused(answer, 400, "invalid_request")


def test_a_model_of_a_megabyte_is_refused_in_a_short_sentence(
    app: Flask, client: FlaskClient, production: Workspace, production_key: str
) -> None:
    with app.app_context():
        models.add(production, "small", base_url="https://models.example/v1", upstream="s")
        flow = flows.create_chatflow(production, "Assistant", model="small")
        found = overridable.choices(production, flow, parsing.parse(flow.graph))
        [allowed] = [one.value for one in found if one.input == "modelName"]
        flows.configure(production, flow, is_public=False, origins=(), overridable=[allowed])
    for name in ("a" + "\u0315\u0300" * 75_000, "x" * 500_000):
        body = json.dumps({"question": "hi", "overrideConfig": {"modelName": name}}, ensure_ascii=False)
        headers = {"Authorization": f"Bearer {production_key}", "Content-Type": "application/json"}
        answer = client.post(f"/api/v1/prediction/{flow.id}", data=body.encode(), headers=headers)
        assert answer.status_code == 400
        assert "is not registered" in answer.text
        assert len(answer.text) < 5_000
