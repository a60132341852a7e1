"""The launcher: what dies starts again, what ends leaves nothing, and one home has one launcher."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from lims.config.launcher import programs
from lims.config.launcher.child import Child, Program
from lims.config.places import sockets_of

pytestmark = pytest.mark.process

PROJECT = Path(__file__).parents[2]
SLEEPS = "import time; time.sleep(600)"
IGNORES_TERM = (
    "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
)
HAS_A_CHILD = f"""
import subprocess, sys, time
print(subprocess.Popen([sys.executable, "-c", {SLEEPS!r}]).pid, flush=True)
time.sleep(600)
"""
HOUSE = f"""
import os, sys
from pathlib import Path
from lims.config.launcher.child import Program
from lims.config.launcher.house import House

house = House(Path(sys.argv[1]), cwd=Path.cwd(), env=os.environ)
house.take()
try:
    house.open([Program("sleeper", (sys.executable, "-c", {SLEEPS!r}))], {{"port": 1}})
    house.stand()
finally:
    house.close()
"""


def until(claim, within_s: float = 30.0):
    """What `claim` answers once it is something."""
    end = time.monotonic() + within_s
    while not (found := claim()):
        assert time.monotonic() < end, f"not within {within_s} s"
        time.sleep(0.02)
    return found


def is_alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.fixture
def child(tmp_path):
    made = []

    def start(code: str, **more) -> Child:
        program = Program("child", (sys.executable, "-c", code), **more)
        made.append(Child(program, cwd=tmp_path, env=os.environ, log=tmp_path / "log"))
        made[-1].start()
        return made[-1]

    yield start
    for one in made:
        if one.pid and one.ended() is None:
            os.kill(one.pid, signal.SIGKILL)
            one.end()


@pytest.fixture
def house(tmp_path):
    """A launcher with one program of no importance, in a process of its own."""
    line = [sys.executable, "-c", HOUSE, str(tmp_path / "home")]
    process = subprocess.Popen(line, cwd=PROJECT)
    yield process
    process.kill()
    process.wait()


def told(home: Path) -> dict[str, int] | None:
    file = home / "processes.json"
    return json.loads(file.read_text()) if file.exists() else None


def test_killed_process_is_started_again(child):
    one = child(SLEEPS)
    first = one.pid
    os.kill(first, signal.SIGKILL)

    until(one.keep_running)

    assert one.pid != first
    assert is_alive(one.pid)


def test_process_that_dies_at_once_is_started_less_and_less_often(child):
    one = child("raise SystemExit(3)")
    starts = []
    while len(starts) < 3:
        until(one.keep_running)
        starts.append(time.monotonic())

    assert starts[2] - starts[1] > 1.5 * 0.4  # 0.4 s, then 0.8 s, and not at every look


def test_what_a_dead_process_left_behind_is_killed(child, tmp_path):
    one = child(HAS_A_CHILD)
    grandchild = int(until((tmp_path / "log").read_text))
    os.kill(one.pid, signal.SIGKILL)

    until(lambda: one.ended() is not None)

    until(lambda: not is_alive(grandchild))


def test_process_that_will_not_end_is_killed_after_its_grace(child, tmp_path):
    one = child(IGNORES_TERM, grace_s=0.2)
    until((tmp_path / "log").read_text)

    one.ask_to_end()

    assert one.end() == -signal.SIGKILL


def test_process_dies_with_its_launcher_however_that_ends(house, tmp_path):
    sleeper = until(lambda: told(tmp_path / "home"))["sleeper"]

    house.kill()

    until(lambda: not is_alive(sleeper))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_launcher_that_is_told_to_stop_ends_everything(number, house, tmp_path):
    sleeper = until(lambda: told(tmp_path / "home"))["sleeper"]

    house.send_signal(number)

    assert house.wait(30) == 0
    assert not is_alive(sleeper)
    assert told(tmp_path / "home") is None


def test_launcher_restarts_what_is_killed_under_it(house, tmp_path):
    first = until(lambda: told(tmp_path / "home"))["sleeper"]

    os.kill(first, signal.SIGKILL)

    second = until(lambda: (pid := told(tmp_path / "home")["sleeper"]) != first and pid)
    assert is_alive(second)


def test_second_launcher_of_a_home_says_which_is_the_first(tmp_path):
    with (tmp_path / "launcher.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("4711")
        lock.flush()

        done = subprocess.run(
            [sys.executable, "-m", "lims.config.launcher"],
            cwd=PROJECT, env={**os.environ, "SIHEOM_HOME": str(tmp_path)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    assert done.returncode == 1
    assert "4711" in done.stdout
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


def test_taken_port_is_replaced_by_a_free_one():
    with socket.socket() as other:
        other.bind((programs.ADDRESS, 0))
        other.listen()
        taken = other.getsockname()[1]

        assert programs.free_port(taken) != taken

    assert programs.free_port(taken) == taken


def test_machine_without_redis_has_the_one_of_the_packages(monkeypatch):
    monkeypatch.setattr(programs.shutil, "which", lambda name: None)

    answer = subprocess.run([programs.broker_program(), "--version"], capture_output=True, check=True)

    assert b"alkey" in answer.stdout


def test_given_broker_is_used_and_none_is_started(monkeypatch):
    monkeypatch.delenv("REDIS_URL", raising=False)
    own = [program.name for program in programs.all_of(8000)]
    monkeypatch.setenv("REDIS_URL", "redis://broker.example")
    given = [program.name for program in programs.all_of(8000)]

    assert own == ["broker", "signer", "worker", "relay", "web"]
    assert given == own[1:]


def processes_of(home: Path) -> set[int]:
    """Whatever runs with this home in its environment."""
    mark = f"SIHEOM_HOME={home}\0".encode()
    found = set()
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and mark in (folder / "environ").read_bytes() + b"\0":
                found.add(int(folder.name))
        except OSError:
            continue
    return found


@pytest.fixture
def installation(tmp_path):
    """Everything that script/server starts, in a home whose path is too long for sockets."""
    home = tmp_path / ("a-long-name-" * 9)
    environment = {**os.environ, "SIHEOM_HOME": str(home)}
    for name in ("REDIS_URL", "DATABASE_URL"):
        environment.pop(name, None)
    subprocess.run([sys.executable, "-m", "lims.config.prepare"], cwd=PROJECT, env=environment, check=True)
    port = programs.free_port(0)
    line = [sys.executable, "-m", "lims.config.launcher", "--port", str(port)]
    process = subprocess.Popen(line, cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL)
    yield process, home, port
    process.kill()
    process.wait()


def health(port: int) -> dict[str, str] | None:
    try:
        with urllib.request.urlopen(f"http://{programs.ADDRESS}:{port}/health/", timeout=10) as answer:
            return json.load(answer)
    except OSError:
        return None


@pytest.mark.flow
def test_whole_installation_comes_back_after_each_kill_and_leaves_nothing(installation):
    process, home, port = installation
    until(lambda: health(port), within_s=120)

    for name in ("broker", "signer", "worker", "relay", "web"):
        victim = told(home)[name]
        os.kill(victim, signal.SIGKILL)
        until(lambda name=name, victim=victim: (pid := told(home)[name]) != victim and is_alive(pid))
        until(lambda: health(port), within_s=60)
    process.send_signal(signal.SIGINT)

    assert process.wait(60) == 0
    assert processes_of(home) == set()
    assert not sockets_of(home).exists()
