"""A workspace's gateway configurations: an address each, with its keys and its models."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor

import flask_migrate
import pytest
from flask import Flask

from forjinn.errors import DomainError
from forjinn.gateway import service as models
from forjinn.gateway.configurations import service as configurations
from forjinn.gateway.keys import service as keys
from forjinn.gateway.keys.service import Terms
from forjinn.workspaces import service as workspaces
from forjinn.workspaces.models import Workspace
from tests.calls import Sql
from tests.commands import done, run
from tests.commands import refused as cli_refused
from tests.conftest import member
from tests.gateway.calling import Gateway, refused
from tests.gateway.test_screens import SECRET, hyphened
from tests.people import Person, field
from tests.providers import Provider

PATH = "/w/production/gateway"
PAGE = f"{PATH}/configurations"
IN_PRODUCTION = ("--workspace", "production")


def test_a_configuration_offers_its_models_and_no_others(gateway: Gateway, provider: Provider) -> None:
    for name in ("large", "small", "tiny"):
        gateway.add(name, provider.url)
    base = gateway.configure("batch", offered=["SMALL", "tiny"])
    key, narrow = gateway.new_key("Batch", "batch"), gateway.new_key("Narrow", "batch", models=("tiny",))

    listed = gateway.get("models", key, base).get_json()["data"]
    assert [one["id"] for one in listed] == ["small", "tiny"]
    assert gateway.post(key=key, base=base).status_code == 200
    assert "call: small, tiny." in refused(
        gateway.post(key=key, base=base, model="large"), 404, "model_not_found"
    )
    assert "call: tiny." in refused(gateway.post(key=narrow, base=base), 404, "model_not_found")
    refused(gateway.get("models/large", key, base), 404, "model_not_found")
    assert gateway.post(model="large").status_code == 200


def test_a_removed_model_is_not_offered_until_it_comes_back(gateway: Gateway, provider: Provider) -> None:
    gateway.add("small", provider.url)
    gateway.add("large", provider.url)
    gateway.configuration(offered=["small"])
    with gateway.app.app_context():
        models.remove(gateway.workspace, models.named(gateway.workspace, "small")[0])
    # Its list is empty now, which is not the same as having none.
    assert "none yet" in refused(gateway.post(model="large"), 404, "model_not_found")
    gateway.add("Small", provider.url)
    assert gateway.post().status_code == 200


def test_a_key_of_another_configuration_is_told_where_it_belongs(gateway: Gateway, model: str) -> None:
    base = gateway.configure("batch")
    key = gateway.new_key("Batch", "batch")
    said = refused(gateway.post(key=key), 403, "wrong_gateway")
    assert "configuration batch" in said
    assert "ends with /gateway/production/batch/v1" in said
    assert "configuration default" in refused(gateway.post(base=base), 403, "wrong_gateway")
    foreign = refused(gateway.post(base="/gateway/staging/default/v1"), 403, "wrong_gateway")
    assert "another workspace" in foreign
    assert "production" not in foreign


def test_a_configuration_is_made_edited_and_deleted_in_the_browser(
    alice: Person, gateway: Gateway, model: str, sql: Sql
) -> None:
    gateway.add("large", "http://a/v1")
    made = alice.post(f"{PAGE}/new", name="batch", offers="some", models=["small"], record_texts="y")
    assert (made.status_code, made.headers["Location"]) == (303, PAGE)
    [(batch,)] = sql("SELECT id FROM gateway_configurations WHERE name = 'batch'")
    one = f"{PAGE}/{hyphened(batch)}"
    shown = alice.get(PAGE).text
    assert "http://localhost/gateway/production/batch/v1" in shown
    assert "Recorded" in shown
    form = alice.get(one).text
    assert re.search(r'value="small" checked', form)
    assert re.search(r'value="y"[^>]* checked', form)

    key = gateway.new_key("Nightly", "batch")
    saved = alice.post(one, name="nightly", offers="all", htmx=True)
    assert saved.headers["HX-Trigger"] == "close-dialog, gateway-changed"
    assert gateway.post(key=key, base="/gateway/production/nightly/v1", model="small").status_code == 200
    gateway.flush()
    asked = alice.get(f"{one}/delete", htmx=True).text
    assert "Nightly" in asked
    assert "<strong>1 request</strong>" in asked
    assert alice.post(f"{one}/delete").status_code == 303
    refused(gateway.post(key=key, base="/gateway/production/nightly/v1"), 401, "key_deleted")
    assert gateway.post().status_code == 200
    assert alice.get(one).status_code == 404
    # What it used is told further on, its label is free again, and so is the name.
    assert "Nightly" in alice.get(f"{PATH}/usage").text
    assert "Nightly" not in alice.get(f"{PATH}/usage?configuration=default").text
    assert "Nightly" not in alice.get(f"{PATH}/usage/usage.csv?configuration=default").text
    gateway.configure("nightly")
    gateway.new_key("Nightly", "nightly")


WRONG = [
    ({"name": "Batch jobs"}, "lowercase letters"),
    ({"name": "-a"}, "lowercase letters"),
    ({"name": "a/b"}, "lowercase letters"),
    ({"name": ""}, "lowercase letters"),
    ({"name": "a" * 61}, "at most 60"),
    ({"name": "default"}, "already"),
    ({"offers": "some"}, "at least one model"),
    ({"offers": "some", "models": ["nothing"]}, "no model named"),
]


def test_what_is_wrong_with_a_configuration_stands_beside_its_field(
    alice: Person, gateway: Gateway, subtests: pytest.Subtests, sql: Sql
) -> None:
    for wrong, said in WRONG:
        with subtests.test(str(wrong)[:50]):
            answer = alice.post(f"{PAGE}/new", **{"name": "batch"} | wrong)
            assert (answer.status_code, said in answer.text) == (422, True)
            assert "invalid-feedback" in answer.text
    assert sql("SELECT name FROM gateway_configurations") == [("default",)]


def test_the_last_configuration_stays(alice: Person, gateway: Gateway, sql: Sql) -> None:
    [(only,)] = sql("SELECT id FROM gateway_configurations")
    assert "keeps at least one" in alice.get(f"{PAGE}/{hyphened(only)}/delete").text
    assert alice.post(f"{PAGE}/{hyphened(only)}/delete").status_code == 422
    assert sql("SELECT deleted_at FROM gateway_configurations") == [(None,)]


def test_of_two_that_are_deleted_at_once_one_stays(app: Flask, gateway: Gateway, sql: Sql) -> None:
    gateway.configure("batch")
    together = threading.Barrier(2)

    def end(name: str) -> str:
        with app.app_context():
            found = configurations.named(gateway.workspace, name)
            together.wait()
            try:
                return str(configurations.remove(gateway.workspace, found, by=None))
            except DomainError as error:
                return str(error)

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(end, ("default", "batch")))
    assert said[0] in ("0", "1")
    assert "keeps at least one" in said[1]
    assert len(sql("SELECT 1 FROM gateway_configurations WHERE deleted_at IS NULL")) == 1


def test_keys_are_made_for_a_configuration_and_listed_by_it(
    alice: Person, gateway: Gateway, provider: Provider
) -> None:
    for name in ("large", "small"):
        gateway.add(name, provider.url)
    base = gateway.configure("batch", offered=["small"])
    form = alice.get(f"{PATH}/keys/new?configuration=batch").text
    assert 'value="small"' in form
    assert 'value="large"' not in form
    assert 'value="large"' in alice.get(f"{PATH}/keys/new/models?configuration=default").text
    once = field(form, "once")
    about = {"name": "Night", "configuration": "batch", "once": once}
    refused_form = alice.post(f"{PATH}/keys/new", models=["large"], **about)
    assert "does not offer “large”" in refused_form.text
    gone = alice.post(f"{PATH}/keys/new", **about | {"configuration": "gone"})
    assert (gone.status_code, "Choose a configuration" in gone.text) == (422, True)
    made = alice.post(f"{PATH}/keys/new", htmx=True, **about)
    assert f"http://localhost{base}/chat/completions" in made.text
    [secret] = set(SECRET.findall(made.text))
    assert gateway.post(key=secret, base=base).status_code == 200
    both, its_own = alice.get(f"{PATH}/keys").text, alice.get(f"{PATH}/keys?configuration=batch").text
    assert "Batch jobs" in both
    assert "Batch jobs" not in its_own
    assert f"http://localhost{base}<" in its_own


def test_only_who_may_manage_changes_configurations(
    app: Flask, gateway: Gateway, charlie: Person, sql: Sql
) -> None:
    viewer = member(app, "vera@example.com", gateway.workspace, "Viewer")
    [(only,)] = sql(
        "SELECT id FROM gateway_configurations WHERE name = 'default'"
        " AND workspace_id = (SELECT id FROM workspaces WHERE slug = 'production')"
    )
    shown = viewer.get(PAGE)
    assert (shown.status_code, "Add Configuration" in shown.text) == (200, False)
    assert viewer.get(f"{PAGE}/new").status_code == 403
    assert viewer.post(f"{PAGE}/{hyphened(only)}", name="x").status_code == 403
    assert charlie.get(PAGE).status_code == 404
    assert charlie.get(f"/w/staging/gateway/configurations/{hyphened(only)}").status_code == 404


def test_the_command_line_makes_lists_and_deletes(app: Flask, gateway: Gateway, model: str) -> None:
    group = "gateway-configurations"
    done(app, group, "create", "batch", *IN_PRODUCTION, "--model", "SMALL", "--record-texts")
    key = done(app, "gateway-keys", "create", "Night", *IN_PRODUCTION, "--configuration", "batch").strip()
    assert gateway.post(key=key, base="/gateway/production/batch/v1").status_code == 200
    assert done(app, group, "list", *IN_PRODUCTION) == "default\tall\tno\t1\nbatch\tsmall\tyes\t1\n"
    assert "\tbatch\n" in done(app, "gateway-keys", "list", *IN_PRODUCTION)
    assert "Nothing was done" in cli_refused(run(app, group, "delete", "batch", *IN_PRODUCTION))
    done(app, group, "delete", "batch", *IN_PRODUCTION, "--yes")
    assert "keeps at least one" in cli_refused(run(app, group, "delete", "default", *IN_PRODUCTION, "--yes"))
    assert "no gateway configuration 'batch'" in cli_refused(
        run(app, "gateway-keys", "create", "x", *IN_PRODUCTION, "--configuration", "batch")
    )


def test_an_upgrade_keeps_the_keys(app: Flask, production: Workspace, sql: Sql) -> None:
    """SQLite makes the table of configurations anew, to which keys point."""
    with app.app_context():
        workspace = workspaces.by_slug("production")
        second = configurations.create(workspace, "batch")
        for configuration in (None, second):
            keys.issue(workspace, f"Key {configuration}", Terms(), by=None, configuration=configuration)
        configurations.remove(workspace, second, by=None)
        flask_migrate.downgrade(revision="0004")
        assert len(sql("SELECT 1 FROM gateway_keys")) == 1
        flask_migrate.upgrade()
        assert len(sql("SELECT 1 FROM gateway_keys")) == 1
        assert [one.name for one in configurations.of(workspace)] == ["default"]
