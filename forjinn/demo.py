"""`flask demo`: a workspace to look at, with a flow that answers and a key to call it."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass

import click
from flask import current_app
from flask.cli import with_appcontext

from forjinn import server
from forjinn.accounts import service as accounts
from forjinn.accounts.models import User
from forjinn.apikeys import service as apikeys
from forjinn.command_line import speaks_plainly
from forjinn.errors import NotFound
from forjinn.flows import listing
from forjinn.flows import service as flows
from forjinn.flows.models import Flow
from forjinn.gateway import embedded
from forjinn.gateway import service as models
from forjinn.workspaces import service as workspaces
from forjinn.workspaces.models import Workspace

EMAIL = "admin@example.com"
KEY = "Demo key"
MODEL = "smollm2"
SYSTEM = "You are a friendly assistant of a web shop. Answer in one or two short sentences."
REPLY = {
    "description": "Answers without a model.",
    "nodes": [
        {
            "id": "startAgentflow_0",
            "type": "agentFlow",
            "position": {"x": 0, "y": 0},
            "data": {
                "id": "startAgentflow_0",
                "label": "Start",
                "name": "startAgentflow",
                "inputs": {"startInputType": "chatInput"},
            },
        },
        {
            "id": "directReplyAgentflow_0",
            "type": "agentFlow",
            "position": {"x": 260, "y": 0},
            "data": {
                "id": "directReplyAgentflow_0",
                "label": "Direct Reply",
                "name": "directReplyAgentflow",
                "inputs": {"directReplyMessage": "<p>You asked: {{ question }}</p>"},
            },
        },
    ],
    "edges": [
        {
            "id": "e0",
            "source": "startAgentflow_0",
            "target": "directReplyAgentflow_0",
            "type": "agentFlow",
        }
    ],
}


@dataclass
class Seeded:
    """What this run made anew; None where an earlier run did."""

    flows: list[Flow]
    password: str | None
    secret: str | None


@click.command("demo")
@click.option("--serve/--no-serve", default=True, help="Serve after seeding.")
@with_appcontext
@speaks_plainly
def demo(serve: bool) -> None:
    """Seed a demo workspace, print how to use it, and serve it with the embedded model."""
    config = current_app.config
    if serve:
        # Before anything is made: the key is shown once, and must not be lost to a port in use.
        server.check_address(config["HOST"], config["PORT"])
    with_model = embedded.available()
    base = config["FORJINN_BASE_URL"] or f"http://{config['HOST']}:{config['PORT']}"
    _tell(seed(with_model), base, with_model)
    if serve:
        server.serve(with_embedded=with_model)


def seed(with_model: bool) -> Seeded:
    """Make what is not there yet; keep what is."""
    try:
        workspace = workspaces.by_slug("demo")
    except NotFound:
        workspace = workspaces.create("Demo")
    user, password = _admin()
    made = _flows(workspace, user, with_model)
    try:
        apikeys.named(workspace, KEY)
        secret = None
    except NotFound:
        _key, secret = apikeys.issue(workspace, KEY, by=user)
    return Seeded(made, password, secret)


def _admin() -> tuple[User, str | None]:
    try:
        return accounts.user_by_email(EMAIL), None
    except NotFound:
        password = secrets.token_urlsafe(12)
        return accounts.create_user(EMAIL, password, name="Demo Admin", is_admin=True), password


def _flows(workspace: Workspace, user: User, with_model: bool) -> list[Flow]:
    there = {flow.name: flow for flow in listing.every(workspace)}
    if with_model and not any(model.name == MODEL for model in models.of(workspace)):
        models.add_embedded(workspace, MODEL)
    if with_model and "Shop assistant" not in there:
        flows.create_chatflow(workspace, "Shop assistant", model=MODEL, system=SYSTEM, by=user)
    if "Echo" not in there:
        flows.import_agentflow(workspace, json.dumps(REPLY), name="Echo", by=user)
    # The one that asks a model first: the curl line calls it.
    return sorted(listing.every(workspace), key=lambda flow: flow.name != "Shop assistant")


def _tell(seeded: Seeded, base: str, with_model: bool) -> None:
    say = click.echo
    say("")
    say(f"  Forjinn      {base}")
    say(f"  E-mail       {EMAIL}")
    if seeded.password:
        say(f"  Password     {seeded.password}")
    else:
        say(f"  Password     as the first start printed it; another one: flask users password {EMAIL}")
    for flow in seeded.flows:
        say(f"  Flow         {flow.id}  {flow.name}")
    if not with_model:
        say("  The embedded model does not exist for this platform, so no flow here asks a model.")
    say("")
    if not seeded.secret:
        say(f"  The key “{KEY}” was shown when it was made, once. For another one: API Keys, Add New Key.")
    else:
        say("  Paste this into another terminal (the key is shown this once):")
        say("")
        say(f"  curl -X POST {base}/api/v1/prediction/{seeded.flows[0].id} \\")
        say(f'    -H "Authorization: Bearer {seeded.secret}" \\')
        say('    -H "Content-Type: application/json" \\')
        say('    -d \'{"question": "What is the status of my order?"}\'')
    say("", nl=True)
