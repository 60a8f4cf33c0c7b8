"""How large a request may be: small everywhere, but where somebody imports keys or a flow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import BytesIO
from typing import IO, Any

import flask
from flask import current_app

from forjinn.cookies import NAME

IMPORT = re.compile(r"/w/[^/]+/(api-keys|flows)/import")


def largest_body(config: Mapping[str, Any], environ: Mapping[str, Any]) -> int:
    """The largest body of a request, in bytes. Only who shows a session cookie may send a large one."""
    large = IMPORT.fullmatch(environ["PATH_INFO"]) and f"{NAME}=" in environ.get("HTTP_COOKIE", "")
    limit: int = config["FORJINN_MAX_IMPORT_BYTES" if large else "FORJINN_MAX_REQUEST_BYTES"]
    return limit


class Request(flask.Request):
    """Flask's request, with our limits, and without temporary files: an uploaded file may hold keys."""

    @property
    def max_content_length(self) -> int | None:
        return largest_body(current_app.config, self.environ)

    @max_content_length.setter
    def max_content_length(self, value: int | None) -> None:
        raise AttributeError("see forjinn.limits")

    def _get_file_stream(self, *_what: Any, **_about: Any) -> IO[bytes]:
        return BytesIO()
