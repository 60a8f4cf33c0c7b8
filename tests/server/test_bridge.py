"""What an application behind the bridge sees, and what its clients get, over real sockets."""

import time

import pytest
import requests

from tests.server.apps import MAX_BODY
from tests.server.process import Several, eventually, read

ID = "5f0c954c-8a44-4b5e-a7b6-6b2a0d6f2a11"


def test_a_pages_path_is_decoded(server):
    seen = server.get("/w/caf%C3%A9/api%20keys?q=%2F%20a").json()

    assert seen["PATH_INFO"].encode("latin-1").decode() == "/w/café/api keys"
    assert seen["QUERY_STRING"] == "q=%2F%20a"


def test_a_pages_path_may_hold_bytes_that_are_no_text(server):
    assert server.get("/w/%ff%00").json()["PATH_INFO"] == "/w/\xff\x00"
    assert server.get("/w/\xc3\xa9").json()["PATH_INFO"] == "/w/\xc3\xa9"


@pytest.mark.parametrize(
    "path",
    [
        f"/api/v1/prediction%2F{ID}",
        f"/api%2fv1/prediction/{ID}",
        f"/api/v1%5Cprediction/{ID}",
        f"/%61pi/v1/prediction/{ID}",
        f"/%2Fapi/v1/prediction/{ID}",
        f"//api/v1/prediction%2f{ID}",
        f"/API/v1/prediction/%35{ID[1:]}",
        f"/api/v1/prediction%252F{ID}",
    ],
)
def test_an_escape_in_a_path_of_the_api_stays_an_escape(server, path):
    assert server.get(path).json()["PATH_INFO"] == path


def test_repeated_headers_are_joined_so_that_two_do_not_look_like_one(server):
    seen = server.get("/", "Authorization: Bearer a", "Authorization: Bearer b").json()

    assert seen["HTTP_AUTHORIZATION"] == "Bearer a,Bearer b"


def test_repeated_cookies_are_joined_as_cookies(server):
    assert server.get("/", "Cookie: a=1", "Cookie: b=2").json()["HTTP_COOKIE"] == "a=1; b=2"


def test_a_header_keeps_every_byte(server):
    seen = server.get("/", "Authorization: Bearer \xff\xfe\x80 a\tb").json()

    assert seen["HTTP_AUTHORIZATION"] == "Bearer \xff\xfe\x80 a\tb"


def test_a_header_with_an_underscore_cannot_pose_as_one_with_a_hyphen(server):
    seen = server.get("/", "X_Forwarded_For: 6.6.6.6", "Content_Length: 5").json()

    assert "HTTP_X_FORWARDED_FOR" not in seen
    assert "CONTENT_LENGTH" not in seen


def test_the_application_sees_the_connection_and_none_of_the_processs_environment(server):
    seen = server.get("/").json()

    assert seen["REMOTE_ADDR"] == "127.0.0.1"
    assert int(seen["REMOTE_PORT"]) > 0
    assert (seen["SERVER_NAME"], seen["SERVER_PORT"]) == ("127.0.0.1", str(server.port))
    assert seen["wsgi.url_scheme"] == "http"
    assert "TEST_NOTES" not in seen
    assert "PATH" not in seen


def test_a_body_arrives_whole_with_or_without_its_length(server):
    plain = b"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nhello"
    chunked = (
        b"POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"
    )
    for request in (plain, chunked):
        seen = server.send(request).json()
        assert (seen["body"], seen["CONTENT_LENGTH"]) == ("hello", "5")
        assert "HTTP_TRANSFER_ENCODING" not in seen


def test_a_body_of_the_largest_size_is_taken(server):
    url, key = f"http://127.0.0.1:{server.port}/limited", {"X-Payer": "key"}
    answer = requests.post(url, b"x" * MAX_BODY, headers=key, timeout=10)

    assert answer.json()["body"] == "x" * MAX_BODY


@pytest.mark.parametrize("size", [MAX_BODY + 1, 20_000_000])
def test_a_body_over_the_limit_is_refused_by_the_application(server, size):
    answer = requests.post(f"http://127.0.0.1:{server.port}/limited", b"x" * size, timeout=10)

    assert answer.status_code == 413


def test_a_chunked_body_over_the_limit_is_refused_though_it_never_said_its_size(server):
    def chunks():
        for _ in range(50):
            yield b"x" * 50_000

    url, key = f"http://127.0.0.1:{server.port}/limited", {"X-Payer": "key"}
    answer = requests.post(url, chunks(), headers=key, timeout=10)

    assert answer.status_code == 413


def test_a_refused_body_does_not_become_the_next_request(server):
    smuggled = b"GET /three HTTP/1.1\r\nHost: t\r\n\r\n"
    body = smuggled.ljust(MAX_BODY + 1, b"x")
    head = f"POST /limited HTTP/1.1\r\nHost: t\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with server.connect() as sock:
        sock.sendall(head + body + b"GET /who HTTP/1.1\r\nHost: t\r\n\r\n")
        answers = Several(sock)
        assert read(answers).status == 413
        assert "pid" in read(answers).json()


def test_a_body_that_breaks_off_never_reaches_the_application(server):
    with server.connect() as sock:
        sock.sendall(b"POST /limited HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nabc")
        sock.shutdown(1)
        assert read(sock).status == 400


def test_slow_uploads_hold_no_thread(server):
    uploads = [server.connect() for _ in range(8)]  # the server has four threads
    try:
        for sock in uploads:
            sock.sendall(b"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nhalf ")
        start = time.monotonic()
        assert server.get("/who").status == 200
        assert time.monotonic() - start < 0.5

        for sock in uploads:
            sock.sendall(b"whole")
            assert read(sock).json()["body"] == "half whole"
    finally:
        for sock in uploads:
            sock.close()


def test_requests_that_wait_leave_their_place_to_others(server):
    """Few threads work at a time, so that they do not wait for each other; these wait, so all four run."""
    for _ in range(2):
        guests = [server.connect() for _ in range(4)]
        for sock in guests:
            sock.sendall(b"GET /meet HTTP/1.1\r\nHost: t\r\n\r\n")
        assert [read(sock).status for sock in guests] == [200] * 4
        for sock in guests:
            sock.close()


def test_an_iterator_is_sent_chunk_by_chunk(server):
    with server.connect() as sock:
        sock.sendall(b"GET /stream HTTP/1.1\r\nHost: t\r\n\r\n")
        start = time.monotonic()
        received = b""
        while received.count(b"tick") < 3:
            received += sock.recv(1000)
        assert time.monotonic() - start < 1
        assert b"transfer-encoding: chunked" in received


def test_a_stream_that_ends_is_complete(server):
    answer = server.get("/three")

    assert answer.body == b"one two three"
    assert answer.header("transfer-encoding") == "chunked"


@pytest.mark.parametrize("path", ["/stream", "/flood", "/silent"])
def test_a_stream_is_closed_within_a_second_of_its_clients_leaving(server, path):
    closed = f"closed-{path[1:]}"
    with server.connect() as sock:
        sock.sendall(f"GET {path}?{path[1:]} HTTP/1.1\r\nHost: t\r\n\r\n".encode())
        assert sock.recv(1000)
        time.sleep(0.3)
        assert not server.noted(closed)

    assert eventually(lambda: server.noted(closed)) < 1


def test_an_application_runs_no_further_ahead_than_its_client_reads(server):
    def count():
        return int((server.notes / "count-ahead").read_text() or 0)

    with server.connect() as sock:
        sock.sendall(b"GET /flood?ahead HTTP/1.1\r\nHost: t\r\n\r\n")
        time.sleep(1)
        before = count()
        time.sleep(0.5)
        assert count() == before
        assert before * 65536 < 30_000_000


def test_head_has_the_headers_and_no_body(server):
    answer = server.send(b"HEAD / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n", method="HEAD")

    assert int(answer.header("content-length")) > 100
    assert answer.body == b""


def test_head_on_a_stream_does_not_run_it(server):
    assert server.get("/stream?head", method="HEAD").body == b""
    assert server.noted("closed-head")
    assert not server.noted("count-head")


def test_no_content_is_no_content(server):
    with server.connect() as sock:
        sock.sendall(b"GET /nothing HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
        received = b""
        while part := sock.recv(1000):
            received += part
    assert received.startswith(b"HTTP/1.1 204 ")
    assert received.endswith(b"\r\n\r\n")


def test_an_error_outside_flask_is_a_500_that_tells_nothing(server):
    answer = server.get("/broken?key=fj_query", "Authorization: Bearer fj_header")
    log = (server.notes / "log").read_text()

    assert answer.status == 500
    assert answer.json()["code"] == "internal"
    assert b"detail" not in answer.body
    assert "GET /broken" in log
    assert "fj_query" not in log
    assert "fj_header" not in log


def test_a_stream_that_fails_does_not_look_complete(server):
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        requests.get(f"http://127.0.0.1:{server.port}/breaks-off", timeout=10)
