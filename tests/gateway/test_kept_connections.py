"""Connections to upstreams are kept, and one that was closed meanwhile is nobody's loss."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import brotli
import pytest

from forjinn.connections import AT_ONCE_SECONDS
from tests.gateway.calling import ASKED, BASE, Gateway, refused
from tests.providers import Provider, completion
from tests.web import ClosesAtTheSecond, answer_of, listening

SAID = json.dumps(completion("ok")).encode()


def test_a_connection_that_is_closed_when_it_is_used_again_is_replaced(gateway: Gateway) -> None:
    upstream = ClosesAtTheSecond(SAID)
    with listening(upstream.serve) as url:
        gateway.add("small", f"{url}/v1")
        for _ in range(3):
            assert gateway.post().status_code == 200

    # The second was sent twice: on the connection that was kept, and on a new one.
    assert [len(requests) for requests in upstream.requests] == [2, 1, 1]


def test_a_new_connection_that_is_closed_without_an_answer_is_not_asked_again(gateway: Gateway) -> None:
    asked: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        asked.append(connection.recv(1 << 16))

    with listening(serve) as url:
        gateway.add("small", f"{url}/v1")
        said = refused(gateway.post(), 502, "upstream_unreachable")

    assert said == "The model 'small' cannot be reached: it closed the connection without an answer."
    assert len(asked) == 1


def breaks_off(connection: socket.socket) -> None:
    connection.sendall(answer_of(SAID)[:20])


def works_and_ends(_connection: socket.socket) -> None:
    time.sleep(AT_ONCE_SECONDS + 0.1)


@pytest.mark.parametrize("second", [breaks_off, works_and_ends])
def test_a_model_that_may_have_done_the_work_is_not_asked_again(
    gateway: Gateway, second: Callable[[socket.socket], None]
) -> None:
    asked: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        asked.append(connection.recv(1 << 16))
        connection.sendall(answer_of(SAID))
        asked.append(connection.recv(1 << 16))
        second(connection)

    with listening(serve) as url:
        gateway.add("small", f"{url}/v1")
        assert gateway.post().status_code == 200
        refused(gateway.post(), 502, "upstream_unreachable")

    assert len(asked) == 2


def test_head_and_body_of_a_request_arrive_together(gateway: Gateway) -> None:
    upstream = ClosesAtTheSecond(SAID)
    with listening(upstream.serve) as url:
        gateway.add("small", f"{url}/v1")
        gateway.post()

    head, _, body = upstream.requests[0][0].partition(b"\r\n\r\n")
    assert json.loads(body)["model"] == "upstream-7b"
    assert b"Content-Length: %d" % len(body) in head


@pytest.mark.parametrize("length", [65_000, 65_536, 5_000_000])
def test_a_long_request_arrives_whole(gateway: Gateway, model: str, provider: Provider, length: int) -> None:
    question = "ü" * (length // 2)
    provider.says(completion("ok"))
    assert gateway.post(messages=[{"role": "user", "content": question}]).status_code == 200

    assert provider.received[-1]["messages"][0]["content"] == question


PACKED = {
    "gzip": gzip.compress(SAID),
    "deflate": zlib.compress(SAID),
    "br": brotli.compress(SAID),
    # Not a packing at all, and yet some say so.
    "": SAID,
    "none": SAID,
    "utf-8": SAID,
    "identity": SAID,
}


@pytest.mark.parametrize("coding", PACKED)
def test_an_answer_that_is_packed_unasked_is_unpacked(
    gateway: Gateway, model: str, provider: Provider, coding: str
) -> None:
    provider.says(PACKED[coding], 200, Content_Encoding=coding)

    assert gateway.post().json == completion("ok")


def test_a_refusal_without_a_body_may_claim_to_be_packed(
    gateway: Gateway, model: str, provider: Provider
) -> None:
    provider.says(b"", 413, Content_Encoding="gzip")

    assert gateway.post().status_code == 413


def test_after_many_calls_at_once_one_whose_connections_were_all_closed_is_answered(gateway: Gateway) -> None:
    all_asked = threading.Barrier(4)

    def serve(connection: socket.socket) -> None:
        if connection.recv(1 << 16):
            with suppress(threading.BrokenBarrierError):
                all_asked.wait(5)
            connection.sendall(answer_of(SAID))
            connection.recv(1 << 16)

    def call(_number: int) -> int:
        headers = {"Authorization": f"Bearer {gateway.key}"}
        client = gateway.app.test_client()
        return client.post(f"{BASE}/chat/completions", json=ASKED, headers=headers).status_code

    with listening(serve) as url, ThreadPoolExecutor(4) as callers:
        gateway.add("small", f"{url}/v1")
        assert list(callers.map(call, range(4))) == [200] * 4
        all_asked.abort()
        assert call(5) == 200
