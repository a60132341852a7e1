"""One trial: submit, kill while an attempt is in progress, drain, count."""

from __future__ import annotations

import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import close_old_connections, connection

from bench.torturing.desk import Desk
from bench.torturing.floor import PASSWORD, Floor
from bench.torturing.house import House
from bench.torturing.looking import OPEN, Looker, engines_of, wrongs
from lims.records.patience import patiently
from lims.runs.models import Attempt, TestRun

T = TypeVar("T")
MOST_WAITING = 3  # runs; so the drain at the end stays short
KINDS = ("short", "short", "short", "long", "long", "load")
FIRST_KILL_WITHIN_S = 120.0
STUCK_S = 60.0  # without any sign of life once all processes are back
PATIENCE_S = 90.0
GOAL = 1.0


class Trial:
    """From the empty folder to the verdict."""

    def __init__(self, house: House, kills: int, seed: int) -> None:
        self.house, self.kills, self.seed, self.dice = house, kills, seed, random.Random(seed)
        self.floor, self.looker = Floor(), Looker(house.home)
        self.desk = Desk(house.port, "tester", PASSWORD)
        self.accepted: dict[str, int] = {}
        self.victims: Counter[str] = Counter()
        self.begun = time.monotonic()
        self._enough = threading.Event()
        self._trouble: BaseException | None = None
        self._dead: dict[str, int] = {}

    def run(self) -> dict[str, Any]:
        """Submit beside the kills, drain, and count."""
        self.say(f"seed {self.seed}, home {self.house.home}, victims {self.house.victims}")
        self.desk.sign_in()
        submitting = threading.Thread(target=self._submit, daemon=True)
        submitting.start()
        stuck = not self._kill_all()
        self._enough.set()
        submitting.join()
        if self._trouble:
            raise self._trouble
        self.house.wait_until_back(self._dead)
        return self._verdict(self._drain() or stuck)

    def _kill_all(self) -> bool:
        """Every kill; False when at last nothing was in progress that could be interrupted."""
        while sum(self.victims.values()) < self.kills:
            try:
                self._kill_one()
            except TimeoutError as trouble:
                self.say(f"stuck: {trouble}: {asked(self._situation)}")
                return False
        return True

    def say(self, words: str) -> None:
        print(f"{time.monotonic() - self.begun:7.1f} {words}", file=sys.stderr, flush=True)

    def _submit(self) -> None:
        """Keep a few runs waiting, and decide what waits for a person."""
        dice = random.Random(self.seed + 1)
        try:
            while not self._enough.wait(0.1):
                self._decide()
                if asked(lambda: TestRun.objects.filter(state__in=OPEN).count()) < MOST_WAITING:
                    self._start_one(dice.choice(KINDS))
                else:  # an impatient hand: the same line again, also in the moment in which the web process dies
                    self.desk.start_line(dice.choice(list(self.accepted)), again=True)
        except BaseException as trouble:
            self._trouble = trouble
        finally:
            connection.close()

    def _start_one(self, kind: str) -> None:
        line = asked(lambda: self.floor.lay(kind))
        self.desk.start_line(str(line.uid))
        self.accepted[str(line.uid)] = line.repeats

    def _decide(self) -> None:
        for run in asked(lambda: list(TestRun.objects.filter(state=TestRun.State.WAITING))):
            if run.attempts < 3:
                asked(lambda run=run: self.floor.decide(run))

    def _kill_one(self) -> None:
        """Wait until an attempt is in progress, then a random moment more, and kill while it still is."""
        victim, pause_s = self.dice.choice(self.house.victims), self.dice.uniform(0, 2)
        end = time.monotonic() + FIRST_KILL_WITHIN_S
        while True:
            if self._trouble:
                raise self._trouble
            if time.monotonic() > end:
                raise TimeoutError("no attempt in progress")
            self._look()
            if asked(self.looker.attempt_in_progress) and self._is_back(victim):
                self._look_for(pause_s)
                if attempt := asked(self.looker.attempt_in_progress):
                    self._kill(victim, attempt)
                    return
            time.sleep(0.2)

    def _look_for(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._look()
            time.sleep(0.1)

    def _kill(self, victim: str, attempt: Attempt) -> None:
        self._dead[victim] = pid = self.house.kill(victim)
        self.victims[victim] += 1
        kill = sum(self.victims.values())
        self.say(
            f"kill {kill}/{self.kills} {victim} {pid} during attempt {attempt.uid} of run {attempt.run_id}"
        )

    def _is_back(self, victim: str) -> bool:
        pids = self.house.pids()
        return victim == "database" or pids.get(victim) not in (None, self._dead.get(victim))

    def _look(self) -> None:
        all_back = all(self._is_back(victim) for victim in self.house.victims)
        asked(lambda: self.looker.look(time.monotonic(), all_back=all_back))

    def _drain(self) -> bool:
        """Wait until everything has ended; True when nothing moved for a minute."""
        self.say("drain")
        seen, moved_at = None, time.monotonic()
        while (now := asked(self._situation))["open"]:
            self._look()
            self._decide()
            if now != seen:
                seen, moved_at = now, time.monotonic()
            if time.monotonic() - moved_at > STUCK_S:
                self.say(f"stuck: {now}")
                return True
            time.sleep(0.2)
        self._look_for(4.0)  # what is an orphan shows itself only now
        return False

    def _situation(self) -> dict[str, Any]:
        """Any progress of any run, attempt or case is a sign of life."""
        rows = TestRun.objects.filter(state__in=OPEN).order_by("pk")
        return {
            "open": list(rows.values_list("pk", "state", "attempts")),
            "done": list(Attempt.objects.filter(ended_at=None).order_by("pk").values_list("pk", "done")),
        }

    def _verdict(self, stuck: bool) -> dict[str, Any]:
        wrong = {kind: rows for kind, rows in asked(lambda: wrongs(self.accepted)).items() if rows}
        if left := engines_of(self.house.home):
            wrong["engines left"] = sorted(left)
        wrong |= {"orphans": sorted(self.looker.orphans)} if self.looker.orphans else {}
        wrong |= {"two at once": sorted(self.looker.two_at_once)} if self.looker.two_at_once else {}
        for kind, rows in wrong.items():
            self.say(f"{kind}: {rows}")
        promised = sum(self.accepted.values())
        kept = promised - len(wrong.get("lost", ())) - len(wrong.get("doubled", ()))
        slow = max(self.looker.slowest_reap_s, self.looker.longest_idle_s) > STUCK_S
        return {
            "bench": "torture",
            "ratio": round(kept / promised, 4) if promised else 0.0,
            "goal": GOAL,
            "runs": TestRun.objects.count(),
            "met": bool(promised and not wrong and not stuck and not slow),
            "kills": sum(self.victims.values()),
            "victims": dict(self.victims),
            "seed": self.seed,
            "database": connection.vendor,
            "attempts": Attempt.objects.count(),
            "interrupted": Attempt.objects.filter(state=Attempt.State.INTERRUPTED).count(),
            "answers_lost": self.desk.lost_answers,
            "slowest_submit_s": round(self.desk.slowest_s, 2),
            "slowest_reap_s": round(self.looker.slowest_reap_s, 2),
            "longest_idle_s": round(self.looker.longest_idle_s, 2),
            "stuck": stuck,
            "wrong": {kind: len(rows) for kind, rows in wrong.items()},
            "seconds": round(time.monotonic() - self.begun),
        }


def asked(question: Callable[[], T]) -> T:
    """The database may be away for a while; what is asked here is safe to ask again."""
    close_old_connections()
    return patiently(question, for_s=PATIENCE_S)
