"""Requests byte by byte, as no client library would send them."""

from __future__ import annotations

import socket
from http.client import HTTPResponse
from typing import NamedTuple

BODY = b'{"question": "hi"}'


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


def exchange(port: int, method: str, target: str, *lines: str, body: bytes = BODY) -> Answer:
    """Send one request with these further header lines; they may say how long the body is."""
    head = [f"{method} {target} HTTP/1.1", "Host: x", "Connection: close"]
    if not any(line.startswith("Content-Type") for line in lines):
        head.append("Content-Type: application/json")
    if not any(line.startswith(("Content-Length", "Transfer-Encoding")) for line in lines):
        head.append(f"Content-Length: {len(body)}")
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall("\r\n".join([*head, *lines, "", ""]).encode("latin-1") + body)
        response = HTTPResponse(connection, method=method)
        response.begin()
        headers = {name.lower(): value for name, value in response.getheaders()}
        answer = Answer(response.status, headers, response.read())
        response.close()
        return answer
