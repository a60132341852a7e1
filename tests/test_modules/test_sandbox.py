"""What a sandboxed process can reach: a few probes from inside, and the command line from outside."""

import json
import os

import pytest

from test_modules.engines import sandbox
from test_modules.engines.process import Child
from test_modules.tools import PYTHON

pytestmark = pytest.mark.process

PROBE = """
import ctypes, json, os, socket
seen = {}
def attempt(name, call):
    try:
        seen[name] = repr(call())
    except BaseException as trouble:
        seen[name] = type(trouble).__name__
libc = ctypes.CDLL(None, use_errno=True)
attempt("uid", os.getuid)
attempt("environment", lambda: sorted(os.environ))
attempt("secret", lambda: any(b"very-secret" in open(f"/proc/{pid}/environ", "rb").read() for pid in (1, os.getpid())))
attempt("processes", lambda: len([name for name in os.listdir("/proc") if name.isdigit()]) < 10)
attempt("home", lambda: os.listdir("/root"))
attempt("project", lambda: os.listdir(HOST))
attempt("write_root", lambda: open("/x", "w"))
attempt("write_usr", lambda: open("/usr/x", "w"))
attempt("write_dev", lambda: open("/dev/x", "w"))
attempt("write_module", lambda: open("/in/x", "w"))
attempt("write_out", lambda: open("/out/x", "w").write("x"))
attempt("user_namespace", lambda: libc.unshare(0x10000000))
attempt("ptrace", lambda: libc.ptrace(0, 0, 0, 0))
attempt("keyctl", lambda: libc.syscall(250, 0, -3, 0))
attempt("io_uring", lambda: libc.syscall(425, 8, ctypes.create_string_buffer(256)))
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
attempt("capabilities", lambda: status["CapBnd"].strip())
attempt("no_new_privileges", lambda: status["NoNewPrivs"].strip())
attempt("kill_parent", lambda: os.kill(1, 9))
children = []
def forks():
    for _ in range(300):
        pid = os.fork()
        if not pid:
            import time; time.sleep(5); os._exit(0)
        children.append(pid)
attempt("forks", forks)
seen["children"] = len(children)
open("/out/seen.json", "w").write(json.dumps(seen))
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    folder = tmp_path_factory.mktemp("probe")
    out, inputs = folder / "out", folder / "in"
    out.mkdir()
    inputs.mkdir()
    (inputs / "probe.py").write_text(f"HOST = {str(folder)!r}\n{PROBE}")
    os.environ["SIHEOM_PROBE"] = "very-secret"
    room = sandbox.Room(is_sandboxed=True, read_only={"/in": inputs}, writable={"/out": out})
    sandbox.give_to_room(room)
    null = os.open("/dev/null", os.O_WRONLY)
    child = Child([PYTHON, "-I", "/in/probe.py"], room, output_fd=null)
    child.beat()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert child.close() == 0
    os.close(null)
    del os.environ["SIHEOM_PROBE"]
    return json.loads((out / "seen.json").read_text())


@pytest.mark.engine
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("environment", "['HOME', 'LANG', 'PATH', 'PWD', 'TZ']"),
        ("processes", "True"),
        ("home", "FileNotFoundError"),
        ("project", "FileNotFoundError"),
        ("write_root", "OSError"),
        ("write_usr", "OSError"),
        ("write_dev", "OSError"),
        ("write_module", "OSError"),
        ("write_out", "1"),
        ("user_namespace", "-1"),
        ("ptrace", "-1"),
        ("keyctl", "-1"),
        ("io_uring", "-1"),
        ("capabilities", "'0000000000000000'"),
        ("no_new_privileges", "'1'"),
        ("forks", "BlockingIOError"),
    ],
)
def test_the_inside_can_do_no_more_than_it_must(seen, name, expected):
    assert seen[name] == expected


@pytest.mark.engine
def test_the_uid_is_not_roots_and_no_secret_shows(seen):
    assert seen["uid"] != "0"
    assert seen["secret"] in ("False", "PermissionError")


def test_the_command_line_names_every_wall(monkeypatch):
    monkeypatch.setattr(sandbox, "bubblewrap", lambda: "/usr/bin/bwrap")
    room = sandbox.Room(is_sandboxed=True)

    line = sandbox.command(room, ["/usr/bin/true"], status_fd=7, filter_fd=8)

    for word in (
        "--unshare-pid",
        "--unshare-ipc",
        "--die-with-parent",
        "--new-session",
        "--clearenv",
        "--seccomp",
    ):
        assert word in line
    assert line[-1] == "/usr/bin/true"
    assert line[line.index("--chdir") - 4 : line.index("--chdir") - 2] == ["--remount-ro", "/"]


def test_an_ordinary_user_gets_a_user_namespace_and_root_gives_up_his_uid(monkeypatch):
    monkeypatch.setattr(sandbox, "bubblewrap", lambda: "/usr/bin/bwrap")
    room = sandbox.Room(is_sandboxed=True)
    lines = {}
    for uid in (0, 1000):
        monkeypatch.setattr(os, "geteuid", lambda uid=uid: uid)
        lines[uid] = sandbox.command(room, ["/usr/bin/true"], status_fd=7, filter_fd=8)

    assert "--disable-userns" in lines[1000]
    assert "/usr/bin/setpriv" not in lines[1000]
    assert "--disable-userns" not in lines[0]
    assert lines[0][lines[0].index("--reuid") + 1] == str(room.uid)


def test_without_bubblewrap_paths_are_those_of_the_host(tmp_path):
    room = sandbox.Room(is_sandboxed=False, read_only={"/in": tmp_path})

    assert room.at("/in/order.json") == f"{tmp_path}/order.json"
    assert room.at("/inside") == "/inside"
