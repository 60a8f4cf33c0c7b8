"""Calls through TLS lose no bytes, trust the name, and end as other calls do."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from forjinn.outgoing import Abandoned, Guard, client, patience
from tests.web import dripping, line

TIMEOUT = httpx2.Timeout(5)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n"


def test_bytes_that_come_slowly_through_tls_are_all_there(tls: tuple[ssl.SSLContext, httpx2.Client]) -> None:
    context, caller = tls

    def wrap(connection: socket.socket) -> socket.socket:
        return context.wrap_socket(connection, server_side=True)

    pieces = [b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", b"a", b"b", b"c", b"d"]
    with line(lambda talking: dripping(talking, pieces, 0.3), wrap) as served:
        assert caller.get(f"https://shop.example:{served.port}/").content == b"abcd"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_long_request_arrives_whole_although_it_is_read_late(
    tls: tuple[ssl.SSLContext, httpx2.Client], scheme: str
) -> None:
    context, caller = tls
    content = bytes(range(256)) * (32 << 10)

    def wrap(connection: socket.socket) -> socket.socket:
        return context.wrap_socket(connection, server_side=True) if scheme == "https" else connection

    def serve(talking: socket.socket) -> None:
        time.sleep(0.7)
        came = b""
        while not came.endswith(content[-4096:] + b"!"):
            came += talking.recv(1 << 20)
        talking.sendall(HEAD + (b"complete" if content in came else b"mangled!"))

    with line(serve, wrap) as served:
        url = f"{scheme}://shop.example:{served.port}/"
        answer = caller.post(url, content=b"first line".ljust(70_000) + content + b"!")
        assert answer.content == b"complete"


def test_a_stalled_tls_server_is_left_when_the_caller_leaves(
    tls: tuple[ssl.SSLContext, httpx2.Client],
) -> None:
    context, caller = tls
    gone = threading.Event()

    def wrap(connection: socket.socket) -> socket.socket:
        return context.wrap_socket(connection, server_side=True)

    with line(lambda _: gone.set(), wrap) as served:
        began = time.monotonic()
        with patience(gone=gone.is_set), pytest.raises(Abandoned):
            caller.get(f"https://shop.example:{served.port}/")
        assert time.monotonic() - began < 0.6
        assert served.closed.wait(0.5)


def test_a_server_that_never_answers_to_tls_is_left_when_the_caller_leaves(
    tls: tuple[ssl.SSLContext, httpx2.Client],
) -> None:
    _context, caller = tls
    gone = threading.Event()
    with line(lambda _: gone.set()) as served:
        began = time.monotonic()
        with patience(gone=gone.is_set), pytest.raises(Abandoned):
            caller.get(f"https://shop.example:{served.port}/")
        assert time.monotonic() - began < 0.6
        assert served.closed.wait(0.5)


def test_the_time_out_for_connecting_holds_for_tls(tls: tuple[ssl.SSLContext, httpx2.Client]) -> None:
    _context, caller = tls
    with line(lambda _: None) as served, pytest.raises(httpx2.ConnectTimeout):
        caller.get(f"https://shop.example:{served.port}/", timeout=httpx2.Timeout(5, connect=0.3))


def test_the_certificate_must_be_for_the_name_although_the_address_is_called(
    tls: tuple[ssl.SSLContext, httpx2.Client],
) -> None:
    context, caller = tls
    names: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: names.append(name)

    def wrap(connection: socket.socket) -> socket.socket:
        return context.wrap_socket(connection, server_side=True)

    with line(lambda talking: talking.sendall(HEAD + b"12345678"), wrap) as served:
        assert caller.get(f"https://shop.example:{served.port}/").content == b"12345678"
        with pytest.raises(httpx2.ConnectError, match="mismatch"):
            caller.get(f"https://other.example:{served.port}/")
    assert names == ["shop.example", "other.example"]


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[ssl.SSLContext, httpx2.Client]]:
    """A server's context for shop.example, and a client that trusts it and finds every name here."""
    certificate = new_certificate(tmp_path, "shop.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    guard = Guard(lambda _host, _port: iter(["127.0.0.1"]), lambda _address: True)
    with client(guarded=True, timeout=TIMEOUT, guard=guard) as caller:
        yield context, caller


def new_certificate(folder: Path, host: str) -> Path:
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)]),
    )
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    no_password = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    (folder / "server.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, no_password) + certificate.public_bytes(pem)
    )
    return folder / "server.pem"
