"""Forjinn: API keys for AI flows."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask
from sqlalchemy import make_url
from werkzeug.middleware.proxy_fix import ProxyFix

from forjinn import (
    cookies,
    database,
    demo,
    headers,
    health,
    home,
    host_names,
    hosts,
    limits,
    names,
    problems,
    rendering,
    secret_key,
    serving,
    settings,
    shares,
)
from forjinn.accounts import sessions
from forjinn.accounts import views as accounts
from forjinn.apikeys import commands as apikey_commands
from forjinn.apikeys import flow_calls
from forjinn.apikeys import listing as apikey_listing
from forjinn.apikeys import transfer_views as transfer
from forjinn.apikeys import views as apikeys
from forjinn.apikeys.usage import Recorder
from forjinn.extensions import compress, csrf, db, login_manager, migrate
from forjinn.fast import Reader
from forjinn.flows import commands as flow_commands
from forjinn.flows import history_views as history
from forjinn.flows import making_views as making
from forjinn.flows import managing_views as managing
from forjinn.flows import runs, settings_views, variable_commands
from forjinn.flows import trying_views as trying
from forjinn.flows import views as flows
from forjinn.flows.canvas import panel_views as canvas_panel
from forjinn.flows.canvas import run_views as canvas_run
from forjinn.flows.canvas import views as canvas
from forjinn.flows.library import Library
from forjinn.flows.memory import Memory
from forjinn.gateway import commands as gateway_commands
from forjinn.gateway import money
from forjinn.gateway.api import views as gateway_api
from forjinn.gateway.configurations import commands as gateway_configuration_commands
from forjinn.gateway.keys import commands as gateway_key_commands
from forjinn.gateway.quota import Quota
from forjinn.gateway.rotation import Rotation
from forjinn.gateway.screens import configurations as gateway_configurations
from forjinn.gateway.screens import keys as gateway_keys
from forjinn.gateway.screens import models as gateway_models
from forjinn.gateway.screens import requests as gateway_requests
from forjinn.gateway.screens import upstreams as gateway_upstreams
from forjinn.gateway.screens import usage as gateway_usage
from forjinn.gateway.usage.recorder import Recorder as GatewayRecorder
from forjinn.prediction import answers, origins
from forjinn.prediction import views as prediction
from forjinn.workspaces import commands as workspace_commands
from forjinn.workspaces import context, member_commands

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

ROOT = Path(__file__).parent.parent
MOST_CONNECTIONS = 8
BLUEPRINTS = (
    health.bp,
    home.bp,
    accounts.bp,
    apikeys.bp,
    transfer.bp,
    flows.bp,
    making.bp,
    managing.bp,
    trying.bp,
    canvas.bp,
    canvas_panel.bp,
    canvas_run.bp,
    history.bp,
    settings_views.bp,
    prediction.keyed,
    prediction.beside,
    gateway_api.bp,
    gateway_models.bp,
    gateway_upstreams.bp,
    gateway_configurations.bp,
    gateway_keys.bp,
    gateway_usage.bp,
    gateway_requests.bp,
)
COMMANDS = (
    member_commands.users,
    workspace_commands.workspaces,
    workspace_commands.roles,
    apikey_commands.apikeys,
    flow_commands.chatflows,
    variable_commands.variables,
    gateway_commands.models,
    gateway_configuration_commands.gateway_configurations,
    gateway_key_commands.gateway_keys,
    serving.serve,
    demo.demo,
)


class App(Flask):
    """Flask without views that are coroutines, so that it need not look for one at every call of a hook."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def create_app(environ: Mapping[str, str] | None = None) -> Flask:
    """The application, made from settings. Ends the process with one line when a setting is wrong."""
    app = App("forjinn", root_path=str(ROOT))
    app.request_class = limits.Request
    # Before any route: `//` must not redirect, which would break a CORS preflight.
    app.url_map.merge_slashes = False
    try:
        _configure(app, settings.load(environ))
    except settings.SettingError as error:
        sys.exit(f"forjinn: {error}")
    except OSError as error:
        sys.exit(f"forjinn: FORJINN_INSTANCE: {error.strerror}: {error.filename}")
    _extend(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    for command in COMMANDS:
        app.cli.add_command(command)
    return app


def _configure(app: Flask, values: dict[str, Any]) -> None:
    url, instance = values["DATABASE_URL"], values["FORJINN_INSTANCE"]
    app.config.update(values)
    app.config.update(
        SECRET_KEY=secret_key.resolve(values["FORJINN_SECRET_KEY"], instance),
        SQLALCHEMY_DATABASE_URI=url,
        SQLALCHEMY_ENGINE_OPTIONS=database.engine_options(url, _connections(values)),
        SESSION_COOKIE_NAME=cookies.NAME,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,
        # The guards check the token, after who sends the form and before its view: see `guards.accept_form`.
        WTF_CSRF_CHECK_DEFAULT=False,
        COMPRESS_REGISTER=False,
        COMPRESS_ALGORITHM=["br", "gzip"],
        COMPRESS_BR_LEVEL=5,
    )
    if make_url(url).get_backend_name() == "sqlite":
        instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    app.wsgi_app = _with_hosts(app.wsgi_app, values)  # type: ignore[assignment,method-assign]


def _with_hosts(wsgi_app: WSGIApplication, values: dict[str, Any]) -> WSGIApplication:
    """With what finds out, before Flask, which host was asked and whether that is one of ours."""
    allowed = values["FORJINN_ALLOWED_HOSTS"]
    if allowed and (own := host_names.host_of_url(values["FORJINN_BASE_URL"])):
        # The address that people use is answered without being named twice.
        allowed |= {own}
    wsgi_app = hosts.Hosts(wsgi_app, allowed)
    if trusted := values["FORJINN_TRUSTED_PROXIES"]:
        wsgi_app = ProxyFix(wsgi_app, x_for=trusted, x_proto=trusted, x_host=trusted)
    return wsgi_app


def _extend(app: Flask) -> None:
    app.session_interface = cookies.Sessions()
    for extension in (db, csrf, login_manager, compress):
        extension.init_app(app)
    migrate.init_app(app, db, directory=str(ROOT / "migrations"), compare_type=True)
    login_manager.session_protection = None
    login_manager.user_loader(sessions.load)
    login_manager.unauthorized_handler(problems.sign_in_first)
    with app.app_context():
        database.prepare(db.engine)
        app.extensions["forjinn.usage"] = Recorder(db.engine, app.config["FORJINN_USAGE_FLUSH_SECONDS"])
        app.extensions["forjinn.gateway_usage"] = GatewayRecorder(
            db.engine, app.config["FORJINN_USAGE_FLUSH_SECONDS"], app.config["FORJINN_RUN_DAYS"]
        )
        app.extensions["forjinn.gateway_quota"] = Quota(
            db.engine, app.config["REDIS_URL"], app.config["FORJINN_USAGE_FLUSH_SECONDS"]
        )
        app.extensions["forjinn.runs"] = _runs(app)
        app.extensions["forjinn.memory"] = Memory(db.engine)
    reader = app.extensions["forjinn.reader"] = Reader(app.config["DATABASE_URL"], _connections(app.config))
    app.extensions["forjinn.library"] = Library(reader)
    app.extensions["forjinn.rotation"] = Rotation()
    # What the server calls when a process ends.
    app.extensions["forjinn.shutdown"] = [
        app.extensions[f"forjinn.{name}"].stop for name in ("usage", "runs", "gateway_usage", "gateway_quota")
    ]
    app.extensions["forjinn.health"] = Reader(app.config["DATABASE_URL"], 1)
    # `shares` first, so that its hook runs last, on the response as it is sent.
    for part in (shares, rendering, context, problems, headers):
        part.init(app)
    app.jinja_env.globals["flows_to_call"] = flows.to_call
    # Flows know nothing of keys; what shows a run or who calls a flow asks here.
    app.extensions["forjinn.key_names"] = apikey_listing.names_of
    app.extensions["forjinn.flow_callers"] = flow_calls.callers
    app.extensions["forjinn.flow_calls"] = flow_calls.by_key
    app.jinja_env.filters["money"] = money.shown
    app.jinja_env.filters["folded"] = names.folded
    app.before_request(limits.check_target)
    app.before_request(hosts.refuse_host)
    app.before_request(answers.one_slash)
    app.after_request(origins.answer_to)


def _connections(config: Mapping[str, Any]) -> int:
    """For each of the two pools of a process. Most of its threads wait for a model, and hold none."""
    return min(int(config["FORJINN_THREADS"]), MOST_CONNECTIONS)


def _runs(app: Flask) -> runs.Recorder:
    config = app.config
    return runs.Recorder(
        db.engine,
        config["FORJINN_USAGE_FLUSH_SECONDS"],
        config["FORJINN_RUN_DAYS"],
        config["FORJINN_CONVERSATION_DAYS"],
    )
