"""What every template can use, and the choice between a page and its fragment."""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import humanize
from flask import (
    Flask,
    Response,
    current_app,
    get_flashed_messages,
    make_response,
    render_template,
    request,
    url_for,
)

from forjinn.database import now

THEMES = ("light", "dark", "system")


def wants_fragment() -> bool:
    """Whether htmx asks for a part of the page. Coming back through the history needs all of it."""
    return "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers


def partial_or_page(partial: str, page: str, /, status: int = 200, **context: Any) -> Response:
    """The same content as a fragment for htmx, or within its page for a plain browser."""
    htmx = wants_fragment()
    response = make_response(render_template(partial if htmx else page, htmx=htmx, **context), status)
    response.vary.add("HX-Request")
    return response


def said(response: Response, **headers: str) -> Response:
    """The response with htmx headers, such as HX_Trigger="keys-changed"."""
    for name, value in headers.items():
        response.headers[name.replace("_", "-")] = value
    return response


def ago(moment: datetime) -> str:
    return humanize.naturaltime(now() - moment)


def utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def duration(milliseconds: int) -> str:
    """Such as 340 ms, 1.2 s or 3 min 20 s."""
    if milliseconds < 1000:
        return f"{milliseconds} ms"
    seconds = milliseconds / 1000
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds) // 60} min {int(seconds) % 60} s"


def asset(file: str) -> str:
    """The URL of a static file, with its content in the address: cached for a year, never stale."""
    return url_for("static", filename=file, v=_version(Path(str(current_app.static_folder), file)))


@cache
def _version(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def theme() -> str:
    chosen = request.cookies.get("theme", "system")
    return chosen if chosen in THEMES else "system"


def base_url() -> str:
    """The address of this installation as people use it, without a slash at its end."""
    configured: str = current_app.config["FORJINN_BASE_URL"]
    # Werkzeug knows no host with an underscore, such as a container's.
    here = request.url_root if request.host else f"{request.scheme}://{request.environ['HTTP_HOST']}"
    return configured or here.rstrip("/")


def init(app: Flask) -> None:
    app.jinja_env.filters.update(
        ago=ago, utc=utc, iso=datetime.isoformat, number="{:,}".format, duration=duration
    )
    app.jinja_env.globals.update(asset=asset, flashes=get_flashed_messages)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.context_processor(lambda: {"theme": theme(), "htmx": wants_fragment()})
