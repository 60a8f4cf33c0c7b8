"""A WSGI environ (PEP 3333) made from an ASGI HTTP scope."""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes

Environ = dict[str, Any]

_SAME_FOR_ALL: Environ = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
    "wsgi.input_terminated": True,
}

_WITHOUT_PREFIX = {b"content-type": "CONTENT_TYPE", b"content-length": "CONTENT_LENGTH"}


def environ_of(scope: dict[str, Any]) -> Environ:
    """Everything of a request but its body; nothing of the process's own environment.

    Header values are latin-1 strings, byte for byte. Repeated headers are joined with a comma,
    so that two `Authorization` headers cannot look like one.
    """
    client, server = scope.get("client") or ("", ""), scope.get("server") or ("localhost", "80")
    environ: Environ = {
        **_SAME_FOR_ALL,
        "REQUEST_METHOD": scope["method"],
        "PATH_INFO": path_info(scope["raw_path"]),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": "HTTP/" + scope["http_version"],
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.errors": sys.stderr,
    }
    for name, value in scope["headers"]:
        key = _environ_key(name)
        if key is None:
            continue
        text = value.decode("latin-1")
        if key in environ:
            # A cookie holds no comma-separated list (RFC 9113 §8.2.3).
            text = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{text}"
        environ[key] = text
    return environ


def path_info(raw_path: bytes) -> str:
    """The path as WSGI wants it: percent-decoded, as a latin-1 string.

    A path under /api or /gateway is left as it was sent. Decoding would turn
    `/api/v1/prediction%2F<id>` into another path, past whatever a proxy allowed; and the one escape that
    is needed there, in the name of a model, is decoded by its view.
    """
    if b"%" not in raw_path or is_api_path(raw_path):
        return raw_path.decode("latin-1")
    return unquote_to_bytes(raw_path).decode("latin-1")


def is_api_path(raw_path: bytes) -> bool:
    """Whether somebody who writes this path means an API, however it is spelled."""
    return _begins(raw_path, b"api") or is_gateway_path(raw_path)


def is_gateway_path(raw_path: bytes) -> bool:
    """The same of the API Gateway, which speaks OpenAI's protocol."""
    return _begins(raw_path, b"gateway")


def _begins(raw_path: bytes, word: bytes) -> bool:
    return unquote_to_bytes(raw_path).lstrip(b"/\\")[: len(word)].lower() == word


@lru_cache(maxsize=512)
def _environ_key(name: bytes) -> str | None:
    # `X_Forwarded_For` and `X-Forwarded-For` would share a key: a client could forge the latter.
    if b"_" in name:
        return None
    if name in _WITHOUT_PREFIX:
        return _WITHOUT_PREFIX[name]
    return "HTTP_" + name.decode("latin-1").upper().replace("-", "_")
