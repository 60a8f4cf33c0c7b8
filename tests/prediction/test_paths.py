"""Paths and methods that are not the API's: JSON, a real status, never a redirect. On a real server."""

from __future__ import annotations

import json

from tests.calls import bearer
from tests.served import Served
from tests.sockets import Answer, exchange

ENDS = ("/", "//", ";x=1", "%3Bx=1", "%00", "%20", ".", ".json", "%2F", "/x", "%", "%zz", "\\")
SLASHES = ("//", "%2F", "%2f", "/%2F", "/%5C", "%252F", "/./", "/x/../", "/%2e%2e/", "\\")


def test_no_other_path_calls_a_flow(served: Served) -> None:
    for target in mistyped(str(served.flow)):
        answer = exchange(served.server.port, "POST", target, *key_of(served))
        # 404 from the routes, or from the flow's id when the rest of the path is right.
        assert answer.status == 404, target
        assert_is_the_apis(answer, target)
    assert exchange(served.server.port, "POST", served.path, *key_of(served)).status == 200


def test_no_other_path_is_answered_without_a_key(served: Served) -> None:
    for target in (served.path, *mistyped(str(served.flow))):
        answer = exchange(served.server.port, "POST", target)
        assert answer.status in (401, 404), target
        assert_is_the_apis(answer, target)


def test_the_id_of_a_flow_may_be_written_in_capitals_and_with_a_query(served: Served) -> None:
    upper = f"/api/v1/prediction/{str(served.flow).upper()}"
    for target in (upper, f"{upper}?", f"{upper}?x=1&question=no", f"{upper}?a=//%2F"):
        assert exchange(served.server.port, "POST", target, *key_of(served)).status == 200


def test_another_method_is_not_a_call(served: Served) -> None:
    for method in ("GET", "PUT", "PATCH", "DELETE", "HEAD", "TRACE", "PROPFIND", "QUERY", "SEARCH"):
        answer = exchange(served.server.port, method, served.path, *key_of(served))
        assert answer.status == 405, method
        assert answer.headers["allow"] == "OPTIONS, POST"
        assert_is_the_apis(answer, method, has_body=method != "HEAD")


def test_the_lists_are_for_reading_alone(served: Served) -> None:
    places = ("chatflows", f"chatflows/{served.flow}", f"chatflows-streaming/{served.flow}", "ping")
    for place in (*places, f"public-chatbotConfig/{served.flow}"):
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            answer = exchange(served.server.port, method, f"/api/v1/{place}", *key_of(served))
            assert answer.status == 405, (method, place)
            assert_is_the_apis(answer, place)


def test_a_preflight_is_answered_on_a_real_server_too(served: Served) -> None:
    answer = exchange(served.server.port, "OPTIONS", served.path, "Origin: https://a.example", body=b"")

    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-headers"] == "authorization, content-type"


def test_two_authorization_headers_are_no_request(served: Served) -> None:
    (key,) = key_of(served)
    for lines in ((key, key), (key, "authorization: Basic x"), ("Authorization: ", key)):
        answer = exchange(served.server.port, "POST", served.path, *lines)
        assert answer.status == 400, lines
        assert_is_the_apis(answer, "two headers")


def test_an_odd_header_is_no_key(served: Served) -> None:
    values = ("Bearer \xff\xfe", f"Bearer {served.key}\xe9", f"Bearer\t{served.key}", "Bearer", "\x80", "")
    for value in values:
        answer = exchange(served.server.port, "POST", served.path, f"Authorization: {value}")
        assert answer.status == 401, value
        assert_is_the_apis(answer, "odd header")


def test_a_body_over_the_limit_is_413_also_when_its_size_is_not_announced(served: Served) -> None:
    large = b" " * (3 << 20)
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(large), large)
    for line, body in ((f"Content-Length: {len(large)}", large), ("Transfer-Encoding: chunked", chunked)):
        answer = exchange(served.server.port, "POST", served.path, *key_of(served), line, body=body)
        assert answer.status == 413
        assert json.loads(answer.body)["code"] == "too_large"
        assert_is_the_apis(answer, line)


def mistyped(flow: str) -> list[str]:
    """What somebody who writes them may mean as the path of a prediction, and none is it."""
    right = f"/api/v1/prediction/{flow}"
    parts = right.split("/")[1:]
    targets = [right + end for end in ENDS]
    for place, part in enumerate(parts):
        before, after = "".join(f"/{one}" for one in parts[:place]), "/".join(parts[place:])
        # Before `api` only what still means the API: elsewhere an unknown path is a page's.
        targets += [f"{before}{slash}{after}" for slash in SLASHES[: None if place else 5]]
        rest = after[len(part) :]
        others = (f"%{ord(part[0]):02x}{part[1:]}", f"{part};x=1", f"{part}%20")
        targets += [f"{before}/{other}{rest}" for other in others]
        if part != flow:
            targets += [f"{before}/{other}{rest}" for other in (part.upper(), part.title())]
    targets += [
        "/api",
        "/api/",
        "/api/v1",
        "/api/v1/",
        "/API",
        "/api/v1/prediction",
        f"/api/v2/prediction/{flow}",
    ]
    # A request's target begins with a slash, or it is none.
    return sorted({f"/{target}" if target[0] != "/" else target for target in targets} - {right})


def key_of(served: Served) -> list[str]:
    return [f"{name}: {value}" for name, value in bearer(served.key).items()]


def assert_is_the_apis(answer: Answer, what: str, *, has_body: bool = True) -> None:
    assert answer.headers["content-type"] == "application/json", what
    assert answer.headers["access-control-allow-origin"] == "*", what
    assert "location" not in answer.headers, what
    if has_body:
        problem = json.loads(answer.body)
        assert problem["statusCode"] == answer.status, what
        assert problem["success"] is False, what
        assert problem["error"] == problem["message"], what
