"""Small WSGI applications that the tests put behind the bridge."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path

from forjinn.bridge import Bridge
from forjinn.server import end_with_parent

end_with_parent()

STRANGER_BODY, MAX_BODY, MAX_HELD = 20_000, 100_000, 1_000_000
STALL_SECONDS = 2.0
NOTES = Path(os.environ.get("TEST_NOTES", "/nonexistent"))


def note(name, text=""):
    (NOTES / name).write_text(text)


def application(environ, start_response):
    page = PAGES.get(environ["PATH_INFO"], show)
    head = environ.get("forjinn.head")
    if head is not None and not head.accepted and page is not closed:
        head.accept(MAX_BODY, environ.get("HTTP_X_PAYER"), known=environ["QUERY_STRING"])
        page = nothing
    return page(environ, start_response)


def closed(environ, start_response):
    """Lets no body come."""
    start_response("401 Unauthorized", [("Content-Length", "6")])
    return [b"closed"]


def known(environ, start_response):
    """What the application said when it saw the head; nothing when the body came at once."""
    head = environ.get("forjinn.head")
    said = f"{head and head.known} {len(environ['wsgi.input'].read())}".encode()
    start_response("200 OK", [("Content-Length", str(len(said)))])
    return [said]


def show(environ, start_response):
    """The environ, as the application sees it."""
    body = environ["wsgi.input"].read()
    seen = {k: v for k, v in environ.items() if isinstance(v, str | bool | int)}
    answer = json.dumps(seen | {"body": body.decode("latin-1")}).encode()
    start_response(
        "200 OK",
        [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))],
    )
    return [answer]


def limited(environ, start_response):
    """Refuses by CONTENT_LENGTH, as Flask does."""
    if int(environ.get("CONTENT_LENGTH") or 0) > MAX_BODY:
        start_response("413 Content Too Large", [("Content-Length", "9")])
        return [b"too large"]
    return show(environ, start_response)


class Stream:
    """Ten chunks a second, for as long as somebody reads; notes when it is closed."""

    def __init__(self, environ, chunk=b"tick\n", pause=0.1):
        self.chunk, self.pause = chunk, pause
        self.name = environ["QUERY_STRING"]
        self.count = 0

    def __iter__(self):
        return self

    def __next__(self):
        time.sleep(self.pause)
        self.count += 1
        note(f"count-{self.name}", str(self.count))
        return self.chunk

    def close(self):
        note(f"closed-{self.name}")


def stream(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/event-stream")])
    return Stream(environ)


def flood(environ, start_response):
    """As fast as it may."""
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    return Stream(environ, b"x" * 65536, 0)


def silent(environ, start_response):
    """A stream that waits for something, and looks whether somebody still waits for it."""
    start_response("200 OK", [("Content-Type", "text/event-stream")])

    def chunks():
        try:
            yield b"begin\n"
            while not environ["forjinn.client_gone"]():
                time.sleep(0.05)
        finally:
            note(f"closed-{environ['QUERY_STRING']}")

    return chunks()


def three(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return iter([b"one ", b"two ", b"three"])


def broken(environ, start_response):
    raise ValueError("a secret detail")


def breaks_off(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])

    def chunks():
        yield b"the beginning"
        raise ValueError("a secret detail")

    return chunks()


def nothing(environ, start_response):
    start_response("204 No Content", [])
    return [b"should not be sent"]


def slow(environ, start_response):
    note("began")
    time.sleep(1.5)
    note("ended")
    start_response("200 OK", [("Content-Length", "4")])
    return [b"slow"]


MEETING = threading.Barrier(4)


def meet(environ, start_response):
    """Answers when four requests are here, which wait for each other without a word to the bridge."""
    MEETING.wait(10)
    start_response("200 OK", [("Content-Length", "3")])
    return [b"met"]


def who(environ, start_response):
    body = json.dumps({"pid": os.getpid(), "threads": threading.active_count()}).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


def embedded(environ, start_response):
    body = json.dumps([os.environ.get(f"FORJINN_EMBEDDED_{n}") for n in ("URL", "KEY")]).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


PAGES = {
    "/closed": closed,
    "/known": known,
    "/limited": limited,
    "/stream": stream,
    "/flood": flood,
    "/silent": silent,
    "/three": three,
    "/broken": broken,
    "/breaks-off": breaks_off,
    "/nothing": nothing,
    "/slow": slow,
    "/meet": meet,
    "/who": who,
    "/embedded": embedded,
}

app = Bridge(
    application,
    threads=4,
    stranger_body=STRANGER_BODY,
    largest_body=MAX_BODY,
    most_held=MAX_HELD,
    stall_seconds=STALL_SECONDS,
    on_shutdown=lambda: [lambda: 1 / 0, lambda: note("flushed")],
)
