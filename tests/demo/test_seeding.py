"""`flask demo --no-serve`: what it makes, what it prints, and what a second run leaves alone."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient

from forjinn.accounts import service as accounts
from forjinn.gateway import embedded
from tests.people import Person

Seed = Callable[..., str]


def test_it_prints_a_sign_in_that_works(seed: Seed, app: Flask) -> None:
    admin = signed_in(app, seed())
    answer = admin.get("/w/demo/api-keys")
    assert answer.status_code == 200
    assert "Demo key" in answer.text
    assert "Add New Key" in answer.text


def test_it_prints_the_ids_of_the_flows(seed: Seed, app: Flask) -> None:
    printed = seed()
    flows = dict(found[::-1] for found in re.findall(r"Flow +([0-9a-f-]{36})  (.+)", printed))
    assert list(flows) == (["Shop assistant", "Echo"] if embedded.available() else ["Echo"])
    page = signed_in(app, printed).get(f"/w/demo/flows/{flows['Echo']}")
    assert page.status_code == 200
    assert "Echo" in page.text


def test_it_says_where_no_model_can_run(seed: Seed) -> None:
    says = "The embedded model does not exist for this platform, so no flow here asks a model." in seed()
    assert says is not embedded.available()


def test_the_printed_key_works(seed: Seed, client: FlaskClient) -> None:
    printed = seed()
    echo = re.search(r"Flow +([0-9a-f-]{36})  Echo", printed)
    assert echo
    answer = client.post(
        f"/api/v1/prediction/{echo[1]}",
        json={"question": "hi"},
        headers={"Authorization": f"Bearer {secret(printed)}"},
    )
    assert answer.status_code == 200
    assert answer.get_json()["text"] == "You asked: hi"


def test_the_curl_line_calls_the_first_flow_at_the_address_of_the_server(seed: Seed) -> None:
    printed = seed(PORT="5123")
    flow = re.search(r"Flow +([0-9a-f-]{36})", printed)
    assert flow
    assert f"curl -X POST http://127.0.0.1:5123/api/v1/prediction/{flow[1]} \\\n" in printed


def test_the_configured_address_is_printed(seed: Seed) -> None:
    printed = seed(FORJINN_BASE_URL="https://forjinn.example.com")
    assert "curl -X POST https://forjinn.example.com/api/v1/prediction/" in printed


def test_a_second_run_keeps_the_data_and_prints_no_secret(seed: Seed, app: Flask) -> None:
    first, second = seed(), seed()
    assert re.findall(r"Flow .*", first) == re.findall(r"Flow .*", second)
    assert "fj_" not in second
    assert "curl" not in second
    assert "The key “Demo key” was shown when it was made, once." in second
    assert password(first) not in second
    assert "as the first start printed it; another one: flask users password admin@example.com" in second
    # The old password and the old key still count.
    admin = signed_in(app, first)
    assert admin.get("/w/demo/api-keys").text.count('<tr id="key-') == 1


def test_a_key_that_was_deleted_is_made_anew(seed: Seed, app: Flask) -> None:
    first = seed()
    admin = signed_in(app, first)
    (key_id,) = re.findall(r'<tr id="key-([^"]+)"', admin.get("/w/demo/api-keys").text)
    admin.post(f"/w/demo/api-keys/{key_id}/delete")
    assert secret(seed()) != secret(first)


def secret(printed: str) -> str:
    found = re.search(r"Bearer (fj_[0-9A-Za-z]{38})\"", printed)
    assert found
    return found[1]


def password(printed: str) -> str:
    found = re.search(r"Password +(\S{16,})$", printed, re.MULTILINE)
    assert found
    return found[1]


def signed_in(app: Flask, printed: str) -> Person:
    """The admin, with the e-mail and the password that were printed."""
    (email,) = re.findall(r"E-?mail +(\S+)$", printed, re.MULTILINE)
    with app.app_context():
        user = accounts.user_by_email(email)
    return Person(app, user).signed_in(password(printed))
