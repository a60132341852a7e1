"""The bubblewrap command line, for root and for an ordinary user alike.

Started by root, bubblewrap stays root until it has bound what may lie below /root, and the uid is given up
for real just before the tool starts: `--uid` alone leaves the tool uid 0 on the host, where RLIMIT_NPROC
does not hold. Started by an ordinary user, a user namespace does the same. Either way the tool holds no
capability, cannot gain one, and sees Debian's own system files, the engines and its bundle read-only, and
one folder of its own to write in.
"""

from __future__ import annotations

import dataclasses
import functools
import os
import resource
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from test_modules.contract import EngineBroken

PYTHON = "/usr/bin/python3.11"
INSIDE = Path(__file__).parent / "inside"  # the listener and the hooks that the tools load
MEBIBYTE = 1 << 20


@dataclass(frozen=True)
class Limits:
    """What a sandboxed process may take. Units: bytes, seconds of CPU."""

    memory_bytes: int = 2048 * MEBIBYTE  # PSS summed over the process tree, watched by the supervisor
    file_bytes: int = 512 * MEBIBYTE
    tmp_bytes: int = 256 * MEBIBYTE
    cpu_s: int = 7200
    processes: int = 256
    open_files: int = 16_384  # Locust wants 10,000


@dataclass(frozen=True)
class Room:
    """What one process sees. Paths inside -> paths on the host.

    Without bubblewrap (`is_sandboxed` false) the process sees the host instead, and `at` gives the host's
    path.
    """

    is_sandboxed: bool
    read_only: Mapping[str, Path] = field(default_factory=dict)
    writable: Mapping[str, Path] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: str = "/"
    uid: int = 64100  # on the host, when root starts it; products and engines have different ones
    limits: Limits = field(default_factory=Limits)

    def at(self, inside: str) -> str:
        """How the process itself has to call a path of the room."""
        if self.is_sandboxed:
            return inside
        for top, path in {**self.read_only, **self.writable}.items():
            if inside == top or inside.startswith(top + "/"):
                return str(path) + inside[len(top) :]
        return inside


def with_environment(room: Room, environment: Mapping[str, str]) -> Room:
    """The same room with these variables; values may need `room.at`, so the room comes first."""
    return dataclasses.replace(room, environment=environment)


def bubblewrap() -> str:
    """Where bubblewrap is ("" when the machine has none)."""
    return shutil.which("bwrap", path="/usr/bin:/usr/local/bin:/bin") or ""


@functools.cache
def works() -> bool:
    """Whether bubblewrap is here and this kernel lets it make a sandbox."""
    program = bubblewrap()
    if not program:
        return False
    line = [
        program,
        "--unshare-pid",
        "--unshare-ipc",
        "--ro-bind",
        "/",
        "/",
        "--proc",
        "/proc",
        "/usr/bin/true",
    ]
    return subprocess.run(line, capture_output=True, check=False, timeout=60).returncode == 0


def command(room: Room, argv: Sequence[str], *, status_fd: int, filter_fd: int) -> list[str]:
    """Build the whole command line. Raises: EngineBroken (sandbox.missing) when there is no bubblewrap.

    The network is the host's for now, so that products on loopback can be reached; a namespace with a
    bridge to the one declared target takes its place when targets beyond loopback come.
    """
    if not room.is_sandboxed:
        return _bare(room, argv)
    program = bubblewrap()
    if not program:
        raise EngineBroken("sandbox.missing")
    is_root = os.geteuid() == 0
    line = [program, "--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try"]
    line += [
        "--die-with-parent",
        "--new-session",
        "--hostname",
        "sandbox",
        "--json-status-fd",
        str(status_fd),
    ]
    line += _root_rights() if is_root else _user_rights()
    line += _environment(room) + _system() + _folders(room)
    line += ["--seccomp", str(filter_fd)]
    return [
        *line,
        "--chdir",
        room.folder,
        "--",
        *_limited(room.limits),
        *(_demoted(room) if is_root else ()),
        *argv,
    ]


def lay_open(source: Path, target: Path) -> Path:
    """Copy a file or a bundle to where the sandbox's uid may read it, whatever the rights of the original.

    The copy is also what stays the same while the run goes on.
    """
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        target.parent.chmod(0o755)
    for path in (target, *target.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return target


def give_to_room(room: Room) -> None:
    """Let the sandbox's uid write its folders. Only root has to: an ordinary user's sandbox keeps his uid."""
    if room.is_sandboxed and os.geteuid() == 0:
        for path in room.writable.values():
            os.chown(path, room.uid, room.uid)


def _root_rights() -> list[str]:
    wanted = ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP")  # setpriv needs them, and loses them with the uid
    return ["--cap-drop", "ALL", *(word for cap in wanted for word in ("--cap-add", cap))]


def _user_rights() -> list[str]:
    return ["--unshare-user", "--disable-userns", "--uid", "65534", "--gid", "65534", "--cap-drop", "ALL"]


def _demoted(room: Room) -> list[str]:
    number = str(room.uid)
    line = ["/usr/bin/setpriv", "--reuid", number, "--regid", number, "--clear-groups", "--no-new-privs"]
    return [*line, "--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all", "--"]


def _limited(limits: Limits) -> list[str]:
    # inside the sandbox: an ordinary user's processes outside it do not count against --nproc there
    return [
        "/usr/bin/prlimit",
        f"--nofile={min(limits.open_files, resource.getrlimit(resource.RLIMIT_NOFILE)[1])}",
        f"--fsize={limits.file_bytes}",
        f"--cpu={limits.cpu_s}",
        f"--nproc={limits.processes}",
        "--core=0",
        "--",
    ]


def _bare(room: Room, argv: Sequence[str]) -> list[str]:
    words = [f"{name}={value}" for name, value in _settings(room).items()]
    start = ["/usr/bin/setpriv", "--pdeathsig", "KILL", "--", "/usr/bin/env", "-i", *words]
    return [*start, *_limited(room.limits), *argv]


def _settings(room: Room) -> dict[str, str]:
    fixed = {"PATH": "/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8", "TZ": "UTC"}  # noqa: S108 - inside
    return {**fixed, **room.environment}


def _environment(room: Room) -> list[str]:
    words = (word for name, value in _settings(room).items() for word in ("--setenv", name, value))
    return ["--clearenv", *words]


def _system() -> list[str]:
    line = ["--ro-bind", "/usr", "/usr"]
    for name in ("bin", "lib", "lib64"):
        line += ["--symlink", f"usr/{name}", f"/{name}"]
    for path in ("/etc/ld.so.cache", "/etc/localtime", "/etc/ssl/certs"):
        line += ["--ro-bind-try", path, path]
    return line


def _folders(room: Room) -> list[str]:
    size = str(room.limits.tmp_bytes)
    line = ["--proc", "/proc", "--dev", "/dev"]
    line += ["--size", size, "--perms", "1777", "--tmpfs", "/dev/shm", "--remount-ro", "/dev"]  # noqa: S108
    line += ["--size", size, "--perms", "1777", "--tmpfs", "/tmp"]  # noqa: S108
    for inside, path in room.read_only.items():
        line += ["--ro-bind", str(path), inside]
    for inside, path in room.writable.items():
        line += ["--bind", str(path), inside]
    return [*line, "--remount-ro", "/"]
