"""The HTTP node sends what its author wrote, with variables that stay in their place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from forjinn.errors import DomainError
from forjinn.flows.call import Scope
from forjinn.flows.nodes.base import Outcome
from forjinn.flows.nodes.http import Http
from tests.web import Web, a_scope, an_app

SECRET = "hidden-word-4711"
NASTY = 'a "quote", a \\backslash\\,\na line, \u2028 and {{ question }} ü'


def test_what_the_server_says_is_the_content(web: Web) -> None:
    web.says('{"items": [1, 2.50]}', headers={"X-Kind": "list"})
    outcome = ran(node(url=web.url))
    assert outcome.content == '{"items": [1, 2.5]}'
    assert outcome.output["http"]["data"] == {"items": [1, 2.5]}
    assert (outcome.output["http"]["status"], outcome.output["http"]["statusText"]) == (200, "OK")
    assert outcome.output["http"]["headers"]["x-kind"] == "list"


@pytest.mark.parametrize("said", ["<p>hello</p>", "", "NaN", "1e999", "[" * 100_000, "9" * 5000])
def test_an_answer_that_is_not_json_is_its_text(web: Web, said: str) -> None:
    web.says(said)
    outcome = ran(node(url=web.url, responseType="json"))
    assert outcome.content == outcome.output["http"]["data"] == said


def test_halves_of_characters_in_an_answer_do_no_harm(web: Web) -> None:
    for said in ('{"a": ["\\ud83d\\ude00 \\ud800"]}', '"\\ud83d\\ude00 \\ud800"'):
        web.says(said)
        assert "😀 \N{REPLACEMENT CHARACTER}" in ran(node(url=web.url)).content


@pytest.mark.parametrize(
    ("kind", "content"), [("text", '{"a":1}'), ("base64", "eyJhIjoxfQ=="), ("arraybuffer", "eyJhIjoxfQ==")]
)
def test_the_answer_can_be_had_as_text_or_as_bytes(web: Web, kind: str, content: str) -> None:
    web.says('{"a":1}')
    assert ran(node(url=web.url, responseType=kind)).content == content


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH"])
def test_every_method_is_sent(web: Web, method: str) -> None:
    ran(node(url=web.url, method=method, bodyType="raw", body="hello"))
    assert web.last.method == method
    assert web.last.body == (b"" if method == "GET" else b"hello")


def test_every_field_is_filled_and_editor_text_is_plain(web: Web) -> None:
    fields = [{"key": "<p>a</p>", "value": '<p><span class="variable">{{ question }}</span>&amp;</p>'}]
    ran(node(url=f"<p>{web.url}/{{{{ question }}}}</p>", headers=fields, queryParams=fields), question="hi")
    assert web.last.path == "/hi?a=hi%26"
    assert web.last.headers["a"] == "hi&"


def test_forms_are_sent_with_their_fields(web: Web) -> None:
    body = [{"key": "a", "value": "{{ question }}"}, {"key": "b", "value": "2"}, {"key": "", "value": "x"}]
    ran(node(url=web.url, method="POST", bodyType="xWwwFormUrlencoded", body=body), question="x&b=3")
    assert web.last.body == b"a=x%26b%3D3&b=2"
    outcome = ran(node(url=web.url, method="POST", bodyType="formData", body=body), question="x&b=3")
    assert b'name="a"\r\n\r\nx&b=3\r\n' in web.last.body
    assert outcome.input["body"] == [{"key": "a", "value": "x&b=3"}, {"key": "b", "value": "2"}]


def test_a_value_inside_a_json_string_stays_inside_it(web: Web) -> None:
    template = '{"a": "{{ question }}", "b\\"{": "-{{question}}-{{ $vars.n }}-", "c": "\\\\"}'
    sent = posted(web, template, question=NASTY, n=[1, "x"])
    assert sent == {"a": NASTY, 'b"{': f'-{NASTY}-[1, "x"]-', "c": "\\"}


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ('{"b": [1]}', {"b": [1]}),
        ("[1, null]", [1, None]),
        ("42", 42),
        ("true", True),
        ('"text"', "text"),
        ("text", "text"),
        ("", ""),
        ("NaN", "NaN"),
        ('1, "admin": true', '1, "admin": true'),
        (NASTY, NASTY),
        ("[" * 100_000, "[" * 100_000),
    ],
    ids=range(11),
)
def test_a_variable_that_is_a_whole_value_is_json_or_else_a_string(
    web: Web, value: str, sent: object
) -> None:
    assert posted(web, '{"items": {{ question }}, "last": 1}', question=value) == {"items": sent, "last": 1}


@pytest.mark.parametrize("value", [{"a": "ü"}, ["x"], 1.5, False, None])
def test_a_variable_that_is_no_text_is_itself(web: Web, value: object) -> None:
    assert posted(web, "[{{ $vars.n }}]", n=value) == [value]


def test_a_json_body_is_sent_as_it_is_written(web: Web) -> None:
    ran(node(url=web.url, method="POST", bodyType="json", body='{"n": 1.000000000000000000001}'))
    assert web.last.body == b'{"n": 1.000000000000000000001}'
    assert web.last.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "body", ["{a: 1}", '{"a": "{{ question }}}', "{{ nobody }}", "[NaN]", "[1e999]", "1 2"]
)
def test_a_body_that_is_not_json_is_told_without_what_it_holds(web: Web, body: str) -> None:
    with pytest.raises(DomainError, match="the body is not valid JSON") as failed:
        ran(node(url=web.url, method="POST", bodyType="json", body=body), question=SECRET)
    assert SECRET not in str(failed.value)
    assert web.received == []


@pytest.mark.parametrize(
    "question",
    ["a/b?c=d#e", "?admin=1", "//evil.example/", "@evil.example", "a b\\c%2e", "\r\nX: 1", "ü\ud800"],
)
def test_a_variable_in_the_path_stays_one_segment(web: Web, question: str) -> None:
    ran(node(url=web.url + "/users/{{ question }}/x?q={{ question }}&r=1"), question=question)
    path, _, query = web.last.path.partition("?")
    assert path.count("/") == 3
    assert path.startswith("/users/")
    assert path.endswith("/x")
    assert query.count("&") == 1
    assert query.endswith("&r=1")


@pytest.mark.parametrize("question", ["..", ".", "../admin", "a/../../admin", "..\\admin", "/.."])
def test_a_variable_in_the_path_cannot_lead_elsewhere(web: Web, question: str) -> None:
    with pytest.raises(DomainError, match="would lead elsewhere"):
        ran(node(url=web.url + "/users/{{ question }}/x"), question=question)
    with pytest.raises(DomainError, match="would lead elsewhere"):
        ran(node(url=web.url + "/users/{{ question }}{{ question }}/x"), question=".")
    assert web.received == []


def test_a_whole_address_can_come_from_a_variable(web: Web) -> None:
    ran(node(url="{{ $vars.n }}/users/{{ question }}"), question="a/b", n=f"{web.url}/api")
    assert web.last.path == "/api/users/a%2Fb"
    ran(node(url="{{ question }}"), question=f"  {web.url}/x?y=1\n")
    assert web.last.path == "/x?y=1"


HOSTS = [
    "https://{{ question }}/x",
    "https://api-{{ question }}.example.com/x",
    "https://example.com{{ question }}",
    "https://example.com:{{ question }}/",
    "{{ question }}{{ question }}/x",
    "{{ question }}.example.com{{ question }}",
    "htt{{ question }}://example.com",
    "https:{{ question }}",
]


@pytest.mark.parametrize("url", HOSTS)
def test_a_variable_cannot_be_a_part_of_the_host(app: Flask, url: str) -> None:
    assert len(node(url=url).problems()) == 1
    with pytest.raises(DomainError, match="part of the URL's host"):
        ran(node(url=url), question="x")


def test_a_failure_of_the_server_fails_the_node(web: Web) -> None:
    web.says("it broke " * 100, 500)
    with pytest.raises(DomainError) as failed:
        ran(node(url=web.url))
    assert str(failed.value).startswith("answered with status 500: it broke it broke")
    assert len(str(failed.value)) == len("answered with status 500: ") + 200
    web.says("", 404)
    with pytest.raises(DomainError, match=r"^answered with status 404: Not Found$"):
        ran(node(url=web.url))


def test_a_credential_that_the_server_repeats_is_not_told(web: Web) -> None:
    web.says(f"Wrong token {SECRET}!", 401)
    with pytest.raises(DomainError, match="Wrong token …!"):
        ran(node(url=web.url, headers=[{"key": "Authorization", "value": f"Bearer {SECRET}"}]))


def test_the_trace_holds_no_credential(web: Web) -> None:
    names = [
        "Authorization",
        "Cookie",
        "X-Api-Key",
        "X-Auth",
        "apiToken",
        "client_secret",
        "Password",
        "plain",
    ]
    pairs = [{"key": name, "value": SECRET if name != "plain" else "shown"} for name in names]
    url = web.url.replace("//", f"//me:{SECRET}@") + f"/x?api_key={SECRET}&page=2&%74oken={SECRET}"
    web.says("{}", headers={"Set-Cookie": f"session={SECRET}"})
    body = json.dumps({"password": SECRET, "list": [{"apiKey": SECRET}], "max_tokens": 5, "name": "shown"})
    outcome = ran(
        node(url=url, method="POST", headers=pairs[:-2], queryParams=pairs, bodyType="json", body=body)
    )
    assert SECRET not in str(outcome)
    assert web.last.body.decode() == body
    assert str(web.last).count(SECRET) == 6 + 2 + 7 + 2
    assert outcome.input["url"] == web.url.replace("//", "//…@") + "/x?api_key=…&page=2&%74oken=…"
    assert outcome.input["queryParams"][-1] == {"key": "plain", "value": "shown"}
    assert outcome.input["body"]["max_tokens"] == 5
    assert outcome.input["body"]["name"] == "shown"


def test_the_author_may_say_how_long_to_wait(web: Web) -> None:
    assert (node(timeout="2.5").seconds, node(timeout=3).seconds, node().seconds) == (2.5, 3, None)
    for wrong in ("soon", 0, -1, "nan", []):
        assert "the time-out is not a number of seconds." in str(
            node(url="http://x", timeout=wrong).problems()
        )


def test_what_is_wrong_with_a_node_is_told_by_its_label(app: Flask) -> None:
    assert node(url="http://example.com/{{ question }}").problems() == []
    assert node(method="BREW", bodyType="xml", responseType="xml").problems() == [
        "Call: there is no method 'BREW'.",
        "Call: there is no URL.",
        "Call: there is no body type 'xml'.",
        "Call: there is no response type 'xml'.",
    ]


@pytest.mark.parametrize("name", ["credential", "FLOWISE_CREDENTIAL_ID"])
def test_a_chosen_credential_is_missing(name: str) -> None:
    told = ["Call: credentials of HTTP nodes are not supported; put them into a header."]
    assert node(url="http://x", **{name: "id-1"}).missing() == told
    assert Http("http_0", {"label": "Call", "inputs": {}, "credential": "id-1"}).missing() == told
    assert node(url="http://x", **{name: ""}).missing() == []


@pytest.mark.parametrize("strange", [None, 5, "text", {"a": 1}, [1, None, {"key": 5, "value": None}]])
def test_inputs_of_any_kind_do_no_harm(web: Web, strange: object) -> None:
    made = node(
        url=web.url, method="POST", headers=strange, queryParams=strange, body=strange, bodyType="formData"
    )
    assert made.problems() == []
    ran(made)
    node(method=strange, url=strange, bodyType=strange, responseType=strange, timeout=strange).problems()


def node(**inputs: Any) -> Http:
    return Http("httpAgentflow_0", {"label": "Call", "inputs": inputs})


def ran(made: Http, question: str = "", n: object = None) -> Outcome:
    scope: Scope = a_scope(question, variables={"n": n})
    steps = made.run(scope)
    try:
        next(steps)
    except StopIteration as ended:
        outcome: Outcome = ended.value
        return outcome
    raise AssertionError("it told something before it ended")


def posted(web: Web, template: str, question: str = "", n: object = None) -> object:
    """The JSON that the server was sent."""
    ran(node(url=web.url, method="POST", bodyType="json", body=template), question, n)
    return json.loads(web.last.body)


@pytest.fixture
def app() -> Iterator[Flask]:
    app = an_app(FORJINN_ALLOW_PRIVATE_ADDRESSES="1")
    with app.app_context():
        yield app
    if client := app.extensions.get("forjinn.fetch"):
        client.close()


@pytest.fixture
def web(app: Flask) -> Iterator[Web]:
    with Web() as web:
        yield web
