from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from forjinn import create_app, secret_key, settings
from forjinn.settings import SettingError
from tests.applications import close
from tests.commands import ROOT, as_operator

STRONG = "kQ7vZx1LmB8wYd2RtC5uHjP0sNf4GaEi"
WEAK = [
    "short",
    "kQ7vZx1LmB8wYd2RtC5uHjP0sNf4GaE",
    "a" * 64,
    "changeme" * 5,
    "change-me-change-me-change-me-change-me",
    "your-secret-key-here-your-secret-key-here",
    "please-change-this-secret-key-now!!",
    "dev-secret-key-change-me-in-production",
    "super-secret-key-that-must-be-changed!!",
    "replace-this-with-a-long-random-string",
    "0123456789abcdef0123456789abcdef",
    "abcdefghijklmnopqrstuvwxyz123456",
    "192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf",
]
WRONG = [
    ("DATABASE_URL", "mysql://localhost/forjinn"),
    ("DATABASE_URL", "forjinn.db"),
    ("DATABASE_URL", "sqlite://"),
    ("DATABASE_URL", "sqlite:///"),
    ("DATABASE_URL", "sqlite:///:memory:"),
    ("DATABASE_URL", "postgresql://"),
    ("DATABASE_URL", "postgresql://forjinn:hidden-word@host:port/forjinn"),
    ("FORJINN_BASE_URL", "forjinn.example.com"),
    ("FORJINN_BASE_URL", "javascript:alert(1)"),
    ("FORJINN_TRUSTED_PROXIES", "-1"),
    ("FORJINN_TRUSTED_PROXIES", "yes"),
    ("PORT", "0"),
    ("PORT", "65536"),
    ("PORT", "http"),
    ("WORKERS", "0"),
    ("FORJINN_THREADS", "1.5"),
    ("FORJINN_MAX_REQUEST_BYTES", "1M"),
    ("FORJINN_BCRYPT_ROUNDS", "3"),
    ("FORJINN_BCRYPT_ROUNDS", "31"),
    ("FORJINN_SESSION_IDLE_HOURS", "0"),
    ("FORJINN_PROVIDER_CONNECT_SECONDS", "nan"),
    ("FORJINN_PROVIDER_SECONDS", "inf"),
    ("FORJINN_USAGE_FLUSH_SECONDS", "6"),
]


def test_the_readme_has_the_table_of_settings() -> None:
    assert settings.table() in (ROOT / "README.md").read_text()


def test_the_table_is_printed_by_the_code_itself() -> None:
    command = [sys.executable, "-m", "forjinn.settings"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert printed.stdout == settings.table() + "\n"
    assert printed.stdout.count("\n| `") == len(settings.SETTINGS)


def test_the_names_that_people_rely_on_are_settings() -> None:
    names = {setting.name for setting in settings.SETTINGS}
    assert names >= {"DATABASE_URL", "FORJINN_SECRET_KEY", "FORJINN_BASE_URL", "FORJINN_TRUSTED_PROXIES"}
    others = {name for name in names if not name.startswith("FORJINN_")}
    assert others == {"DATABASE_URL", "HOST", "PORT", "REDIS_URL", "WORKERS"}
    assert all(re.fullmatch(r"[^|\n]+", setting.help) for setting in settings.SETTINGS)


def test_every_default_is_a_value_that_works(tmp_path: Path) -> None:
    values = settings.load({"FORJINN_INSTANCE": str(tmp_path)})
    assert values["DATABASE_URL"] == f"sqlite:///{tmp_path}/forjinn.db"
    assert values["FORJINN_BCRYPT_ROUNDS"] == 12
    assert values["FORJINN_SESSION_IDLE_HOURS"] == 12
    assert (values["HOST"], values["PORT"], values["WORKERS"]) == ("127.0.0.1", 5000, 2)
    assert values["FORJINN_TRUSTED_PROXIES"] == 0


def test_an_empty_variable_counts_as_not_set() -> None:
    names = [setting.name for setting in settings.SETTINGS]
    assert settings.load(dict.fromkeys(names, "")) == settings.load({})


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_goes_through_psycopg_3(scheme: str) -> None:
    url = settings.load({"DATABASE_URL": f"{scheme}://me@host/name"})["DATABASE_URL"]
    assert url == "postgresql+psycopg://me@host/name"


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_setting_is_one_line_that_names_it(tmp_path: Path, name: str, value: str) -> None:
    environment = {"FORJINN_SECRET_KEY": STRONG, "FORJINN_INSTANCE": str(tmp_path), name: value}
    with pytest.raises(SystemExit) as stopped:
        create_app(environment)
    line = str(stopped.value.code)
    assert line.startswith(f"forjinn: {name}: ")
    assert "\n" not in line
    assert "hidden-word" not in line


@pytest.mark.parametrize("key", WEAK)
def test_a_weak_secret_key_is_refused_and_not_repeated(tmp_path: Path, key: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        create_app({"FORJINN_SECRET_KEY": key, "FORJINN_INSTANCE": str(tmp_path)})
    line = str(stopped.value.code)
    assert line.startswith("forjinn: FORJINN_SECRET_KEY: ")
    assert "\n" not in line
    assert key not in line
    assert "token_urlsafe" in line


def test_an_operator_reads_one_line_and_no_traceback(tmp_path: Path) -> None:
    place = {"FORJINN_INSTANCE": str(tmp_path)}
    for setting, value in (("FORJINN_SECRET_KEY", "short"), ("FORJINN_THREADS", "many")):
        result = as_operator(place, "workspaces", "list", **{setting: value})
        assert (result.returncode, result.stdout) == (1, "")
        [line] = result.stderr.splitlines()
        assert line.startswith(f"forjinn: {setting}: ")


def test_an_instance_folder_that_cannot_be_one_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(SystemExit, match=r"^forjinn: FORJINN_INSTANCE: "):
            create_app({"FORJINN_INSTANCE": str(place)})


def test_a_missing_secret_key_is_made_once_and_kept_for_its_owner_alone(tmp_path: Path) -> None:
    place = {"FORJINN_INSTANCE": str(tmp_path / "new" / "instance")}
    keys = []
    for _ in range(2):
        app = create_app(place)
        keys.append(app.config["SECRET_KEY"])
        close(app)
    file = tmp_path / "new" / "instance" / "secret_key"
    assert keys[0] == keys[1] == file.read_text().strip()
    assert len(keys[0]) >= 43
    assert file.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in file.parent.iterdir()] == ["secret_key"]


def test_each_installation_makes_its_own_secret_key(tmp_path: Path) -> None:
    assert secret_key.resolve("", tmp_path / "one") != secret_key.resolve("", tmp_path / "two")


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as threads:
        keys = set(threads.map(lambda _: secret_key.resolve("", tmp_path), range(64)))
    assert len(keys) == 1


def test_a_given_secret_key_is_used_and_none_is_written(tmp_path: Path) -> None:
    app = create_app({"FORJINN_INSTANCE": str(tmp_path), "FORJINN_SECRET_KEY": STRONG})
    assert app.config["SECRET_KEY"] == STRONG
    close(app)
    assert not (tmp_path / "secret_key").exists()


@pytest.mark.parametrize("content", ["", "short\n", "changeme" * 8])
def test_a_weak_key_in_the_file_is_refused_and_the_file_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "secret_key").write_text(content)
    with pytest.raises(SettingError, match=str(tmp_path / "secret_key")):
        secret_key.resolve("", tmp_path)
