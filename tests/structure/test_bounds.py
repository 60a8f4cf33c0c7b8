"""Every text that comes from outside is measured before it is normalised, whatever route it comes by."""

from __future__ import annotations

import io
import json
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage, MultiDict
from wtforms import FileField

from forjinn.bounds import table
from forjinn.flows.models import Flow
from forjinn.forms import LONGEST_FIELD, MOST_VALUES, Form, TooLong, UploadForm
from forjinn.limits import accept_body
from forjinn.names import LONGEST_COMPARED
from forjinn.workspaces.models import Workspace
from tests.gateway.calling import BASE, Gateway
from tests.people import Person, field
from tests.structure.source import ROOT
from tests.structure.test_guards import calls

# Normalising takes quadratic time of it: each mark sorts before the one in front of it.
MARKS = "a" + "\u0315\u0300" * 20_000
QUERIES = ("q", "next", "after", "before", "name", "session", "run", "node", "type", "days", "page", "which")
# What views read without a form of ours.
RAW = ("theme", "question", "name", "model", "session", "node", "edge", "source", "target", "do", "revision")


def forms(base: type[Form] | type[UploadForm]) -> Iterator[type[Form] | type[UploadForm]]:
    for form in base.__subclasses__():
        if form.__module__.startswith("forjinn."):
            yield form
            yield from forms(form)


FORMS = [*forms(Form), *forms(UploadForm)]


def test_the_walk_finds_the_forms_that_are_there() -> None:
    assert {"SignIn", "NewKey", "Rename", "NewModel", "SetVariable", "Upload"} <= {f.__name__ for f in FORMS}


@pytest.mark.parametrize("form", FORMS, ids=lambda form: f"{form.__module__}.{form.__name__}")
def test_every_field_has_a_bound_that_is_checked_first(
    app: Flask, normalised: list[int], form: type[Form]
) -> None:
    with app.test_request_context("/", method="POST"):
        fields = {f.name: f.flags.longest or LONGEST_FIELD for f in form() if not isinstance(f, FileField)}
    assert fields
    for name, longest in fields.items():
        for values in (["\u0300" * (longest + 1)], ["x"] * (MOST_VALUES + 1)):
            sent = MultiDict((name, value) for value in values)
            # Another kind of form takes its fields and files from the same request.
            with app.test_request_context("/", method="POST", data=sent):
                accept_body(1 << 20, None)
                with pytest.raises(TooLong) as refused:
                    form()
            assert refused.value.field == name
    assert normalised == []


def test_only_what_measures_first_normalises() -> None:
    users = {
        path.relative_to(ROOT).as_posix()
        for path in Path(ROOT, "forjinn").rglob("*.py")
        if "unicodedata.normalize" in path.read_text()
    }
    # The latter's names come from the former.
    assert users == {"forjinn/names.py", "forjinn/workspaces/service.py"}


def test_no_form_of_any_route_is_normalised_unmeasured(
    app: Flask, alice: Person, echo_flow: Flow, normalised: list[int]
) -> None:
    names = {name for form in FORMS for name in vars(form) if not name.startswith("_")} | set(RAW)
    token = field(alice.get("/profile").text, "csrf_token")
    for method, address in calls(app, "public", "signed in", "workspace"):
        if method != "POST" or address == "/logout":
            continue
        address = address.replace("00000000-0000-0000-0000-000000000001", str(echo_flow.id))
        for chosen in ({}, {"start": "faq", "kind": "openai", "offers": "some", "is_public": "y"}):
            sent = dict.fromkeys(names, MARKS[:30000]) | {"csrf_token": token} | chosen
            answer = alice.client.post(address, data=sent)
            assert answer.status_code < 500, address
    # And each field alone, beside others that are well.
    for name in ("name", "email", "workspace", "model"):
        for address in ("/login", "/w/production/api-keys/new", "/profile/name"):
            alice.client.post(address, data={"csrf_token": token, name: MARKS[:30_000]})
    assert max(normalised, default=0) <= LONGEST_COMPARED


def test_no_query_of_any_route_is_normalised_unmeasured(
    app: Flask, alice: Person, echo_flow: Flow, normalised: list[int]
) -> None:
    for method, address in calls(app, "public", "signed in", "workspace", "api key"):
        address = address.replace("00000000-0000-0000-0000-000000000001", str(echo_flow.id))
        if method == "GET":
            for name in QUERIES:
                with alice.client.get(address, query_string={name: MARKS[:1_300]}) as answer:
                    # An export is read to its end.
                    assert answer.get_data() is not None
                assert answer.status_code < 500, (address, name)
    assert max(normalised, default=0) <= LONGEST_COMPARED


def test_an_address_that_is_too_long_is_refused_everywhere(app: Flask, alice: Person) -> None:
    for method, address in calls(app, "public", "signed in", "workspace", "api key", "gateway key"):
        for target in (f"{address}?q={'x' * 8192}", f"{address}{'x' * 8192}"):
            answer = alice.client.open(target, method=method)
            assert answer.status_code == 414, address
            assert answer.is_json == address.startswith(("/api/", "/gateway/"))


def test_a_long_email_is_refused_for_who_is_there_and_who_is_not(
    client: FlaskClient, alice: Person, normalised: list[int]
) -> None:
    token = field(client.get("/login").text, "csrf_token")
    for email in (MARKS[:9_000], f"alice@example.com{MARKS[:9_000]}", "x" * 60_000):
        sent = {"csrf_token": token, "email": email, "password": "x"}
        assert client.post("/login", data=sent).status_code == 422
    # Up to a field's bound it is only wrong.
    for email in (MARKS[:1000], "\u0300" * 400 + "@example.com"):
        assert client.post("/login", data=sent | {"email": email}).status_code == 401
    assert max(normalised, default=0) <= LONGEST_COMPARED


MEMBERS = ("question", "chatId", "sessionId", "history", "overrideConfig", "form", "streaming", "uploads")


def test_no_member_of_a_prediction_is_normalised_unmeasured(
    client: FlaskClient, production_key: str, echo_flow: Flow, normalised: list[int]
) -> None:
    values = [MARKS, [MARKS], {MARKS: MARKS}, [{"role": MARKS, "content": MARKS}], {"sessionId": MARKS}]
    for member in MEMBERS:
        for value in values:
            answer = client.post(
                f"/api/v1/prediction/{echo_flow.id}",
                json={"question": "hi", member: value},
                headers={"Authorization": f"Bearer {production_key}"},
            )
            assert answer.status_code in (200, 400), answer.text
    assert max(normalised, default=0) <= LONGEST_COMPARED


def test_no_member_of_a_gateway_call_is_normalised_unmeasured(
    app: Flask, client: FlaskClient, production: Workspace, normalised: list[int]
) -> None:
    gateway = Gateway(app, client, production)
    assert gateway.post(model=MARKS).status_code == 404
    answer = client.get(f"{BASE}/models/{MARKS[:600]}", headers={"Authorization": f"Bearer {gateway.key}"})
    assert answer.status_code == 404
    assert max(normalised, default=0) <= LONGEST_COMPARED


def test_no_entry_of_a_file_is_normalised_unmeasured(
    app: Flask, alice: Person, normalised: list[int]
) -> None:
    token = field(alice.get("/w/production/api-keys/import").text, "csrf_token")
    for content in ([{"name": MARKS, "key": "x" * 40}], [{"keyName": MARKS, "apiKey": MARKS}]):
        file = FileStorage(io.BytesIO(json.dumps(content).encode()), "keys.json")
        sent = {"csrf_token": token, "mode": "add-new", "file": file}
        assert alice.client.post("/w/production/api-keys/import", data=sent).status_code == 422
    assert max(normalised, default=0) <= LONGEST_COMPARED


def test_no_argument_of_a_command_is_normalised_unmeasured(
    app: Flask, production: Workspace, normalised: list[int]
) -> None:
    runner = app.test_cli_runner()
    marks = MARKS[:30_000]
    for words in (
        ["apikeys", "create", marks, "--workspace", "production"],
        ["apikeys", "delete", marks, "--workspace", "production", "--yes"],
        ["apikeys", "rename", marks, marks, "--workspace", "production"],
        ["apikeys", "list", "--workspace", marks],
        ["workspaces", "create", marks],
        ["users", "password", marks],
        ["users", "grant", marks, "--workspace", "production", "--role", marks],
        ["roles", "set", marks, "--workspace", "production", "--permission", "apikeys:view"],
        ["gateway-keys", "create", marks, "--workspace", "production"],
        ["models", "remove", marks, "--workspace", "production", "--yes"],
        ["variables", "set", marks, "x", "--workspace", "production"],
    ):
        assert runner.invoke(args=words).exit_code != 0, words[:2]
    assert max(normalised, default=0) <= LONGEST_COMPARED


def test_the_operators_page_lists_every_bound() -> None:
    assert table() in Path(ROOT, "docs/operating.md").read_text()


@pytest.fixture
def normalised(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How long each text was that Python has normalised, or folded."""
    lengths: list[int] = []
    original: Callable[[str, str], str] = unicodedata.normalize

    def normalize(form: str, text: str) -> str:
        lengths.append(len(text))
        return original(form, text)

    monkeypatch.setattr(unicodedata, "normalize", normalize)
    return lengths
