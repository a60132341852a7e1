"""The installation that is tortured: started by the project's own launcher, in a folder of its own."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.servers import PostgreSQL

PROJECT = Path(__file__).resolve().parents[2]
VICTIMS = ("web", "worker", "relay", "broker")
BACK_WITHIN_S = 60


class House:
    """One installation with every process real. `database` is "sqlite" or "postgresql"."""

    def __init__(self, database: str) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="torture-"))
        self.home.chmod(0o755)  # PostgreSQL's own user has to pass
        self.server = self._postgresql() if database == "postgresql" else None
        self.victims = (*VICTIMS, "database") if self.server else VICTIMS
        url = self.server.create("siheom") if self.server else f"sqlite:///{self.home / 'db.sqlite3'}"
        engines = os.environ.get("ENGINES_PYTHON_SITE", PROJECT / "var/engines/lib/python3.11/site-packages")
        os.environ.update(
            SIHEOM_HOME=str(self.home),
            DATABASE_URL=url,
            ENGINES_PYTHON_SITE=str(engines),
            CENTRE_CODES="ONE,TWO",
            DJANGO_SETTINGS_MODULE="lims.config.settings",
        )
        os.environ.pop("REDIS_URL", None)
        self.port = _free_port()
        self._launcher: subprocess.Popen[bytes] | None = None

    def _postgresql(self) -> PostgreSQL:
        server = PostgreSQL(self.home / "pg")
        server.start()
        return server

    def start(self) -> None:
        self._run("-m", "lims.config.prepare")
        log = (self.home / "launcher.log").open("wb")
        line = [sys.executable, "-m", "lims.config.launcher", "--port", str(self.port)]
        self._launcher = subprocess.Popen(line, cwd=PROJECT, stdout=log, stderr=log, start_new_session=True)
        log.close()
        self.wait_until_back({}, within_s=180)

    def _run(self, *arguments: str) -> None:
        subprocess.run([sys.executable, *arguments], cwd=PROJECT, check=True, stdout=subprocess.DEVNULL)

    def pids(self) -> dict[str, int]:
        """Name -> process, as the launcher tells."""
        try:
            told = json.loads((self.home / "processes.json").read_text())
        except FileNotFoundError:
            return {}
        return {name: told[name] for name in VICTIMS if told.get(name)}

    def kill(self, victim: str) -> int:
        """Kill one process, as a machine does: without a word. Gives the process that died."""
        if victim == "database":
            assert self.server is not None
            pid = self.server.kill()
            self.server.start()
            return pid
        pid = self.pids()[victim]
        os.kill(pid, signal.SIGKILL)
        return pid

    def wait_until_back(self, dead: dict[str, int], *, within_s: float = BACK_WITHIN_S) -> None:
        """Wait until every process is there, and those that died are new ones."""
        end = time.monotonic() + within_s
        while True:
            now = self.pids()
            are_new = set(now) == set(VICTIMS) and not any(now.get(name) == pid for name, pid in dead.items())
            if are_new and all(_is_alive(pid) for pid in now.values()) and self._listens():
                return
            if time.monotonic() > end:
                raise TimeoutError(f"not back: {dead}, now {now}; {self.home / 'log'}")
            time.sleep(0.1)

    def _listens(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False

    def stop(self) -> None:
        """End it as a person does; the folder stays when `keep` says so."""
        if self._launcher is not None:
            self._launcher.send_signal(signal.SIGINT)
            self._launcher.wait(60)
        if self.server is not None:
            self.server.stop()

    def remove(self) -> None:
        shutil.rmtree(self.home, ignore_errors=True)


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
