"""pytest, twice: what needs PostgreSQL with a server of its own, then all the rest on SQLite.

Two processes, because Django knows one database for a whole process. Ends only what it started.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT))

from tests.servers import running_postgresql, wait_until  # noqa: E402 - the path comes first

SLOW = ("engine", "flow", "browser", "postgres", "kills")
QUICK = ["-m", " and ".join(f"not {mark}" for mark in SLOW), "-n", "2"]
INTERRUPTED, NOTHING_CHOSEN = 2, 5  # pytest's words


def main(asked: list[str]) -> int:
    with own_home() as home:
        environment = {**os.environ, "SIHEOM_HOME": str(home)}
        if asked[:1] == ["--quick"]:
            return pytest([*QUICK, *asked[1:]], environment)
        with running_postgresql() as database, running_redis(home) as broker:
            environment |= {"TEST_DATABASE_URL": database.create("siheom"), "TEST_REDIS_URL": broker}
            return both(asked, environment)


def both(asked: list[str], environment: dict[str, str]) -> int:
    on_postgresql = {**environment, "DATABASE_URL": environment["TEST_DATABASE_URL"]}
    found = [pytest(["-m", "postgres", *asked], on_postgresql)]
    if found[0] != INTERRUPTED:
        found.append(pytest(["-m", "not postgres", *asked], environment))
    troubles = [code for code in found if code not in (0, NOTHING_CHOSEN)]
    return max(troubles or [min(found)])  # nothing chosen in both is trouble


def pytest(arguments: list[str], environment: dict[str, str]) -> int:
    """Its exit status. An interrupt is its own affair: it ends its fixtures, we wait."""
    child = subprocess.Popen([sys.executable, "-m", "pytest", *arguments], env=environment, cwd=PROJECT)
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.signal(signal.SIGTERM, lambda *_: child.send_signal(signal.SIGINT))
    return child.wait()


@contextlib.contextmanager
def running_redis(home: Path) -> Iterator[str]:
    """A real Redis at a socket, without files; its address."""
    socket = home / "redis.sock"
    line = ["redis-server", "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(home)]
    server = subprocess.Popen(line, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        wait_until(socket.is_socket, 30)
        yield f"redis+socket://{socket}"
    finally:
        server.terminate()
        server.wait(10)


@contextlib.contextmanager
def own_home() -> Iterator[Path]:
    """Never the developer's own records. A short path: sockets lie in it."""
    folder = Path(tempfile.mkdtemp(prefix="siheom-test-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
