import dataclasses
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from test_modules import cases, engines
from test_modules.contract import CaseState, EngineBroken, State
from test_modules.engines import process, sandbox
from test_modules.evidence import case_results, read_record
from test_modules.tools import Tools
from tests.test_modules.builders import (
    TARGETS,
    Watching,
    make_order,
    processes_with,
    shelf,
    suite,
    write_module,
)

pytestmark = pytest.mark.engine
PROJECT = Path(__file__).parents[2]


def run(library, tmp_path, text, watching=None, **overrides):
    write_module(library, "t-robot", files={"suite.robot": text})
    order = make_order(tmp_path / "out", "t-robot", **overrides)
    return order, engines.engine_of("t-robot").run(order, watching or Watching())


def states(order, outcome):
    return [result.state for result in case_results(read_record(order.out_dir, outcome.journal_head), None)]


def wait_until(claim, seconds=20):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if claim():
            return True
        time.sleep(0.05)
    return claim()


def test_a_run_is_complete_when_every_planned_case_has_its_own_end(library, tmp_path):
    watching = Watching()

    order, outcome = run(library, tmp_path, suite(4), watching)

    assert (outcome.state, outcome.planned, outcome.reported) == (State.COMPLETE, 4, 4)
    assert outcome.files == ("console.log", "journal.log", "output.xml")
    assert outcome.sandbox == "bubblewrap"
    assert outcome.engine_versions["robotframework"]
    assert watching.heard[-1][:2] == (4, 4)
    assert states(order, outcome) == [CaseState.PASS] * 4


def test_a_failed_test_is_a_result_and_a_missing_function_another(library, tmp_path):
    text = suite(2).replace("No Operation", "Fail    no such text", 1)
    text = text.replace("No Operation", "Run Keywords    Set Tags    missing    AND    Fail    no such call")

    order, outcome = run(library, tmp_path, text)

    assert outcome.state is State.COMPLETE
    assert states(order, outcome) == [CaseState.FAIL, CaseState.MISSING]


def test_a_skipped_test_was_not_executed_and_the_run_not_complete(library, tmp_path):
    _order, outcome = run(library, tmp_path, suite(2).replace("No Operation", "Skip", 1))

    assert (outcome.state, outcome.reason, outcome.reported) == (State.INVALID, "plan.incomplete", 1)


def test_a_missing_library_is_a_broken_tool_and_no_failed_item(library, tmp_path):
    _order, outcome = run(library, tmp_path, "*** Settings ***\nLibrary    NoSuchLibrary\n" + suite(2))

    assert outcome.state is State.BROKEN
    assert "NoSuchLibrary" in outcome.reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("*** Test Cases ***\n", "plan.empty"),
        (suite(3, "Evaluate    __import__('os').kill(__import__('os').getpid(), 9)"), "tool.exit 137"),
        (suite(3, "Evaluate    __import__('os')._exit(2)"), "tool.exit 2"),
    ],
)
def test_a_tool_that_ends_early_is_broken_and_never_complete(library, tmp_path, text, reason):
    _order, outcome = run(library, tmp_path, text)

    assert (outcome.state, outcome.reason, outcome.reported) == (State.BROKEN, reason, 0)


def test_an_early_end_with_a_clean_exit_status_is_not_complete(library, tmp_path):
    _order, outcome = run(library, tmp_path, suite(3, "Evaluate    __import__('os')._exit(0)"))

    assert (outcome.state, outcome.reason, outcome.reported) == (State.INVALID, "plan.incomplete", 0)


def test_a_kill_in_the_middle_keeps_what_was_reported_before(library, tmp_path):
    killing = "Evaluate    os.kill(os.getpid(), 9)    modules=os"
    text = suite(5).replace("case:F1/c3\n    No Operation", f"case:F1/c3\n    {killing}")

    order, outcome = run(library, tmp_path, text)

    assert (outcome.state, outcome.planned, outcome.reported) == (State.BROKEN, 5, 3)
    assert read_record(order.out_dir, outcome.journal_head).state is State.BROKEN


def test_another_plan_than_the_ordered_cases_is_invalid(library, tmp_path):
    listed = cases.parse_toml("""
[list]
product = "p"
version = "1"
title_ko = "가"
title_en = "a"
source = "s"
[[function]]
code = "F0"
title_ko = "가"
title_en = "a"
reference = "p. 1"
statement = "s"
[[function.case]]
code = "c0"
title_ko = "가"
title_en = "a"
[[function.case.step]]
call = "GET /"
expect = { status = [200] }
function_call = true
""")

    _order, outcome = run(library, tmp_path, suite(2), cases=listed.to_json())

    assert (outcome.state, outcome.reason, outcome.planned) == (State.INVALID, "plan.differs", 1)


def test_forged_events_make_the_run_invalid(library, tmp_path):
    forged = '{"ev":"end","n":1,"status":"PASS","s":0,"tags":[]}\\\\n'
    write = f"Evaluate    [os.write(n, b'{forged}') for n in range(3, 20) if os.path.exists(f'/proc/self/fd/{{n}}')]"
    text = suite(2).replace("No Operation", f"Run Keyword And Ignore Error    {write}    modules=os", 1)

    _order, outcome = run(library, tmp_path, text)

    assert outcome.state is not State.COMPLETE


def test_a_stop_ends_the_tool_within_five_seconds_and_keeps_what_ran(library, tmp_path):
    text = suite(3).replace("No Operation", "Sleep    60s").replace("Sleep    60s", "No Operation", 1)
    asked = []

    def stop_when(watching):
        if any(done == 1 for done, _planned, _line in watching.heard):
            asked.append(time.monotonic())
            return "stop.asked"
        return ""

    order, outcome = run(library, tmp_path, text, Watching(stop_when))

    assert time.monotonic() - asked[0] < 5
    assert (outcome.state, outcome.reason, outcome.reported) == (State.STOPPED, "stop.asked", 1)
    assert not processes_with(str(order.out_dir))


def test_a_run_past_its_deadline_is_timed_out_and_not_failed(library, tmp_path):
    order, outcome = run(library, tmp_path, suite(1, "Sleep    60s"), timeout_s=1.5)

    assert (outcome.state, outcome.reason, outcome.reported) == (State.TIMED_OUT, "run.deadline", 0)
    assert not processes_with(str(order.out_dir))


def test_a_tool_that_ignores_the_stop_is_killed(library, tmp_path):
    deaf = "Evaluate    [signal.signal(n, signal.SIG_IGN) for n in (2, 15)] and time.sleep(60)    modules=signal,time"

    order, outcome = run(library, tmp_path, suite(1, deaf), timeout_s=1.5)

    assert outcome.state is State.TIMED_OUT
    assert not processes_with(str(order.out_dir))


@pytest.mark.parametrize(
    "make",
    ["os.symlink('/etc/passwd', '/out/stolen')", "os.mkfifo('/out/stolen')", "os.mkdir('/out/stolen')"],
)
def test_what_is_no_regular_file_is_refused_and_told(library, tmp_path, make):
    order, outcome = run(library, tmp_path, suite(1, f"Evaluate    {make}    modules=os"))

    assert outcome.state is State.INVALID
    assert "stolen" in outcome.reason
    assert "stolen" not in outcome.files
    assert not (order.out_dir / "stolen").exists()


def in_child(library, out_dir, *, guard_s=8, how=()):
    line = [
        sys.executable,
        "-m",
        "tests.test_modules.run_in_child",
        library,
        "t-robot",
        out_dir,
        str(guard_s),
    ]
    return subprocess.Popen([*line, *how], cwd=PROJECT, stdout=subprocess.PIPE, text=True)


def has_plan(out_dir):
    path = out_dir / "journal.log"
    return path.exists() and b'tool {"ev":"plan"' in path.read_bytes()


def test_no_process_is_left_when_the_supervisor_is_killed(library, tmp_path):
    write_module(library, "t-robot", files={"suite.robot": suite(1, "Sleep    60s")})
    out_dir = tmp_path / "out"
    supervisor = in_child(library, out_dir)
    assert wait_until(lambda: has_plan(out_dir))
    assert processes_with(str(out_dir))

    supervisor.kill()
    supervisor.communicate()

    assert wait_until(lambda: not processes_with(str(out_dir)), seconds=5)


def test_the_guard_ends_the_tool_of_a_frozen_supervisor(library, tmp_path):
    write_module(library, "t-robot", files={"suite.robot": suite(1, "Sleep    60s")})
    out_dir = tmp_path / "out"
    supervisor = in_child(library, out_dir, guard_s=2)
    assert wait_until(lambda: has_plan(out_dir))

    supervisor.send_signal(signal.SIGSTOP)
    try:
        only_frozen = wait_until(lambda: processes_with(str(out_dir)) == [supervisor.pid], seconds=8)
    finally:
        supervisor.send_signal(signal.SIGCONT)

    told, _ = supervisor.communicate(timeout=20)
    assert only_frozen
    assert told.startswith("stopped guard.no_beat")


def test_a_watcher_that_fails_gives_no_beat_and_the_guard_decides(library, tmp_path, monkeypatch):
    monkeypatch.setattr(process, "GUARD_S", 2)

    def fail(watching):
        raise ConnectionError

    _order, outcome = run(library, tmp_path, suite(1, "Sleep    60s"), Watching(fail))

    assert (outcome.state, outcome.reason) == (State.STOPPED, "guard.no_beat")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_an_ordinary_user_runs_in_the_sandbox_too(library, tmp_path):
    if not PROJECT.stat().st_mode & 0o005 or str(PROJECT).startswith("/root"):
        pytest.skip("the project lies where only root can read")
    home = Path(tempfile.mkdtemp(prefix="ordinary-"))
    try:
        write_module(home / "library", "t-robot", files={"suite.robot": suite(2)})
        for path in (home, *home.rglob("*")):
            os.chown(path, 12_345, 12_345)
        line = [
            "/usr/bin/setpriv",
            "--reuid",
            "12345",
            "--regid",
            "12345",
            "--clear-groups",
            sys.executable,
            "-B",
        ]
        line += ["-m", "tests.test_modules.run_in_child", home / "library", "t-robot", home / "out", "8"]

        told = subprocess.run(line, cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False)

        assert told.stdout.split() == ["complete", "bubblewrap", "2"], told.stderr
    finally:
        shutil.rmtree(home)


def bare_run(library, tmp_path, product, **tools):
    files = {"suite.robot": suite(2), "shelf.py": (TARGETS / "shelf.py").read_text()}
    write_module(library, "t-robot", files=files)
    where = {"product": product, "target_url": ""} if product else {}
    order = make_order(tmp_path / "out", "t-robot", **where)
    given = dataclasses.replace(Tools.of_environment(), **tools)
    return order, engines.engine_of("t-robot", given).run(order, Watching())


@pytest.fixture
def no_bubblewrap(monkeypatch):
    monkeypatch.setattr(sandbox, "works", lambda: False)


def test_without_bubblewrap_a_reference_item_runs_and_the_record_says_unsandboxed(
    library, tmp_path, no_bubblewrap
):
    item = dataclasses.replace(shelf(), files=(library / "t_robot/shelf.py",))

    order, outcome = bare_run(library, tmp_path, item)

    assert (outcome.state, outcome.sandbox) == (State.COMPLETE, "unsandboxed")
    assert not processes_with(str(order.out_dir))


@pytest.mark.parametrize("kind", ["python-file", "python-wheel"])
def test_without_bubblewrap_a_received_item_does_not_run(library, tmp_path, no_bubblewrap, kind):
    with pytest.raises(EngineBroken) as caught:
        bare_run(library, tmp_path, dataclasses.replace(shelf(), kind=kind))

    assert caught.value.code == "sandbox.missing"
    assert not any((tmp_path / "out").iterdir())


def test_without_bubblewrap_a_received_file_is_not_taken_for_the_bundles_own(
    library, tmp_path, no_bubblewrap
):
    write_module(library, "t-other")
    away = library / "t_robot/../t_other/good.py"

    with pytest.raises(EngineBroken) as caught:
        bare_run(library, tmp_path, dataclasses.replace(shelf(), files=(away,)))

    assert caught.value.code == "sandbox.missing"


@pytest.mark.parametrize("is_own", [True, False])
def test_where_a_sandbox_is_demanded_nothing_runs_without_one(library, tmp_path, no_bubblewrap, is_own):
    item = dataclasses.replace(shelf(), files=(library / "t_robot/shelf.py",)) if is_own else None

    with pytest.raises(EngineBroken) as caught:
        bare_run(library, tmp_path, item, needs_sandbox=True)

    assert caught.value.code == "sandbox.missing"


def test_production_demands_a_sandbox(monkeypatch):
    monkeypatch.setenv("SIHEOM_MODE", "production")
    assert Tools.of_environment().needs_sandbox
    monkeypatch.setenv("SIHEOM_MODE", "demo")
    assert not Tools.of_environment().needs_sandbox


def test_without_bubblewrap_a_killed_supervisor_leaves_no_process_either(library, tmp_path):
    write_module(library, "t-robot", files={"suite.robot": suite(1, "Sleep    60s")})
    out_dir = tmp_path / "out"
    supervisor = in_child(library, out_dir, how=["bare"])
    assert wait_until(lambda: has_plan(out_dir))
    assert processes_with(str(out_dir))

    supervisor.kill()
    supervisor.communicate()

    assert wait_until(lambda: not processes_with(str(out_dir)), seconds=5)


def test_a_tool_that_takes_too_much_memory_is_ended(library, tmp_path, monkeypatch):
    measured = []

    def memory_bytes(child):
        measured.append(sum(process._pss_bytes(pid) for pid in child.pids()))
        return sandbox.Limits().memory_bytes + 1

    monkeypatch.setattr(process.Child, "memory_bytes", memory_bytes)

    order, outcome = run(library, tmp_path, suite(1, "Sleep    60s"))

    assert (outcome.state, outcome.reason) == (State.BROKEN, "memory.exceeded")
    assert 5 << 20 < measured[0] < 500 << 20  # what Robot really takes
    assert not processes_with(str(order.out_dir))
