"""What is going on now, and what was lost: read from the rows, the store, the chains and the process table."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from django.utils import timezone

from lims.records import store
from lims.records.models import AuditEvent
from lims.records.verification import verify_chains
from lims.runs.models import Attempt, TestRun

IN_SCRATCH = re.compile(r"/scratch/([0-9a-f]{8}-[0-9a-f-]{27})")
OPEN = (TestRun.State.QUEUED, TestRun.State.RUNNING, TestRun.State.WAITING)
GRACE_S = 3.0  # a killed process may take this long to leave the table


def engines_of(home: Path) -> dict[str, list[int]]:
    """Attempt -> its sandboxed processes, by the folder that is mounted into them."""
    found: dict[str, list[int]] = {}
    for mounts in Path("/proc").glob("[0-9]*/mountinfo"):
        try:
            text = mounts.read_text()
        except OSError:
            continue
        for line in text.splitlines():
            if home.name in line and (named := IN_SCRATCH.search(line)):
                found.setdefault(named[1], []).append(int(mounts.parent.name))
                break
    return found


@dataclass
class Looker:
    """Looks again and again while processes die, and remembers the worst it saw."""

    home: Path
    slowest_reap_s: float = 0.0
    longest_idle_s: float = 0.0
    orphans: set[str] = field(default_factory=set)
    two_at_once: set[str] = field(default_factory=set)
    _idle_since: float | None = None

    def attempt_in_progress(self) -> Attempt | None:
        """An attempt that holds its lease and has an engine at work."""
        now = timezone.now()
        working = engines_of(self.home)
        rows = Attempt.objects.filter(
            run__state=TestRun.State.RUNNING, run__lease_until__gt=now, ended_at=None
        )
        return next((row for row in rows if len(working.get(str(row.uid), ())) > 1), None)

    def look(self, clock: float, *, all_back: bool) -> None:
        """One look: leases that ran out, work beside a free worker, engines without an attempt."""
        now = timezone.now()
        late = TestRun.objects.filter(state=TestRun.State.RUNNING, lease_until__lt=now)
        for until in late.values_list("lease_until", flat=True):
            self.slowest_reap_s = max(self.slowest_reap_s, (now - until).total_seconds())
        self._look_for_idleness(clock, all_back=all_back)
        self._look_for_orphans()

    def _look_for_idleness(self, clock: float, *, all_back: bool) -> None:
        states = set(TestRun.objects.filter(state__in=OPEN).values_list("state", flat=True))
        idle = all_back and TestRun.State.QUEUED in states and TestRun.State.RUNNING not in states
        if not idle:
            self._idle_since = None
            return
        self._idle_since = clock if self._idle_since is None else self._idle_since
        self.longest_idle_s = max(self.longest_idle_s, clock - self._idle_since)

    def _look_for_orphans(self) -> None:
        working = engines_of(self.home)
        if not working:
            return
        now, runs = timezone.now(), list[int]()
        for attempt in Attempt.objects.filter(uid__in=working):
            if attempt.ended_at and (now - attempt.ended_at).total_seconds() > GRACE_S:
                self.orphans.add(str(attempt.uid))
            runs.append(attempt.run_id)
        self.two_at_once |= {str(run) for run in runs if runs.count(run) > 1}


def wrongs(accepted: dict[str, int]) -> dict[str, list[str]]:
    """What may not be: kind -> which rows. `accepted` says how many runs each started line has to have."""
    runs = list(TestRun.objects.prefetch_related("tries__files"))
    return {
        "lost": _lost(accepted, runs) + [f"run {run.pk} {run.state}" for run in runs if run.state in OPEN],
        "doubled": _doubled(accepted, runs),
        "bad attempts": [trouble for run in runs for trouble in _bad_attempts(run)],
        "bad evidence": [trouble for run in runs for trouble in _bad_evidence(run)],
        "bad chains": [f"{finding.chain} {finding.seq}: {finding.what}" for finding in verify_chains()],
        "untold": _untold(runs),
    }


def _lost(accepted: dict[str, int], runs: list[TestRun]) -> list[str]:
    there = {(str(run.plan_line.uid), run.repeat_no) for run in runs}
    return [
        f"{line} repeat {number}"
        for line, repeats in accepted.items()
        for number in range(1, repeats + 1)
        if (line, number) not in there
    ]


def _doubled(accepted: dict[str, int], runs: list[TestRun]) -> list[str]:
    keys = [(str(run.plan_line.uid), run.repeat_no) for run in runs]
    twice = [f"{line} repeat {number}" for line, number in set(keys) if keys.count((line, number)) > 1]
    complete = [
        f"run {run.pk}" for run in runs if sum(t.state == Attempt.State.COMPLETE for t in run.tries.all()) > 1
    ]
    return twice + complete + [line for line, _number in keys if line not in accepted]


def _bad_attempts(run: TestRun) -> list[str]:
    tries = sorted(run.tries.all(), key=lambda attempt: attempt.number)
    said = []
    if [attempt.number for attempt in tries] != list(range(1, run.attempts + 1)):
        said.append(f"run {run.pk}: attempts {[attempt.number for attempt in tries]} of {run.attempts}")
    if any(attempt.ended_at is None for attempt in tries):
        said.append(f"run {run.pk}: an attempt without an end")
    elif any(one.ended_at > other.started_at for one, other in pairwise(tries)):
        said.append(f"run {run.pk}: two attempts at once")
    states = [attempt.state for attempt in tries]
    ended_well = states[-1:] == [Attempt.State.COMPLETE] and set(states[:-1]) <= {Attempt.State.INTERRUPTED}
    if not ended_well and states != [Attempt.State.INTERRUPTED] * 3:
        said.append(f"run {run.pk}: {[(attempt.state, attempt.reason) for attempt in tries]}")
    return said


def _bad_evidence(run: TestRun) -> list[str]:
    said = []
    for attempt in run.tries.all():
        files = list(attempt.files.all())
        for file in files:
            try:
                store.read(file.sha256)
            except store.StoreDamaged:
                said.append(f"{attempt.uid}: {file.name}")
        is_complete = attempt.state == Attempt.State.COMPLETE
        if is_complete and not {"journal.log"} <= {file.name for file in files}:
            said.append(f"{attempt.uid}: complete without a journal")
        if not is_complete and files:
            said.append(f"{attempt.uid}: evidence of an attempt that did not finish")
    return said


def _untold(runs: list[TestRun]) -> list[str]:
    """Rows whose last state the audit trail does not tell."""
    told: dict[str, str] = {}
    for rows in AuditEvent.objects.order_by("chain", "seq").values_list("rows", flat=True):
        for row in rows:
            if "state" in row["after"]:
                told[row["uid"]] = row["after"]["state"]
    every = [*runs, *(attempt for run in runs for attempt in run.tries.all())]
    return [f"{row._meta.label} {row.pk} {row.state}" for row in every if told.get(str(row.uid)) != row.state]


def as_line(**facts: object) -> str:
    return json.dumps(facts, ensure_ascii=False)
