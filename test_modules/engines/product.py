"""Bring a received product up for one run, in a sandbox of its own, and end it afterwards."""

from __future__ import annotations

import contextlib
import http.client
import secrets
import select
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from test_modules.contract import EngineBroken, Product
from test_modules.engines import sandbox
from test_modules.engines.installation import installed, sha256_of
from test_modules.engines.journal import Journal
from test_modules.engines.process import Child
from test_modules.engines.supervisor import Watch
from test_modules.tools import PYTHON, Tools

HOST = "127.0.0.1"
PORTS = (20_000, 32_000)  # below those the kernel gives to clients
READY_S = 30.0
PAUSE_S = 0.01  # between two looks at a product that comes up: each run waits for half of it in vain
END_S = 0.3  # after that it is killed: its state is thrown away anyhow
TRIES = 3  # another process may take the port first
UID = 64_101  # not the engine's
LISTENING = "0A"


class Launcher:
    """Brings one product up for one run."""

    def __init__(self, product: Product, tools: Tools, journal: Journal, watch: Watch) -> None:
        self._product, self._tools, self._journal, self._watch = product, tools, journal, watch

    @contextlib.contextmanager
    def running(self, work: Path, log: Path, *, is_sandboxed: bool) -> Iterator[tuple[Child, str]]:
        """Start the product and give (process, address); it has answered once by then.

        Raises: EngineBroken (product.*): it did not come up. Never a verdict about the item
        """
        self._note_received()
        with log.open("ab") as output:
            child, address = self._started(work, output.fileno(), is_sandboxed, log)
        try:
            yield child, address
        finally:
            child.ask_to_end()
            select.select([child.exit_fd], [], [], END_S)
            self._journal.add(ev="product_ended", exit_status=self._end(child))

    def _note_received(self) -> None:
        locked = self._product.requirements
        files = [*self._product.files, *([locked] if locked else [])]
        hashes = {}
        for path in files:
            self._watch.require_going_on()
            hashes[path.name] = sha256_of(path)
        self._journal.add(ev="product", kind=self._product.kind, digest=self._product.digest, files=hashes)

    def _started(self, work: Path, output_fd: int, is_sandboxed: bool, log: Path) -> tuple[Child, str]:
        site = (
            installed(self._product, self._tools, self._watch.require_going_on)
            if self._product.kind == "python-wheel"
            else None
        )
        for _ in range(TRIES):
            port = _free_port()
            room = self._room(work, site, port, is_sandboxed)
            argv = self._argv(room, port)
            self._journal.add(ev="product_start", argv=argv, port=port, sandboxed=is_sandboxed)
            child = Child(argv, room, output_fd=output_fd)
            self._watch.children.append(child)
            try:
                if self._is_up(child, port):
                    return child, f"http://{HOST}:{port}"
            except BaseException:
                self._end(child)
                raise
            self._journal.add(ev="product_not_up", exit_status=self._end(child))
        raise EngineBroken("product.not_up", log=_tail(log))

    def _room(self, work: Path, site: Path | None, port: int, is_sandboxed: bool) -> sandbox.Room:
        state = work / f"state-{secrets.token_hex(4)}"
        state.mkdir(parents=True)
        files = work / f"{state.name}-files"
        for path in self._product.files:
            sandbox.lay_open(path, files / path.name)
        read_only = {"/files": files}
        if site:
            read_only["/product"] = site
        room = sandbox.Room(
            is_sandboxed=is_sandboxed,
            read_only=read_only,
            writable={"/state": state},
            folder="/state",
            uid=UID,
        )
        environment = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}
        if site:
            environment["PYTHONPATH"] = room.at("/product")
        room = sandbox.with_environment(room, environment)
        for name, text in self._product.configuration.items():
            _write_below(state, name, self._filled(text, room, port))
        sandbox.give_to_room(room)
        return room

    def _argv(self, room: sandbox.Room, port: int) -> list[str]:
        return [self._filled(word, room, port) for word in self._product.command]

    def _filled(self, text: str, room: sandbox.Room, port: int) -> str:
        words = {"python": PYTHON, "host": HOST, "port": str(port)}
        words |= {"files": room.at("/files"), "state": room.at("/state")}
        for name, value in words.items():
            text = text.replace("{" + name + "}", value)
        return text

    def _is_up(self, child: Child, port: int) -> bool:
        until = time.monotonic() + READY_S
        while time.monotonic() < until and not child.has_ended:
            self._watch.require_going_on()
            if _answers(port, self._product.ready_path):
                return _listens_itself(child, port)
            time.sleep(PAUSE_S)
        return False

    def _end(self, child: Child) -> int:
        self._watch.children.remove(child)
        return child.close()


def _free_port() -> int:
    while True:
        port = PORTS[0] + secrets.randbelow(PORTS[1] - PORTS[0])
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((HOST, port))
            return port


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _listens_itself(child: Child, port: int) -> bool:
    """Whether the listening socket is the product's own, and not that of another program on the same port."""
    table = Path("/proc/net/tcp").read_text().splitlines()[1:]
    rows = (line.split() for line in table)
    inodes = {row[9] for row in rows if row[3] == LISTENING and int(row[1].split(":")[1], 16) == port}
    return any(f"socket:[{inode}]" in _open_files(child) for inode in inodes)


def _open_files(child: Child) -> set[str]:
    found = set()
    for pid in child.pids():
        with contextlib.suppress(OSError):
            for entry in Path(f"/proc/{pid}/fd").iterdir():
                with contextlib.suppress(OSError):
                    found.add(str(entry.readlink()))
    return found


def _write_below(state: Path, name: str, text: str) -> None:
    path = state / name
    if not path.resolve().is_relative_to(state.resolve()):
        raise EngineBroken("product.configuration_outside", file=name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    for made in (path, *path.relative_to(state).parents):
        (state / made).chmod(0o755 if (state / made).is_dir() else 0o644)


def _tail(log: Path) -> str:
    return log.read_bytes()[-1000:].decode("utf-8", "replace") if log.exists() else ""
