"""How large a request may be: small, but where keys or a flow are imported, or a model is called."""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import BytesIO
from typing import IO, Any

import flask
from flask import current_app

from forjinn.cookies import NAME

# Also the settings of a node: a node may have 512 kB, which a form writes three times as long.
IMPORT = re.compile(r"/w/[^/]+/((api-keys|flows)/import|flows/[^/]+/canvas/.+)")


def largest_body(config: Mapping[str, Any], environ: Mapping[str, Any]) -> int:
    """The largest body of a request, in bytes. Only who shows a cookie or a key may send a large one."""
    path, setting = environ["PATH_INFO"], "FORJINN_MAX_REQUEST_BYTES"
    if IMPORT.fullmatch(path) and f"{NAME}=" in environ.get("HTTP_COOKIE", ""):
        setting = "FORJINN_MAX_IMPORT_BYTES"
    elif path.startswith("/gateway/") and " fjgw_" in environ.get("HTTP_AUTHORIZATION", ""):
        setting = "FORJINN_MAX_GATEWAY_BYTES"
    limit: int = config[setting]
    return limit


class Request(flask.Request):
    """Flask's request, with our limits, and without temporary files: an uploaded file may hold keys."""

    @property
    def max_content_length(self) -> int | None:
        return largest_body(current_app.config, self.environ)

    @max_content_length.setter
    def max_content_length(self, value: int | None) -> None:
        raise AttributeError("see forjinn.limits")

    @property
    def max_form_memory_size(self) -> int | None:
        """Of a form's fields; by itself, Flask would stop at 500 kB whatever else is allowed."""
        return self.max_content_length

    @max_form_memory_size.setter
    def max_form_memory_size(self, value: int | None) -> None:
        raise AttributeError("see forjinn.limits")

    def _get_file_stream(self, *_what: Any, **_about: Any) -> IO[bytes]:
        return BytesIO()
