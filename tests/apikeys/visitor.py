"""A person in front of a real server: signs in over HTTP, and keeps the cookies."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import requests

from tests.people import PASSWORD, field
from tests.processes import Server

TIMEOUT = 30


class Visitor:
    def __init__(self, server: Server, email: str) -> None:
        self.url = server.url
        self.session = requests.Session()
        self.post("/login", page="/login", email=email, password=PASSWORD)

    def get(self, path: str) -> requests.Response:
        return self.session.get(self.url + path, timeout=TIMEOUT)

    def post(self, path: str, *, page: str = "/profile", **fields: str) -> requests.Response:
        fields["csrf_token"] = field(self.get(page).text, "csrf_token")
        return self.session.post(self.url + path, data=fields, timeout=TIMEOUT)

    def create_key(self, name: str) -> requests.Response:
        path = "/w/production/api-keys/new"
        return self.post(path, page=path, name=name, once=field(self.get(path).text, "once"))

    def create_keys_at_once(self, names: list[str]) -> list[requests.Response]:
        """Fill in a form for each, then send all of them at the same time, each on its own connection."""
        path = "/w/production/api-keys/new"
        forms = [self.get(path).text for _ in names]
        cookies = {cookie.name: cookie.value or "" for cookie in self.session.cookies}

        def send(form: str, name: str) -> requests.Response:
            data = {"name": name, "csrf_token": field(form, "csrf_token"), "once": field(form, "once")}
            return requests.post(self.url + path, data=data, cookies=cookies, timeout=TIMEOUT)

        with ThreadPoolExecutor(len(names)) as together:
            return list(together.map(send, forms, names))


def call(server: Server, flow_id: object, key: str) -> requests.Response:
    """A prediction on a connection of its own, so that it may reach any of the server's processes."""
    return requests.post(
        f"{server.url}/api/v1/prediction/{flow_id}",
        json={"question": "hi"},
        headers={"Authorization": f"Bearer {key}"},
        timeout=TIMEOUT,
    )
