"""One import in a process of its own: prints by how many bytes the process's peak grew.

`python -m benchmarks.import_memory "command line"|browser FILE`, the settings as JSON on stdin.
"""

from __future__ import annotations

import io
import json
import resource
import shutil
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from flask import Flask

from benchmarks.bench_import import SLUG, file_of
from forjinn import create_app
from forjinn.accounts import service as accounts
from forjinn.apikeys.transfer import applying, planning, reading
from forjinn.extensions import db
from forjinn.memory import give_back_large_blocks
from forjinn.workspaces import service as workspaces
from tests.people import PASSWORD, Person, field

BOUNDARY = "----forjinn-benchmark"
PART = f"--{BOUNDARY}\r\nContent-Disposition: form-data"


def on_the_command_line(app: Flask, file: Path) -> None:
    with app.app_context():
        workspace = workspaces.by_slug("production")
        read = reading.read(file.read_bytes())
        planning.make(db.session(), workspace, read.entries, "add-new")
        applying.apply(workspace, read.entries, "add-new", by=None, sha256=read.sha256)


def in_the_browser(person: Person, body: Path) -> None:
    """As the server does: the body is held in one piece, then read as a form."""
    stream = io.BytesIO(body.read_bytes())
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    shown = person.client.post(f"{SLUG}/import", input_stream=stream, content_type=kind)
    assert shown.status_code == 303, shown.text
    plan = shown.location
    # The answer holds its request, and that the body, which a server lets go.
    del stream, shown
    page = person.get(plan).text
    done = person.post(plan, plan=field(page, "plan"))
    assert done.status_code == 303, done.text


def form(person: Person, file: Path) -> Path:
    """The body that a browser sends with the file, beside it."""
    token = field(person.get(f"{SLUG}/import").text, "csrf_token")
    body = file.with_suffix(f"{file.suffix}.form")
    with body.open("wb") as sent, file.open("rb") as keys:
        for name, value in (("csrf_token", token), ("mode", "add-new")):
            sent.write(f'{PART}; name="{name}"\r\n\r\n{value}\r\n'.encode())
        sent.write(f'{PART}; name="file"; filename="keys.json"\r\n\r\n'.encode())
        # In pieces: what this process holds beside the import would be counted with it.
        shutil.copyfileobj(keys, sent)
        sent.write(f"\r\n--{BOUNDARY}--\r\n".encode())
    return body


def peak() -> int:
    """The most bytes that this process has held. The `ru_maxrss` of Linux begins at the parent's."""
    status = Path("/proc/self/status")
    if status.exists():
        return 1024 * int(status.read_text().partition("VmHWM:")[2].split()[0])
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes * (1 if sys.platform == "darwin" else 1024)


def importing(app: Flask, way: str) -> Callable[[Path], None]:
    if way == "command line":
        return partial(on_the_command_line, app)
    with app.app_context():
        user = accounts.create_user("memory@example.com", PASSWORD)
        workspaces.grant(user, workspaces.by_slug("production"), "Admin")
    person = Person(app, user).signed_in()
    return lambda file: in_the_browser(person, form(person, file))


def main() -> None:
    way, file = sys.argv[1], Path(sys.argv[2])
    if way == "browser":
        # As each server process does.
        give_back_large_blocks()
    do = importing(create_app(json.load(sys.stdin)), way)
    small = file.with_suffix(".small")
    small.write_bytes(file_of(10, "Small"))
    # What is loaded and cached at the first time is no part of the import.
    do(small)
    before = peak()
    do(file)
    print(peak() - before)


if __name__ == "__main__":
    main()
