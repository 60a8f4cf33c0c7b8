"""`flask apikeys …`: what scripts read on stdout, and what people read on stderr."""

from __future__ import annotations

import json
import re
from datetime import datetime

from flask import Flask

from forjinn.workspaces.models import Workspace
from tests.apikeys.conftest import Call, Cli
from tests.apikeys.screen import SECRET, Screen
from tests.apikeys.test_paging import many

HERE = ("--workspace", "production")


def test_create_prints_the_secret_alone_and_all_else_on_stderr(screen: Screen, call: Call, cli: Cli) -> None:
    done = cli("apikeys", "create", "  CI integration ", *HERE)
    assert done.exit_code == 0
    assert done.stdout.endswith("\n")
    assert SECRET.fullmatch(done.stdout.removesuffix("\n"))
    assert done.stderr == "Store the key now: it is not shown again.\n"
    assert call(done.stdout.strip()).status_code == 200
    assert screen.names() == ["CI integration"]


def test_list_prints_a_line_for_each_key_the_newest_first(screen: Screen, call: Call, cli: Cli) -> None:
    used, unused = screen.create("CI integration"), screen.create("Web app")
    call(used)
    done = cli("apikeys", "list", *HERE)
    assert (done.exit_code, done.stderr) == (0, "")
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert [line[:3] for line in lines] == [
        ["Web app", f"{unused[:7]}…{unused[-4:]}", "live"],
        ["CI integration", f"{used[:7]}…{used[-4:]}", "live"],
    ]
    assert [line[5] for line in lines] == ["0", "1"]
    assert lines[0][4] == ""
    assert used not in done.stdout


def test_list_as_json_is_for_programs(screen: Screen, call: Call, cli: Cli) -> None:
    assert json.loads(cli("apikeys", "list", *HERE, "--json").stdout) == []
    call(screen.create("Größe <b>"))
    done = cli("apikeys", "list", *HERE, "--json")
    (key,) = json.loads(done.stdout)
    assert key["id"] == screen.row("Größe <b>").id
    assert (key["name"], key["status"], key["calls_7d"]) == ("Größe <b>", "live", 1)
    for moment in ("created_at", "last_used_at"):
        assert datetime.fromisoformat(key[moment]).tzinfo
    assert not SECRET.search(done.stdout)


def test_list_prints_more_keys_than_a_page_holds(cli: Cli, app: Flask, production: Workspace) -> None:
    names = many(app, production, 1203, together=10)
    done = cli("apikeys", "list", *HERE)
    assert sorted(line.split("\t")[0] for line in done.stdout.splitlines()) == sorted(names)


def test_rename_changes_the_name_and_not_the_key(screen: Screen, call: Call, cli: Cli) -> None:
    secret = screen.create("CI integration")
    done = cli("apikeys", "rename", "ci INTEGRATION", " Nightly ", *HERE)
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == "The key is now named 'Nightly'.\n"
    assert screen.names() == ["Nightly"]
    assert call(secret).status_code == 200


def test_delete_with_yes_ends_the_key(screen: Screen, call: Call, cli: Cli) -> None:
    secret = screen.create("CI integration")
    done = cli("apikeys", "delete", "CI integration", *HERE, "--yes")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == "Deleted 'CI integration'.\n"
    assert screen.rows() == []
    assert call(secret).get_json()["code"] == "key_deleted"


def test_delete_without_yes_and_without_a_terminal_does_nothing(screen: Screen, call: Call, cli: Cli) -> None:
    secret = screen.create("CI integration")
    call(secret)
    done = cli("apikeys", "delete", "CI integration", *HERE)
    assert (done.exit_code, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert re.search(r"1 calls? in the last 7 days will start to fail", line)
    assert line.endswith("Nothing was done; say --yes to do it.")
    assert call(secret).status_code == 200


def test_names_are_found_in_their_workspace_alone(screen: Screen, staging_key: str, cli: Cli) -> None:
    for command in (("rename", "Staging web app", "Mine"), ("delete", "Staging web app", "--yes")):
        done = cli("apikeys", *command, *HERE)
        assert done.exit_code == 1
        assert "There is no API key named 'Staging web app' in this workspace" in done.stderr
    assert len(cli("apikeys", "list", "--workspace", "staging").stdout.splitlines()) == 1


def test_a_mistake_is_one_line_that_says_what_to_do(screen: Screen, cli: Cli) -> None:
    screen.create("CI integration")
    screen.create("Web app")
    for arguments, said in (
        (("create", "ci integration", *HERE), "There is an API key named “ci integration” in this workspace"),
        (("create", "", *HERE), "Enter a name"),
        (("create", "x" * 101, *HERE), "at most 100 are possible"),
        (("create", "a\nb", *HERE), "cannot hold control characters"),
        (("create", "x", "--workspace", "nowhere"), "There is no workspace 'nowhere'; see: flask workspaces"),
        (("list", "--workspace", "nowhere"), "There is no workspace 'nowhere'"),
        (("rename", "Web app", "CI INTEGRATION", *HERE), "Choose another name."),
        (("rename", "Gone", "New", *HERE), "There is no API key named 'Gone'"),
        (("delete", "Gone", "--yes", *HERE), "There is no API key named 'Gone'"),
        (("disable", "Gone", *HERE), "There is no API key named 'Gone'"),
        (("enable", "Gone", *HERE), "There is no API key named 'Gone'"),
    ):
        done = cli("apikeys", *arguments)
        assert (done.exit_code, done.stdout) == (1, ""), arguments
        (line,) = done.stderr.splitlines()
        assert line.startswith("Error: "), line
        assert said in line
    assert sorted(screen.names()) == ["CI integration", "Web app"]


def test_a_wrong_usage_exits_with_2(cli: Cli) -> None:
    for arguments in (
        ("create",),
        ("create", "x"),
        ("create", "x", "y", *HERE),
        ("nonsense",),
        ("list", "-x"),
    ):
        done = cli("apikeys", *arguments)
        assert (done.exit_code, done.stdout) == (2, ""), arguments
        assert "Traceback" not in done.stderr
