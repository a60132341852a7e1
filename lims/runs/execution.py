"""One attempt in the worker: lease, engine, evidence, end. The engine itself is `test_modules`' matter."""

from __future__ import annotations

import shutil
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, transaction
from django.utils import timezone

from lims.errors import LostRace, Reason
from lims.records import store
from lims.records.chain import record
from lims.records.leases import holding
from lims.records.outbox import BEAT_S, LEASE
from lims.records.patience import patiently, renew_connections
from lims.runs import guards
from lims.runs.models import Attempt, RawFile, TestRun
from lims.runs.orders import OUT, order_of
from test_modules import engines
from test_modules.contract import EngineBroken, ModuleError, Outcome, State

log = structlog.get_logger(__name__)

GRACE_S = LEASE.total_seconds() - BEAT_S  # out of touch longer than this, somebody else may start
PATIENCE_S = 60
MOST_LINES, MOST_LINE = 30, 500  # of the log that people see while a run goes on; characters
GIVEN_UP = ("lease.lost", "guard.no_beat")  # why an engine was stopped although nobody asked for it
DatabaseTrouble = (DatabaseError, InterfaceError)


def execute(run: TestRun) -> None:
    """Run the engine for a claimed run; keep what it wrote, hashed and unread; end the attempt, fenced by the lease."""
    attempt = run.tries.get(number=run.attempts)
    with _scratch(attempt) as folder:
        outcome = _outcome(run, attempt, folder)
        if outcome.state is State.STOPPED and outcome.reason in GIVEN_UP:
            log.warning("attempt.given_up", attempt=str(attempt.uid), reason=outcome.reason)
            return  # nobody asked for this stop: the reaper ends the attempt as interrupted
        with holding(run):
            files = [(name, *_stored(folder / OUT / name)) for name in outcome.files]
        try:
            patiently(lambda: _finish(run, attempt, outcome, files), for_s=PATIENCE_S)
        except LostRace:  # a late writer is refused; the reaper spoke first
            log.warning("attempt.fenced", attempt=str(attempt.uid))


def _outcome(run: TestRun, attempt: Attempt, folder: Path) -> Outcome:
    try:
        with holding(run):  # a large item takes a while to hash and to copy
            if reasons := guards.against_executing(run.plan_line) + guards.against_damaged_item(
                run.plan_line
            ):
                return Outcome(state=State.BROKEN, reason=_said(reasons))
            order = order_of(run, folder)
        return engines.engine_of(order.module_id).run(order, LeaseWatch(run, attempt))
    except EngineBroken as trouble:
        return Outcome(state=State.BROKEN, reason=str(trouble), files=engines.evidence_in(folder / OUT))
    except ModuleError as trouble:
        return Outcome(state=State.BROKEN, reason=str(trouble))


class LeaseWatch:
    """What the supervisor calls while the engine runs: holds the lease, tells progress, hears a stop.

    The row is polled, so that a stop works with the broker down as well.
    """

    def __init__(self, run: TestRun, attempt: Attempt) -> None:
        self.run, self.attempt = run, attempt
        self.held_at = time.monotonic()
        self.next_beat = 0.0
        self.answer = ""
        self.lines: deque[str] = deque(maxlen=MOST_LINES)

    def progress(self, done: int, planned: int, line: str) -> None:
        self.lines.append(_storable(line)[:MOST_LINE])
        try:
            Attempt.objects.filter(pk=self.attempt.pk, state__in=Attempt.OPEN).update(
                done=done, planned=planned, log_tail="\n".join(self.lines)
            )
        except DatabaseTrouble:  # a picture for people; the record does not depend on it
            renew_connections()
            log.info("progress.skipped", attempt=str(self.attempt.uid))

    def stop_asked(self) -> str:
        """Why to stop, or "". Beats every two seconds; without a beat for lease - beat seconds it gives up."""
        now = time.monotonic()
        if now < self.next_beat:
            return self.answer
        self.next_beat = now + BEAT_S
        try:
            if not self.run.beat():
                self.answer = "lease.lost"
            elif Attempt.objects.filter(pk=self.attempt.pk, stop_asked_at__isnull=False).exists():
                self.answer = "stop.asked"
            self.held_at = now
        except DatabaseTrouble:
            renew_connections()  # a broken one stays broken: the next beat begins with a new one
            if now - self.held_at > GRACE_S:
                self.answer = "lease.lost"
        return self.answer


def _finish(run: TestRun, attempt: Attempt, outcome: Outcome, files: list[tuple[str, str, int]]) -> None:
    """Attempt, evidence rows, run and audit event in one transaction, or none of them.

    Raises: LostRace when the lease is no longer ours, unless it was this very attempt that had finished before.
    """
    now = timezone.now()
    with transaction.atomic():
        # fresh rows: a stop may have been noted meanwhile, and a try that was rolled back must leave nothing in ours
        held = run.held_by_us().select_for_update().first()
        if held is None:
            if Attempt.objects.filter(pk=attempt.pk, state=outcome.state, ended_at__isnull=False).exists():
                return  # done before; the answer to the commit was lost
            raise LostRace(str(attempt))
        ended = Attempt.objects.select_for_update().get(pk=attempt.pk)
        rows = [RawFile.objects.create(attempt=ended, name=n, sha256=s, size_bytes=b) for n, s, b in files]
        for name in ("planned", "reported", "journal_head", "sandbox"):
            setattr(ended, name, getattr(outcome, name))
        ended.engine_versions, ended.environment = dict(outcome.engine_versions), dict(outcome.environment)
        ended.reason, ended.state = _storable(outcome.reason), outcome.state.value
        ended.done, ended.ended_at = outcome.reported, now
        ended.save()
        held.move(TestRun.State.ENDED, ended_at=now, owner=None, lease_until=None)
        record("attempt.ended", held, ended, *rows, chain=run.centre.code)


def _storable(text: str) -> str:
    """A tool's last words may hold what PostgreSQL does not store."""
    return text.replace("\0", "\ufffd")


def _stored(path: Path) -> tuple[str, int]:
    """Hash one file into the content store."""
    with path.open("rb") as source:
        return store.put_file(source)


def _said(reasons: list[Reason]) -> str:
    return "; ".join(f"{reason.code} {reason.params or ''}".strip() for reason in reasons)


@contextmanager
def _scratch(attempt: Attempt) -> Iterator[Path]:
    folder = Path(settings.SCRATCH_DIR) / str(attempt.uid)
    shutil.rmtree(folder, ignore_errors=True)  # a lost answer may bring the same attempt twice
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
