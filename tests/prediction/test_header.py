"""The Authorization header: one, of the scheme Bearer, with one key in it. Nothing else is a key."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from forjinn.apikeys import token
from forjinn.flows.models import Flow
from tests.calls import Sql, answered, path, refused

Change = Callable[[str], str]

REALM = 'Bearer realm="forjinn"'
INVALID = f'{REALM}, error="invalid_token"'


SCHEMES = ["Bearer ", "bearer ", "BEARER ", "bEaReR ", "Bearer   "]


def test_the_scheme_may_be_written_in_any_case(
    subtests: pytest.Subtests, client: FlaskClient, production_key: str, echo_flow: Flow
) -> None:
    for scheme in SCHEMES:
        with subtests.test(ascii(scheme)[:50]):
            answered(send(client, echo_flow, scheme + production_key))


def test_a_call_without_a_key_is_told_how_to_send_one(client: FlaskClient, echo_flow: Flow) -> None:
    answer = client.post(path(echo_flow), json={"question": "hi"})

    assert "Authorization: Bearer" in refused(answer, 401, "key_missing")
    # RFC 6750 §3.1: no error code for a request without any credential.
    assert answer.headers["WWW-Authenticate"] == REALM


MALFORMED = [
    "",
    " ",
    "KEY",
    " KEY",
    "Bearer",
    "Bearer ",
    "BearerKEY",
    "Bearer\tKEY",
    "Bearer \tKEY",
    "Bearer KEY KEY",
    "Bearer KEY x",
    "Bearer KEY ",
    "Bearer KEY\n",
    "Bearer KEY\r\n",
    "Bearer KEY\r\nX-A: b",
    "Bearer\nKEY",
    "Bearer KEY\x00",
    "Bearer\xa0KEY",
    "Bearer \xff\xfeKEY",
    "Bearer K\xe9Y",
    "Bearer: KEY",
    "Basic KEY",
    "Basic a2V5OktFWQ==",
    "Digest KEY",
    "Token KEY",
    "Bear KEY",
]


def test_a_malformed_header_is_no_key(
    subtests: pytest.Subtests, client: FlaskClient, production_key: str, echo_flow: Flow
) -> None:
    for header in MALFORMED:
        with subtests.test(ascii(header)[:50]):
            answer = send(client, echo_flow, header.replace("KEY", production_key))

            assert "word Bearer" in refused(answer, 401, "key_malformed")
            assert answer.headers["WWW-Authenticate"] == INVALID
            assert production_key not in answer.text


NO_KEYS = [
    "Bearer a=KEY",
    "Bearer key=KEY",
    'Bearer "KEY"',
    "Bearer <KEY>",
    "Bearer KEY=",
    "Bearer KEY;",
    "Bearer %20KEY",
    "Bearer Bearer=KEY",
    "Bearer null",
    "Bearer undefined",
    "Bearer ${API_KEY}",
    "Bearer %",
    "Bearer ' OR 1=1--",
]


def test_what_is_more_than_the_key_is_not_the_key(
    subtests: pytest.Subtests, client: FlaskClient, production_key: str, echo_flow: Flow
) -> None:
    for header in NO_KEYS:
        with subtests.test(ascii(header)[:50]):
            answer = send(client, echo_flow, header.replace("KEY", production_key))

            assert answer.status_code == 401
            assert answer.get_json()["code"] in ("key_unknown", "key_malformed")
            assert answer.headers["WWW-Authenticate"] == INVALID
            assert production_key not in answer.text


SECOND_HEADERS = ["Bearer KEY", "Basic x", "Bearer other", ""]


def test_two_headers_are_no_request(
    subtests: pytest.Subtests, client: FlaskClient, production_key: str, echo_flow: Flow
) -> None:
    for second in SECOND_HEADERS:
        with subtests.test(ascii(second)[:50]):
            # Servers join them; which of the two would be meant is anybody's guess.
            first = f"Bearer {production_key}"
            for one, other in ((first, second), (second, first)):
                joined = f"{one},{other}".replace("KEY", production_key)
                refused(send(client, echo_flow, joined), 400, "invalid_request")


def test_every_character_of_a_key_counts(client: FlaskClient, production_key: str, echo_flow: Flow) -> None:
    for place in range(len(production_key)):
        other = "x" if production_key[place] != "x" else "y"
        wrong = production_key[:place] + other + production_key[place + 1 :]
        assert send(client, echo_flow, f"Bearer {wrong}").status_code == 401
    assert send(client, echo_flow, f"Bearer {production_key.swapcase()}").status_code == 401
    answered(send(client, echo_flow, f"Bearer {production_key}"))


UNKNOWN: list[tuple[Change, str]] = [
    (lambda key: key[:-1], "mistyped or cut off. A key has 41 characters, this has 40."),
    (lambda key: key + "x", "mistyped or cut off. A key has 41 characters, this has 42."),
    (lambda key: key[:20] + ("a" if key[20] != "a" else "b") + key[21:], "mistyped or cut off, its"),
    (lambda key: token.new(), "It may belong to another Forjinn installation."),
    (lambda key: "hunter2", "No such API key."),
    (lambda key: key[3:], "No such API key."),
]


def test_an_unknown_key_is_told_what_is_likely_wrong_with_it(
    subtests: pytest.Subtests, client: FlaskClient, production_key: str, echo_flow: Flow
) -> None:
    for change, said in UNKNOWN:
        with subtests.test(ascii(change)[:50]):
            wrong = change(production_key)
            answer = send(client, echo_flow, f"Bearer {wrong}")

            assert said in refused(answer, 401, "key_unknown")
            assert answer.headers["WWW-Authenticate"] == INVALID
            assert wrong not in answer.text


def test_what_is_stored_or_shown_of_a_key_is_not_the_key(
    client: FlaskClient, production_key: str, echo_flow: Flow, sql: Sql
) -> None:
    [(digest, hint)] = sql("SELECT digest, hint FROM api_keys")
    digest = bytes(digest)

    shown = (
        digest.hex(),
        digest.hex().upper(),
        digest.decode("latin-1"),
        hint,
        hint.encode().decode("latin-1"),
    )
    for text in shown:
        answer = send(client, echo_flow, f"Bearer {text}")
        assert answer.status_code in (400, 401), text


def test_a_key_anywhere_but_in_the_header_is_no_key(
    client: FlaskClient, production_key: str, echo_flow: Flow
) -> None:
    place, key = path(echo_flow), production_key
    for query in ("key", "api_key", "apiKey", "apikey", "token", "access_token", "Authorization"):
        refused(client.post(f"{place}?{query}={key}", json={"question": "hi"}), 401, "key_missing")
    for header in ("X-Api-Key", "Api-Key", "X-Authorization", "Proxy-Authorization", "X-Auth-Token"):
        sent = {header: f"Bearer {key}" if "uthor" in header else key}
        refused(client.post(place, json={"question": "hi"}, headers=sent), 401, "key_missing")
    body = {"question": "hi", "key": key, "apiKey": key, "Authorization": f"Bearer {key}"}
    refused(client.post(place, json=body), 401, "key_missing")
    for cookie in ("key", "api_key", "token", "Authorization", "forjinn", "session"):
        client.set_cookie(cookie, key)
    refused(client.post(place, json={"question": "hi"}), 401, "key_missing")


def send(client: FlaskClient, flow: Flow, header: str) -> TestResponse:
    """With a header that a client library would refuse to send; a WSGI server may let it through."""
    environ = {"HTTP_AUTHORIZATION": header}
    return client.post(path(flow), json={"question": "hi"}, environ_overrides=environ)
