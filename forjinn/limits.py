"""How large a request may be: small, but for an import, the settings of a node, and a call of a model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import BytesIO
from typing import IO, Any

import flask
from flask import current_app

from forjinn.cookies import NAME

# A form of a node's settings holds all that the node holds, with three characters for many a byte.
LARGE = re.compile(r"/w/[^/]+/((api-keys|flows)/import|flows/[^/]+/canvas/node(/rows)?)")


def largest_body(config: Mapping[str, Any], environ: Mapping[str, Any]) -> int:
    """The largest body of a request, in bytes. Only who shows a cookie or a key may send a large one."""
    path, setting = environ["PATH_INFO"], "FORJINN_MAX_REQUEST_BYTES"
    if LARGE.fullmatch(path) and f"{NAME}=" in environ.get("HTTP_COOKIE", ""):
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
        """The same for a form: it is kept in memory whole, as all that is sent."""
        return self.max_content_length

    @max_form_memory_size.setter
    def max_form_memory_size(self, value: int | None) -> None:
        raise AttributeError("see forjinn.limits")

    def _get_file_stream(self, *_what: Any, **_about: Any) -> IO[bytes]:
        return BytesIO()
