"""What a model may call answers in a moment, and does no more than its author allowed."""

from __future__ import annotations

import json
import re
import time
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from forjinn.errors import DomainError
from forjinn.flows.tools import TOOLS, Tool
from forjinn.outgoing import AddressRefused
from tests.web import Web, a_scope, an_app

SECRET = "hidden-word-4711"


@pytest.mark.parametrize("kind", TOOLS)
def test_every_tool_says_what_it_takes(kind: str) -> None:
    tool = TOOLS[kind]({})
    assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", tool.name)
    assert tool.description
    assert tool.parameters["type"] == "object"
    assert set(tool.parameters["required"]) <= set(tool.parameters["properties"])


def test_the_clock_tells_the_time_in_utc() -> None:
    told = json.loads(call(TOOLS["currentDateTime"]({})))
    assert told["timestamp"].endswith("Z")
    time_told = datetime.fromisoformat(told["timestamp"])
    assert abs((datetime.now(UTC) - time_told).total_seconds()) < 5
    assert told["day"] == time_told.strftime("%A")
    assert told["timezone"] == "UTC"


SUMS = {
    "1 + 2 * 3": "7",
    " 2 ** 10 ": "1024",
    "2 ^ 3 * 2": "16",
    "0.1 + 0.2": "0.3",
    "10 / 4": "2.5",
    "10 / 5": "2",
    "-7 // 2": "-4",
    "7 % 3": "1",
    "sqrt(16) + abs(-2)": "6",
    "round(2.567, 2)": "2.57",
    "round(2.5)": "2",
    "min(3, 1, 2) + max(1, 2)": "3",
    "floor(2.7) + ceil(2.1)": "5",
    "log(e)": "1",
    "log(8, 2)": "3",
    "exp(0) + sin(0) + cos(0) + tan(0)": "2",
    "round(pi, 4)": "3.1416",
    "2 ** 200": str(2**200),
    "1e300 * 10": "1e+301",
    "(-1) ** 100001": "-1",
    "+".join(["1"] * 150): "150",
}


def test_the_calculator_calculates(subtests: pytest.Subtests) -> None:
    for expression, result in SUMS.items():
        with subtests.test(expression[:30]):
            assert call(TOOLS["calculator"]({}), input=expression) == result


NO_SUMS = [
    "",
    "1 +",
    "1 / 0",
    "0 ** -1",
    "5 % 0",
    "9**9**9**9",
    "(9**999)**999",
    "9.0**9999",
    "10**-(10**1000)",
    "2**4096 * 2**4096",
    '"a" * 10**9',
    "[1] * 10**9",
    "(1,) * 10**9",
    "1 << 10**9",
    "round(5, -10**9)",
    "round(5, -(10**1000))",
    "exp(10**6)",
    "1e308 * 10",
    "1e999",
    "1e308 * 10 - 1e308 * 10",
    "sqrt(-1)",
    "(-8) ** 0.5",
    "1j * 1j",
    "True + 1",
    "None",
    "x + 1",
    "sqrt",
    "sqrt + 1",
    "factorial(10**6)",
    "__import__('os').system('true')",
    "(1).__class__",
    "(1).bit_length()",
    "abs.__self__",
    "max(1, 2, key=abs)",
    "max(*[1, 2])",
    "min()",
    "[x for x in (1, 2)]",
    "(lambda: 1)()",
    "1; 2",
    "a = 1",
    "1 if 1 else 2",
    "1 < 2",
    "f'{1}'",
    "b'1'",
    "1,000",
    "(" * 900,
    "-" * 999 + "1",
    "+".join(["1"] * 500),
    "9" * 5000,
    "9" * 999 + "**" + "9",
    "1 +\0 1",
]


def test_the_calculator_refuses_at_once_what_is_no_sum_or_too_large(subtests: pytest.Subtests) -> None:
    tracemalloc.start()
    for expression in NO_SUMS:
        with subtests.test(ascii(expression)[:30]):
            began = time.monotonic()
            with pytest.raises(DomainError) as refused:
                call(TOOLS["calculator"]({}), input=expression)
            assert time.monotonic() - began < 0.5
            assert len(str(refused.value)) < 100
    assert tracemalloc.get_traced_memory()[1] < 16 << 20
    tracemalloc.stop()


def test_the_calculator_takes_arguments_of_any_kind() -> None:
    assert call(TOOLS["calculator"]({}), input=42) == "42"
    for arguments in ({}, {"input": None}, {"input": ["1"]}, {"expression": "1"}):
        with pytest.raises(DomainError):
            call(TOOLS["calculator"]({}), **arguments)


QUERY = {
    "id": {"type": "string", "required": True, "in": "path", "description": "The order."},
    "tags": {"type": "array", "in": "query"},
    "page": {"type": "number", "in": "query", "description": "From 1."},
}


def test_a_model_fills_the_path_and_the_query(web: Web) -> None:
    tool = tool_at(web, "/orders/:id/items?lang=de", QueryParamsSchema=json.dumps(QUERY))
    web.says("three items")
    assert call(tool, id="a/b?c", page=2, tags=["x", "y&z"], other="ignored") == "three items"
    assert web.last.path == "/orders/a%2Fb%3Fc/items?lang=de&tags=x&tags=y%26z&page=2"
    call(tool, id="1", page=None)
    assert web.last.path == "/orders/1/items?lang=de"


def test_a_model_is_told_what_the_call_takes() -> None:
    tool = TOOLS["requestsGet"]({"requestsGetQueryParamsSchema": QUERY, "requestsGetName": "Get an order!"})
    assert tool.name == "Get_an_order"
    assert tool.parameters["required"] == ["id"]
    assert tool.parameters["properties"] == {
        "id": {"type": "string", "description": "The order."},
        "tags": {"type": "array", "items": {}},
        "page": {"type": "number", "description": "From 1."},
    }


@pytest.mark.parametrize("value", ["..", ".", "../admin", "..\\admin"])
def test_a_model_cannot_lead_the_path_elsewhere(web: Web, value: str) -> None:
    tool = tool_at(web, "/orders/:id/items", QueryParamsSchema=QUERY)
    with pytest.raises(DomainError, match="would lead elsewhere"):
        call(tool, id=value)
    assert web.received == []


def test_a_model_cannot_change_the_port(web: Web) -> None:
    schema = {str(web.port): {"in": "path"}, "p": {"in": "path"}}
    call(tool_at(web, "/:p", QueryParamsSchema=schema), p="9", **{str(web.port): "9"})
    assert web.last.path == "/9"


def test_a_required_argument_that_is_missing_is_told(web: Web) -> None:
    with pytest.raises(DomainError, match="the argument 'id' is missing"):
        call(tool_at(web, "/:id", QueryParamsSchema=QUERY))


@pytest.mark.parametrize(("kind", "method"), [("requestsPost", "POST"), ("requestsPut", "PUT")])
def test_a_model_fills_members_of_the_body(web: Web, kind: str, method: str) -> None:
    schema = {"name": {"type": "string", "required": True}, "count": {"type": "integer"}}
    tool = tool_at(web, "/", kind, BodySchema=schema, Body='{"name": "fixed", "by": "{{ question }}"}')
    call(tool, 'say "hi"', name="ü", admin=True)
    assert web.last.method == method
    assert json.loads(web.last.body) == {"name": "ü", "by": 'say "hi"'}
    assert web.last.headers["content-type"] == "application/json"


def test_delete_is_sent_without_a_body(web: Web) -> None:
    call(tool_at(web, "/:id", "requestsDelete", QueryParamsSchema=QUERY), id="7")
    assert (web.last.method, web.last.path, web.last.body) == ("DELETE", "/7", b"")


def test_headers_are_the_author_s(web: Web) -> None:
    for headers in ('<p>{"X-A": "{{ question }}", "X-N": 1}</p>', {"X-A": "{{ question }}", "X-N": 1}):
        call(tool_at(web, "/", Headers=headers), 'a "b"')
        assert (web.last.headers["x-a"], web.last.headers["x-n"]) == ('a "b"', "1")


def test_a_long_answer_is_cut(web: Web) -> None:
    web.says("ü" * 5000)
    assert call(tool_at(web, "/")) == "ü" * 2000
    assert call(tool_at(web, "/", MaxOutputLength="10")) == "ü" * 10
    for strange in ("", "many", -1, 0, None, [], "nan", "1e999"):
        assert len(call(tool_at(web, "/", MaxOutputLength=strange))) == 2000


def test_a_failure_of_the_server_is_told_to_the_model(web: Web) -> None:
    web.says(f"no order 7 for {SECRET}", 404)
    tool = tool_at(web, "/", Headers={"Authorization": f"Bearer {SECRET}"})
    assert call(tool) == "The server answered with status 404 Not Found: no order 7 for …"


def test_a_private_address_is_refused_for_tools_too() -> None:
    with Web() as web, an_app().app_context(), pytest.raises(AddressRefused):
        call(tool_at(web, "/"))


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({}, "there is no URL."),
        ({"Url": "https://{{ question }}/"}, "a variable cannot be a part of the URL's host"),
        ({"Url": "http://x", "Headers": "X-A: 1"}, "the headers are not a JSON object."),
        ({"Url": "http://x", "Headers": "[1]"}, "the headers are not a JSON object."),
        ({"Url": "http://x", "QueryParamsSchema": "{"}, "the query parameters are not"),
        ({"Url": "http://x", "QueryParamsSchema": {"a": "string"}}, "the query parameters are not"),
        ({"Url": "http://x", "BodySchema": "[]"}, "the body's members are not"),
    ],
)
def test_what_a_call_lacks_is_told(config: dict[str, Any], told: str) -> None:
    tool = TOOLS["requestsPost"]({f"requestsPost{name}": value for name, value in config.items()})
    assert told in str(tool.missing())
    with pytest.raises(DomainError):
        call(tool)


@pytest.mark.parametrize("name", ["Get Order", "käse", "a.b/c", "x" * 100, "!!!", "", None, 5])
def test_a_name_is_one_that_providers_accept(name: object) -> None:
    assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", TOOLS["requestsGet"]({"requestsGetName": name}).name)


def tool_at(web: Web, path: str, kind: str = "requestsGet", **config: object) -> Tool:
    return TOOLS[kind](
        {f"{kind}Url": web.url + path} | {kind + name: value for name, value in config.items()}
    )


def call(tool: Tool, question: str = "", /, **arguments: object) -> str:
    return tool.call(a_scope(question), arguments).text


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
