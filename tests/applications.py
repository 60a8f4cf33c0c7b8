"""Applications of tests: real ones, without what each would do anew and always alike."""

from __future__ import annotations

import atexit
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Flask
from jinja2 import FileSystemBytecodeCache
from werkzeug.routing import Rule

from forjinn import create_app
from forjinn.extensions import db

SECRET_KEY = "tests-only-9f3kQ7vZx1LmB8wYd2RtC5uHj"
_folder = TemporaryDirectory(prefix="forjinn-templates-")
atexit.register(_folder.cleanup)
_builders: dict[tuple[str, str, bool], Callable[..., Any]] = {}
_compile_builder = Rule._compile_builder


def new_app(settings: Mapping[str, str]) -> Flask:
    """A real application, which takes the templates that an earlier one compiled."""
    app = create_app(settings)
    app.jinja_env.bytecode_cache = FileSystemBytecodeCache(_folder.name)
    return app


def _compiled_once(rule: Rule, append_unknown: bool = True) -> Callable[..., Any]:
    key = rule.rule, repr(rule.defaults), append_unknown
    if key not in _builders:
        _builders[key] = _compile_builder(rule, append_unknown)
    return _builders[key]


# Werkzeug compiles two functions for each route, which was a third of the time of a short test. They take
# the rule as an argument.
Rule._compile_builder = _compiled_once  # type: ignore[method-assign]


def environment(url: str, folder: Path) -> dict[str, str]:
    """Settings of a test's application or server process."""
    return {
        "DATABASE_URL": url,
        "FORJINN_INSTANCE": str(folder),
        "FORJINN_SECRET_KEY": SECRET_KEY,
        "FORJINN_BCRYPT_ROUNDS": "4",
        "FORJINN_USAGE_FLUSH_SECONDS": "0.1",
        "FORJINN_PROVIDER_SECONDS": "2",
    }


def close(app: Flask) -> None:
    for stop in app.extensions["forjinn.shutdown"]:
        stop()
    # Connections to models and others are kept open for the next call, which will not come.
    for name in ("forjinn.providers", "forjinn.fetch"):
        if name in app.extensions:
            app.extensions.pop(name).close()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    for name in ("reader", "health"):
        app.extensions[f"forjinn.{name}"].engine.dispose()
