"""Two and more workers at once, as processes on one real database: each row is taken once."""

from __future__ import annotations

import json
import signal

import pytest

from tests.processes import ended
from tests.servers import wait_until

ROWS, WORKERS = 40, 4

LAY = """
from tests import laboratory
from test_modules import catalogue
TOOLS = {"tool": "1.0", "python": "3.11"}
catalogue.engine_versions = lambda module_id: dict(TOOLS)
lab = laboratory.open_laboratory()
for module_id in laboratory.MODULES:
    laboratory.adopt(lab, module_id, TOOLS)
from lims.runs.models import TestRun
for number in range(int(sys.argv[1])):
    laboratory.start(lab, laboratory.approve(lab))
"""
# Claims until nothing is left; "claimed" is said only after the commit.
CLAIM = """
from uuid import uuid4
from lims.runs.models import TestRun
(queue,) = set(TestRun.objects.values_list("queue", flat=True))
print("ready", flush=True)
sys.stdin.readline()
while run := TestRun.objects.claim_oldest(queue, uuid4()):
    print(run.pk, flush=True)
"""
# Holds a claimed run as a worker does, beating, and tries to finish it when told so.
HOLD = """
from pathlib import Path
from uuid import uuid4
from lims.errors import LostRace
from lims.records.leases import holding
from lims.runs import execution
from lims.runs.models import TestRun
from test_modules.contract import Outcome, State
run = TestRun.objects.claim_oldest(TestRun.objects.first().queue, uuid4())
with holding(run):
    print("holding", flush=True)
    sys.stdin.readline()
try:
    execution._finish(run, run.tries.get(number=run.attempts), Outcome(state=State.COMPLETE), [])
    print("finished")
except LostRace:
    print("refused")
"""
REAP = "from lims.runs import outbox; print(outbox.reap())"
LEASE_IS_OVER = """
from django.db.models.functions import Now
from lims.runs.models import TestRun
print(TestRun.objects.lost().count())
"""
TOLD = """
import json
from lims.records.verification import verify_chains
from lims.runs.models import Attempt, TestRun
print(json.dumps({
    "runs": list(TestRun.objects.values_list("state", "attempts")),
    "attempts": list(Attempt.objects.order_by("run", "number").values_list("number", "state")),
    "broken chains": len(verify_chains()),
}))
"""


def told(place):
    return json.loads(place.run(TOLD))


def test_workers_at_once_take_each_row_once(slow_place):
    slow_place.run(LAY, str(ROWS))
    workers = [slow_place.start(CLAIM, stdin=-1) for _ in range(WORKERS)]
    with ended(workers):
        assert [worker.stdout.readline() for worker in workers] == ["ready\n"] * WORKERS
        for worker in workers:
            worker.stdin.write("go\n")
            worker.stdin.flush()
        said = [worker.communicate()[0].split() for worker in workers]

    taken = [pk for words in said for pk in words]
    assert len(taken) == len(set(taken)) == ROWS
    assert told(slow_place)["runs"] == [["running", 1]] * ROWS
    assert told(slow_place)["attempts"] == [[1, "running"]] * ROWS
    assert told(slow_place)["broken chains"] == 0


def test_a_worker_that_was_frozen_past_its_lease_is_refused(slow_place):
    slow_place.run(LAY, "1")
    frozen = slow_place.start(HOLD, stdin=-1)
    with ended([frozen]):
        assert frozen.stdout.readline() == "holding\n"
        frozen.send_signal(signal.SIGSTOP)
        wait_until(lambda: slow_place.run(LEASE_IS_OVER).strip() == "1", 60, pause_s=0.5)
        assert slow_place.run(REAP).strip() == "1"
        frozen.send_signal(signal.SIGCONT)
        said, _trouble = frozen.communicate("go\n")

    assert said == "refused\n"
    assert told(slow_place)["runs"] == [["queued", 1]]
    assert told(slow_place)["attempts"] == [[1, "interrupted"]]


def test_a_worker_that_beats_keeps_its_lease(slow_place):
    """Longer than a lease, by the beats of a thread beside the work."""
    slow_place.run(LAY, "1")
    worker = slow_place.start(HOLD, stdin=-1)
    with ended([worker]):
        assert worker.stdout.readline() == "holding\n"
        with pytest.raises(TimeoutError):
            wait_until(lambda: slow_place.run(REAP).strip() != "0", 13, pause_s=1)
        said, _trouble = worker.communicate("go\n")

    assert said == "finished\n"
    assert told(slow_place)["runs"] == [["ended", 1]]


def test_a_claim_that_dies_before_its_commit_burns_no_attempt(slow_place):
    slow_place.run(LAY, "1")
    dying = slow_place.start(
        """
from uuid import uuid4
from lims.runs.models import TestRun
TestRun.claimed = lambda run: os.kill(os.getpid(), signal.SIGKILL)
TestRun.objects.claim_oldest(TestRun.objects.first().queue, uuid4())
"""
    )
    with ended([dying]):
        dying.wait(120)

    assert dying.returncode == -signal.SIGKILL
    wait_until(lambda: told(slow_place)["runs"] == [["queued", 0]], 30)
    assert told(slow_place)["attempts"] == []
