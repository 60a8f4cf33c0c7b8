"""How much of whose body a server process takes, and when it gives up, over real sockets."""

import time
from contextlib import ExitStack, contextmanager

import pytest

from tests.server.apps import MAX_BODY, MAX_HELD, STALL_SECONDS, STRANGER_BODY
from tests.server.process import eventually, read

LARGE = STRANGER_BODY + 1


def head(path, size, *lines):
    return "\r\n".join(
        [f"POST {path} HTTP/1.1", "Host: t", f"Content-Length: {size}", *lines, "", ""]
    ).encode()


def post(server, path, size, *lines):
    return server.send(head(path, size, *lines) + b"x" * size)


@contextmanager
def unfinished(server, count, size, *lines):
    """So many requests, of which all but the last byte was sent."""
    with ExitStack() as stack:
        for _ in range(count):
            sock = stack.enter_context(server.connect())
            sock.sendall(head("/known", size, *lines) + b"x" * (size - 1))
        time.sleep(0.2)
        yield


def test_a_body_that_makes_no_progress_is_given_up(server):
    for sent in (b"", b"x", b"x" * STRANGER_BODY):
        with server.connect() as sock:
            sock.sendall(head("/known", len(sent) + 5) + sent)
            start = time.monotonic()
            answer = read(sock)
            assert (answer.status, answer.json()["code"]) == (408, "body_stalled")
            assert STALL_SECONDS * 0.9 < time.monotonic() - start < STALL_SECONDS + 2
            # The connection ends with it: what may still come is no request.
            assert sock.recv(1) == b""


def test_a_body_in_chunks_that_makes_no_progress_is_given_up(server):
    with server.connect() as sock:
        sock.sendall(b"POST /known HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n")
        assert read(sock).status == 408


def test_a_slow_body_that_makes_progress_is_taken(server):
    with server.connect() as sock:
        sock.sendall(head("/known", 4))
        for _ in range(4):
            time.sleep(STALL_SECONDS * 0.6)
            sock.sendall(b"x")
        assert read(sock).body == b"None 4"


def test_a_small_body_needs_no_question_before_it_is_read(server):
    assert post(server, "/known?me", STRANGER_BODY).body == f"None {STRANGER_BODY}".encode()


@pytest.mark.parametrize("size", [LARGE, MAX_BODY])
def test_a_large_body_is_read_after_its_head_was_accepted_and_what_was_known_is_handed_on(server, size):
    assert post(server, "/known?me", size, "X-Payer: key").body == f"me {size}".encode()


def test_a_large_body_in_chunks_is_read_after_its_head_was_accepted(server):
    chunk = b"%x\r\n%s\r\n" % (LARGE // 2, b"x" * (LARGE // 2))
    start = b"POST /known?me HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = server.send(start + chunk * 3 + b"0\r\n\r\n")
    assert answer.body == f"me {LARGE // 2 * 3}".encode()


def test_a_large_body_arrives_as_it_was_sent(server):
    body = bytes(range(256)) * (MAX_BODY // 256)
    with server.connect() as sock:
        sock.sendall(head("/", len(body), "X-Payer: key"))
        for start in range(0, len(body), 30_000):
            sock.sendall(body[start : start + 30_000])
            time.sleep(0.02)
        assert read(sock).json()["body"].encode("latin-1") == body


def test_whose_head_is_refused_need_not_send_the_body(server):
    answer = server.send(head("/closed", LARGE))
    assert (answer.status, answer.body) == (401, b"closed")


def test_a_refused_body_in_chunks_does_not_become_the_next_request(server):
    smuggled = b"GET /who HTTP/1.1\r\nHost: t\r\n\r\n"
    body = smuggled.ljust(LARGE, b"x")
    start = b"POST /closed HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
    with server.connect() as sock:
        sock.sendall(start + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
        assert read(sock).status == 401


def test_unfinished_bodies_of_strangers_leave_room_for_those_who_are_known(server):
    with unfinished(server, MAX_HELD // 16 // STRANGER_BODY, STRANGER_BODY):
        # One address has a sixteenth.
        refused = post(server, "/known", STRANGER_BODY)
        assert (refused.status, refused.header("retry-after")) == (503, "1")
        assert refused.json()["code"] == "unavailable"
        for size in (1, STRANGER_BODY, MAX_BODY):
            assert post(server, "/known", size, "X-Payer: key").status == 200
    eventually(lambda: post(server, "/known", STRANGER_BODY).status == 200)


def test_unfinished_bodies_of_one_key_leave_room_for_another(server):
    with unfinished(server, MAX_HELD // MAX_BODY, MAX_BODY, "X-Payer: one"):
        assert post(server, "/known", MAX_BODY, "X-Payer: one").status == 503
        assert post(server, "/known", MAX_BODY, "X-Payer: other").status == 200
        # A small one is taken as a stranger's.
        assert post(server, "/known", 100).status == 200
    eventually(lambda: post(server, "/known", MAX_BODY, "X-Payer: one").status == 200)


def test_all_bodies_together_are_bounded(server):
    with (
        unfinished(server, 5, MAX_BODY, "X-Payer: one"),
        unfinished(server, 5, MAX_BODY, "X-Payer: other"),
    ):
        assert post(server, "/known", MAX_BODY, "X-Payer: third").status == 503
    eventually(lambda: post(server, "/known", MAX_BODY, "X-Payer: third").status == 200)
