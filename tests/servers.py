"""Private servers for tests: a PostgreSQL cluster and a Redis on UNIX sockets, gone with the test run."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

START_WITHIN_S = 60
UNSAFE_BUT_QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def postgresql_bin() -> Path:
    """The newest PostgreSQL on this machine."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if not found:
        raise FileNotFoundError("no PostgreSQL on this machine: install the package postgresql")
    return found[-1].parent


class PostgreSQL:
    """A cluster of its own in a folder of its own; `kill` and `start` make it die and come back."""

    def __init__(self, folder: Path, settings: Sequence[str] = ()) -> None:
        self.folder, self.bin, self._settings = folder, postgresql_bin(), settings
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        line = [str(self.bin / "initdb"), "-D", str(folder / "data"), "-U", "postgres", "-A", "trust"]
        subprocess.run(
            [*self._as_postgres(), *line, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
            check=True,
            capture_output=True,
            cwd="/",
        )

    def url_of(self, database: str) -> str:
        return f"postgres://postgres@/{self.folder}/{database}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return int((self.folder / "data/postmaster.pid").read_text().split()[0])

    def start(self) -> None:
        """Start the server and wait until it answers; a server that was killed recovers first."""
        end = time.monotonic() + START_WITHIN_S
        while not self._answers():
            if self._process is None or self._process.poll() is not None:
                self._spawn()  # again, when memory of the server that died was still in use
            if time.monotonic() > end:
                raise TimeoutError((self.folder / "log").read_text()[-2000:])
            time.sleep(0.1)

    def _spawn(self) -> None:
        (self.folder / "data/postmaster.pid").unlink(missing_ok=True)
        line = [str(self.bin / "postgres"), "-D", str(self.folder / "data"), "-k", str(self.folder), "-h", ""]
        line += [word for setting in self._settings for word in ("-c", setting)]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*self._as_postgres(), *line], stdout=log, stderr=log, cwd="/", start_new_session=True
            )

    def kill(self) -> int:
        """End every process of the cluster without a word; gives the one that led them."""
        leader = self.pid
        for pid in [leader, *_children_of(leader)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        assert self._process is not None
        self._process.wait()
        return leader

    def create(self, name: str, template: str = "template0") -> str:
        """A database and its address."""
        self.sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url_of(name)

    def sql(self, statement: str) -> None:
        line = [
            str(self.bin / "psql"),
            "-q",
            "-h",
            str(self.folder),
            "-U",
            "postgres",
            "-c",
            statement,
            "postgres",
        ]
        subprocess.run(line, check=True, capture_output=True)

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)  # clients that are still there are sent away
            self._process.wait(30)

    def _answers(self) -> bool:
        line = [str(self.bin / "pg_isready"), "-q", "-h", str(self.folder)]
        return subprocess.run(line, check=False).returncode == 0

    def _as_postgres(self) -> list[str]:
        if os.geteuid() != 0:
            return []
        pwd.getpwnam("postgres")
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]


def _children_of(leader: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            words = stat.read_text().rpartition(")")[2].split()
            if int(words[1]) == leader:
                found.append(int(stat.parent.name))
    return found


@contextmanager
def running_postgresql(settings: Sequence[str] = UNSAFE_BUT_QUICK) -> Iterator[PostgreSQL]:
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    folder.chmod(0o755)
    server = PostgreSQL(folder, settings)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def wait_until(claim, within_s: float, pause_s: float = 0.05) -> None:
    end = time.monotonic() + within_s
    while not claim():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {within_s} s: {claim}")
        time.sleep(pause_s)
