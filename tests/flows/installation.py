"""A whole installation of its own for a test: every process real, in a folder that goes with the test."""

from __future__ import annotations

import base64
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from lims.documents.signer import totp

PROJECT = Path(__file__).resolve().parents[2]
ENGINES = "engines/lib/python3.11/site-packages"
PASSWORD = "a-password-for-tests-1"


class Installation:
    """Started by the project's own launcher; ended by a signal, as a person ends it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        engines = os.environ.get("ENGINES_PYTHON_SITE") or str(PROJECT / "var" / ENGINES)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")}
        self.environment = {
            **kept,
            "SIHEOM_HOME": str(home),
            "ENGINES_PYTHON_SITE": engines,
            "DATABASE_URL": f"sqlite:///{home / 'db.sqlite3'}",
            "DJANGO_SETTINGS_MODULE": "lims.config.settings",
        }
        self.environment.pop("REDIS_URL", None)
        self.port = _free_port()
        self.site = f"http://localhost:{self.port}"
        self._launcher: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.run("-m", "lims.config.prepare")
        account = {"DJANGO_SUPERUSER_PASSWORD": PASSWORD}
        self.run(
            "manage.py",
            "createsuperuser",
            "--noinput",
            "--username",
            "admin",
            "--name",
            "시스템 관리자 1",
            **account,
        )
        command = [sys.executable, "-m", "lims.config.launcher", "--port", str(self.port)]
        self._launcher = subprocess.Popen(command, cwd=PROJECT, env=self.environment, start_new_session=True)
        self._wait_until_up()

    def stop(self) -> None:
        if self._launcher is not None:
            self._launcher.send_signal(signal.SIGINT)
            self._launcher.wait(60)

    def run(self, *arguments: str, **environment: str) -> str:
        """One of the project's commands, in this installation."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=PROJECT,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def enrol(self, person_uid: str, centre: str) -> bytes:
        """Enrol an authorizer at the signer, as its keeper does; the secret is what the person's phone would hold."""
        told = self.run("-m", "lims.documents.signer", "enrol", str(self.home / "signer"), person_uid, centre)
        secret = parse_qs(urlsplit(told.strip()).query)["secret"][0]
        return base64.b32decode(secret + "=" * (-len(secret) % 8))

    def code_now(self, secret: bytes) -> str:
        return totp.code_at(secret, int(time.time() // totp.STEP_S))

    def _wait_until_up(self) -> None:
        assert self._launcher is not None
        for _ in range(600):
            assert self._launcher.poll() is None, "the launcher ended"
            try:
                urllib.request.urlopen(f"{self.site}/health/", timeout=5)
                return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("the site did not come up")


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])
