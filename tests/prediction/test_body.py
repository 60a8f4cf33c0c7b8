"""Bodies that no client should send: each is refused with a sentence, and none breaks the server."""

from __future__ import annotations

import json
import math
import zlib

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from forjinn.flows.models import Flow
from tests.calls import answered, bearer, path, refused, strict

DEEP = 100_000
QUESTION = b'{"question": "hi"}'


NOT_JSON = [
    b"",
    b" ",
    b"question=hi",
    b"{",
    b'{"question": "hi"',
    b'{"question": "hi"}x',
    b'{"question": "hi"}{}',
    b"{'question': 'hi'}",
    b'{"question": "hi",}',
    b'{"question": "a\nb"}',
    b'{"question": NaN}',
    b'{"question": "hi", "n": NaN}',
    b'{"question": "hi", "n": [-Infinity]}',
    b'{"question": "hi", "n": {"a": 1e999}}',
    b'{"question": "hi", "n": ' + b"9" * 5000 + b"}",
    b'{"question": "\\ud83d"}',
    b'{"question": "hi", "x": "\\udc00\\ud800"}',
    b'{"question": "\\x"}',
    b"[" * DEEP,
    b"[" * DEEP + b"]" * DEEP,
    b'{"question": "hi", "x": ' + b'{"a":' * DEEP + b"1" + b"}" * DEEP + b"}",
]


def test_a_body_that_is_not_json_is_said_to_be_none(
    subtests: pytest.Subtests, client: FlaskClient, production_key: str, echo_flow: Flow
) -> None:
    for body in NOT_JSON:
        with subtests.test(ascii(body)[:50]):
            said = refused(send(client, echo_flow, production_key, body), 400, "invalid_request")

            assert said == "The body is not JSON."


NO_OBJECTS = [b"[]", b'["hi"]', b'"hi"', b"1", b"true", b"null", b'[{"question": "hi"}]']


def test_a_body_that_is_not_an_object_is_said_to_be_none(
    subtests: pytest.Subtests, client: FlaskClient, production_key: str, echo_flow: Flow
) -> None:
    for body in NO_OBJECTS:
        with subtests.test(ascii(body)[:50]):
            said = refused(send(client, echo_flow, production_key, body), 400, "invalid_request")

            assert said == "The body must be a JSON object."


ENCODINGS = ["latin-1", "utf-16", "utf-16-le", "utf-32", "shift-jis"]


def test_a_body_that_is_not_utf_8_is_refused(
    subtests: pytest.Subtests, client: FlaskClient, production_key: str, echo_flow: Flow
) -> None:
    for encoding in ENCODINGS:
        with subtests.test(ascii(encoding)[:50]):
            question = "Grüße" if encoding != "shift-jis" else "日本"
            body = json.dumps({"question": question}, ensure_ascii=False).encode(encoding)

            refused(send(client, echo_flow, production_key, body), 400, "invalid_request")


def test_bytes_that_are_not_utf_8_are_said_to_be_none(
    client: FlaskClient, production_key: str, echo_flow: Flow
) -> None:
    for body in (b'{"question": "\xff"}', b'{"question": "\xed\xa0\x80"}', b'{"question": "\xc0\xaf"}'):
        said = refused(send(client, echo_flow, production_key, body), 400, "invalid_request")
        assert said == "The body is not UTF-8."


WRONG_MEMBERS = [
    ({}, "question is missing."),
    ({"question": None}, "question is missing."),
    ({"Question": "hi"}, "question is missing."),
    ({"question": 1}, "question must be a string."),
    ({"question": True}, "question must be a string."),
    ({"question": ["hi"]}, "question must be a string."),
    ({"question": {"text": "hi"}}, "question must be a string."),
    ({"form": "a=b"}, "form must be an object."),
    ({"question": "hi", "form": []}, "form must be an object."),
    ({"question": 1, "form": {}}, "question must be a string."),
]


def test_a_member_that_is_wrong_is_named(
    subtests: pytest.Subtests, client: FlaskClient, production_key: str, echo_flow: Flow
) -> None:
    for members, said in WRONG_MEMBERS:
        with subtests.test(ascii(members)[:50]):
            body = json.dumps(members).encode()

            assert refused(send(client, echo_flow, production_key, body), 400, "invalid_request") == said


UNUSUAL = [
    b"\xef\xbb\xbf" + QUESTION,
    b"\r\n\t " + QUESTION + b"\n",
    b'{"question": "no", "question": "hi"}',
    b'{"question": "hi", "n": 123456789012345678901234567890, "m": -1e-400}',
    b'{"question": "hi", "x": ' + b"[" * 200 + b"]" * 200 + b"}",
    b'{"question": "\\u0068i"}',
    b'{"question": "hi", "": "", "\\u0000": "\\u0000", "__proto__": {}}',
]


def test_unusual_json_is_json(
    subtests: pytest.Subtests, client: FlaskClient, production_key: str, echo_flow: Flow
) -> None:
    for body in UNUSUAL:
        with subtests.test(ascii(body)[:50]):
            assert answered(send(client, echo_flow, production_key, body))["text"] == "You asked: hi"


MEDIA_TYPES = [
    "application/json; charset=utf-8",
    "APPLICATION/JSON",
    'application/json;charset="UTF-8"',
]


def test_the_content_type_may_name_its_charset(
    subtests: pytest.Subtests, client: FlaskClient, production_key: str, echo_flow: Flow
) -> None:
    for media_type in MEDIA_TYPES:
        with subtests.test(ascii(media_type)[:50]):
            answered(send(client, echo_flow, production_key, QUESTION, media_type))


OTHER_MEDIA_TYPES = [
    None,
    "",
    "text/plain",
    "text/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/xml",
    "application/jsonx",
    "json",
    ";",
]


def test_another_content_type_is_refused(
    subtests: pytest.Subtests, client: FlaskClient, production_key: str, echo_flow: Flow
) -> None:
    for media_type in OTHER_MEDIA_TYPES:
        with subtests.test(ascii(media_type)[:50]):
            answer = send(client, echo_flow, production_key, QUESTION, media_type)

            assert "application/json" in refused(answer, 415, "unsupported_media_type")


def test_a_compressed_body_is_not_taken_for_something_else(
    client: FlaskClient, production_key: str, echo_flow: Flow
) -> None:
    headers = bearer(production_key) | {"Content-Encoding": "deflate", "Content-Type": "application/json"}
    answer = client.post(path(echo_flow), data=zlib.compress(QUESTION), headers=headers)

    refused(answer, 400, "invalid_request")


def test_a_body_up_to_the_limit_is_read_and_a_larger_one_is_413(
    client: FlaskClient, production_key: str, echo_flow: Flow
) -> None:
    padding = b" " * ((1 << 20) - len(QUESTION))

    answered(send(client, echo_flow, production_key, QUESTION + padding))
    answer = send(client, echo_flow, production_key, QUESTION + padding + b" ")
    assert "larger" in refused(answer, 413, "too_large")


def test_the_body_of_somebody_without_a_key_is_not_looked_at(client: FlaskClient, echo_flow: Flow) -> None:
    for body in (b"", b"{", b"\xff", b" " * (2 << 20)):
        answer = client.post(path(echo_flow), data=body, content_type="text/plain")
        refused(answer, 401, "key_missing")


def test_no_depth_of_nesting_breaks_the_answer(
    client: FlaskClient, production_key: str, form_flow: Flow
) -> None:
    """The form comes back in the trace, deeper than it was sent; between them lies the limit."""
    for depth in (10, 100, *range(880, 1000), 2000):
        form = b'{"a":' * depth + b"1" + b"}" * depth
        answer = send(client, form_flow, production_key, b'{"form": ' + form + b"}")
        assert answer.status_code in (200, 400), depth
        assert answer.content_type == "application/json"


def test_a_number_that_is_too_large_for_json_never_comes_back(
    client: FlaskClient, production_key: str, form_flow: Flow
) -> None:
    answer = send(client, form_flow, production_key, b'{"form": {"n": 1e400}}')

    assert not any(map(math.isinf, numbers(strict(answer.text))))


def send(
    client: FlaskClient, flow: Flow, key: str, body: bytes, media_type: str | None = "application/json"
) -> TestResponse:
    return client.post(path(flow), data=body, content_type=media_type, headers=bearer(key))


def numbers(content: object) -> list[float]:
    if isinstance(content, dict):
        content = list(content.values())
    if isinstance(content, list):
        return [number for item in content for number in numbers(item)]
    return [content] if isinstance(content, float) else []
