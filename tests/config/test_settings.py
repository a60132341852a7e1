"""Settings come from the environment alone: the defaults work, and a wrong or missing value says its name."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
EX_CONFIG = 78


def example() -> dict[str, str]:
    lines = (PROJECT / "script/lib/production.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


@pytest.fixture
def settings_with(monkeypatch, tmp_path):
    """Read the settings file in an environment that holds nothing else of ours."""

    def read(**values: str) -> dict:
        ours = {"PORT", *example(), "SIHEOM_QUEUES", "ITEM_MAX_MB", "TRUSTED_PROXIES", "SIGNER_HOME"}
        for name in ours | {"STORE_DIR", "CHECKPOINT_DIR", "SCRATCH_DIR"}:
            monkeypatch.delenv(name, raising=False)
        for name, value in {"SIHEOM_HOME": str(tmp_path / "home"), **values}.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(PROJECT / "lims/config/settings.py"))

    return read


@pytest.fixture
def production(tmp_path) -> dict[str, str]:
    return {**example(), "SIHEOM_HOME": str(tmp_path / "home")}


def test_clean_checkout_needs_no_setting(settings_with, tmp_path):
    found = settings_with()

    assert found["DATABASES"]["default"]["NAME"] == str(tmp_path / "home/db.sqlite3")
    assert found["DATABASES"]["default"]["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert found["CELERY_BROKER_URL"] == f"redis+socket://{tmp_path}/home/broker.sock"
    assert found["DEVELOPMENT_SEAL"]


def test_production_takes_its_values_and_shuts_the_doors(settings_with, production):
    found = settings_with(**production)

    assert found["DATABASES"]["default"]["ENGINE"].endswith("postgresql")
    assert found["ALLOWED_HOSTS"] == ["siheom.example"]
    assert not found["DEVELOPMENT_SEAL"]
    assert found["SESSION_COOKIE_SECURE"]
    assert found["SECURE_SSL_REDIRECT"]


@pytest.mark.parametrize("name", sorted(set(example()) - {"SIHEOM_MODE"}))
def test_production_does_not_start_without(name, settings_with, production, capsys):
    del production[name]
    if name == "SIHEOM_HOME":
        production[name] = ""

    with pytest.raises(SystemExit) as end:
        settings_with(**production)

    assert end.value.code == EX_CONFIG
    assert one_line(capsys).count(name) == 2  # once in each language


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SIHEOM_MODE", "test"),
        ("SIHEOM_HOME", "relative/folder"),
        ("SIHEOM_HOME", "/proc/no/such/place"),
        ("SECRET_KEY", "short"),
        ("AUDIT_SALT", "short"),
        ("ALLOWED_HOSTS", "*"),
        ("ALLOWED_HOSTS", " , "),
        ("PUBLIC_URL", "http://siheom.example"),
        ("PUBLIC_URL", "siheom.example"),
        ("DATABASE_URL", "sqlite:////tmp/file"),
        ("DATABASE_URL", "mysql://user@localhost/siheom"),
        ("DATABASE_URL", "nothing of the kind"),
        ("REDIS_URL", "localhost:6379"),
        ("SIGNER_SOCKET", "signer.sock"),
        ("SIGNER_SOCKET", "/" + "a" * 100),
        ("CENTRE_CODES", "DIP,two words"),
        ("SIHEOM_QUEUES", "run functional"),
        ("ITEM_MAX_MB", "0"),
        ("ITEM_MAX_MB", "ten"),
        ("TRUSTED_PROXIES", "-1"),
        ("STORE_DIR", "store"),
    ],
)
def test_wrong_value_stops_the_start(name, value, settings_with, production, capsys):
    with pytest.raises(SystemExit) as end:
        settings_with(**{**production, name: value})

    assert end.value.code == EX_CONFIG
    assert name in one_line(capsys)


def one_line(capsys) -> str:
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


def test_long_home_moves_the_sockets_to_a_short_folder_that_follows_from_it(settings_with, tmp_path):
    home = tmp_path / ("long" * 25)

    first, again = settings_with(SIHEOM_HOME=str(home)), settings_with(SIHEOM_HOME=str(home))

    assert len(first["SIGNER_SOCKET"]) <= 100
    assert first["SIGNER_SOCKET"] == again["SIGNER_SOCKET"]
    assert str(home) not in first["CELERY_BROKER_URL"]


def test_two_homes_never_share_a_socket(settings_with, tmp_path):
    one = settings_with(SIHEOM_HOME=str(tmp_path / ("long" * 25)))
    two = settings_with(SIHEOM_HOME=str(tmp_path / ("tall" * 25)))

    assert one["SIGNER_SOCKET"] != two["SIGNER_SOCKET"]


def test_deployment_check_has_nothing_to_say_about_production(production):
    environment = {**os.environ, **production}

    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=PROJECT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout + done.stderr


def test_wrong_setting_is_the_only_thing_a_command_says():
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=PROJECT, env={**os.environ, "SIHEOM_MODE": "holiday"}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == EX_CONFIG
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
