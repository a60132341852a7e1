"""Where the processes of one installation meet: sockets and one lock, the same for everyone who knows its home."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

LONGEST_SOCKET = 100  # bytes; the kernel takes 107, and a client may add a suffix
_LONGEST_NAME = "broker.sock"


def sockets_of(home: Path) -> Path:
    """The folder for UNIX sockets: the home itself, or a short one that follows from it when its path is too long.

    Not below XDG_RUNTIME_DIR: a service and a person's shell would compute different places.
    """
    if len(os.fsencode(home / _LONGEST_NAME)) <= LONGEST_SOCKET:
        return home
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    return Path("/tmp") / f"siheom-{os.getuid()}-{digest}"  # noqa: S108 - `make_private` checks whose it is


def make_private(folder: Path) -> None:
    """Make a folder that only we may enter. Raises: PermissionError when somebody else was there first."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise PermissionError(f"{folder}")
    if found.st_mode & 0o022:
        folder.chmod(0o700)
