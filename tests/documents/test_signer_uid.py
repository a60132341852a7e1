"""The signer under a user of its own, asked by another: the arrangement of a real installation."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from lims.documents import development_ca

SIGNER, WEB, STRANGER = 65531, 65532, 65533
pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(os.getuid() != 0, reason="only root can start processes under other users"),
]

# Everything is loaded as root and the user given up then, so that the project may lie where only root can read.
BECOME = """
import os, sys, encodings.idna, encodings.hex_codec, sqlite3, json
import lims.documents.signer.__main__ as signer
from lims.documents import sealing, signer_client
def become(uid):
    os.setgroups([]); os.setgid(uid); os.setuid(uid)
"""
SERVE = (
    BECOME + "become({uid}); sys.exit(signer.main(['serve', {home!r}, {socket!r}, '--allow-uid', '{web}']))"
)
ASK = (
    BECOME
    + """
become({uid})
import ctypes
told = {{}}
def attempt(name, act):
    try:
        told[name] = str(act())
    except Exception as refusal:
        told[name] = f"{{type(refusal).__name__}} {{refusal}}"
def attach():
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long] * 4
    if libc.ptrace(16, {pid}, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
attempt("credential", lambda: signer_client.credential({socket!r}, "DIP").development)
attempt("key", lambda: open({key!r}, "rb").read(9))
attempt("home", lambda: os.listdir({home!r}))
attempt("memory", lambda: open("/proc/{pid}/mem", "rb"))
attempt("environment", lambda: open("/proc/{pid}/environ", "rb").read(9))
attempt("ptrace", attach)
print(json.dumps(told))
"""
)


@pytest.fixture(scope="module")
def signer():
    root = Path(tempfile.mkdtemp(prefix="siheom-uid-", dir="/tmp"))
    root.chmod(0o755)
    home, run = root / "home", root / "run"
    development_ca.make_keys(home, ["DIP"], mode="demo")
    run.mkdir()
    run.chmod(0o755)
    for path in (home, run, *home.iterdir()):
        os.chown(path, SIGNER, SIGNER)
    code = SERVE.format(uid=SIGNER, home=str(home), socket=str(run / "s"), web=WEB)
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout.readline() == b"ready\n"
    yield {"home": str(home), "socket": str(run / "s"), "key": str(home / "DIP.p12"), "pid": process.pid}
    process.terminate()
    process.wait(10)
    process.stdout.close()
    shutil.rmtree(root)


def asked_by(uid: int, signer: dict) -> dict[str, str]:
    done = subprocess.run(
        [sys.executable, "-c", ASK.format(uid=uid, **signer)], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_named_user_is_answered_and_reaches_neither_key_nor_process(signer):
    told = asked_by(WEB, signer)

    assert told.pop("credential") == "True"
    assert {name for name, answer in told.items() if not answer.startswith("PermissionError")} == set()
    assert set(told) == {"key", "home", "memory", "environment", "ptrace"}


def test_other_user_is_not_even_answered(signer):
    assert asked_by(STRANGER, signer)["credential"] == "SignerRefused peer.refused"


def test_process_of_the_same_user_cannot_look_into_the_signer(signer):
    """Not dumpable: its own user may not trace it or read its memory either."""
    told = asked_by(SIGNER, signer)

    for name in ("memory", "environment", "ptrace"):
        assert told[name].startswith("PermissionError"), told
