"""What every attempt goes through, whatever the tool: check, bring up the product, supervise, collect."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from test_modules import cases, catalogue
from test_modules.cases import FunctionList
from test_modules.contract import EngineBroken, ModuleError, Outcome, Product, RunOrder, State, Watcher
from test_modules.engines import sandbox
from test_modules.engines.channels import Channel, LogChannel, open_pipe
from test_modules.engines.collect import Collected, collect, evidence_in, hashes_of
from test_modules.engines.journal import JOURNAL, Journal
from test_modules.engines.process import Child
from test_modules.engines.product import Launcher
from test_modules.engines.supervisor import Ending, Halted, Supervisor, Watch
from test_modules.manifest import Manifest, validate_parameters
from test_modules.tools import Tools, machine

LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Judgement:
    """What an attempt was worth. `planned` and `reported` as in the Outcome."""

    state: State
    reason: str
    planned: int
    reported: int


class Tool(Protocol):
    """What differs between the tools. One object lives for one attempt."""

    pipes: tuple[str, ...]  # names of the pipes that the tool writes to, beside its output

    def channel(self, pipe: str, journal: Journal) -> Channel:
        """Where the bytes of a pipe go."""

    def files(self, order: RunOrder, target_url: str) -> Mapping[str, Any]:
        """What lies in /in: name -> JSON value."""

    def environment(self, room: sandbox.Room, fds: Mapping[str, int]) -> Mapping[str, str]:
        """Variables of the tool beside the common ones."""

    def argv(self, room: sandbox.Room, target_url: str, fds: Mapping[str, int]) -> list[str]:
        """The stock command line."""

    def attend(self, child: Child) -> None:
        """The tool runs now."""

    def each_second(self, watch: Watch) -> None:
        """Tell progress, look after health."""

    def store(self, folder: Path, beat: Callable[[], None]) -> None:
        """Write what came over the pipes and is kept as a file; a beat at least each second."""

    def judge(self, ending: Ending, collected: Collected) -> Judgement:
        """Say what the attempt was worth, from what came over the pipes."""


MakeTool = Callable[[Manifest, FunctionList | None], Tool]


class Attempt:
    """One attempt at an order. The journal and all other evidence lie in the order's folder afterwards."""

    def __init__(self, order: RunOrder, watcher: Watcher, tools: Tools, make: MakeTool) -> None:
        self._order, self._tools = order, tools
        self._manifest = catalogue.find(order.module_id, order.module_version)
        self._is_sandboxed = sandbox.works()
        self._work = order.out_dir.with_name(order.out_dir.name + ".work")
        self._bundle = self._work / "module"
        self._versions = tools.versions(self._manifest.engine.name)
        listed = cases.parse_json(order.cases) if order.cases is not None else None
        self._tool = make(self._manifest, listed)
        self._watcher = watcher
        self._check(listed)

    def _check(self, listed: FunctionList | None) -> None:
        order = self._order
        if not order.out_dir.is_dir() or any(order.out_dir.iterdir()):
            raise EngineBroken("order.folder_not_empty", folder=str(order.out_dir))
        if validate_parameters(self._manifest, order.parameters) != dict(order.parameters):
            raise EngineBroken("order.parameters_incomplete", module=order.module_id)
        if order.product is None and urlsplit(order.target_url).hostname not in LOOPBACK:
            raise EngineBroken("target.not_loopback", target=order.target_url)
        if not self._is_sandboxed and not self._may_run_bare(order.product):
            raise EngineBroken("sandbox.missing")
        if listed is not None:
            cases.require_accounts(listed, order.accounts)

    def _may_run_bare(self, product: Product | None) -> bool:
        """Whether all code of the run is the project's own: the module, and reference items of its bundle."""
        if self._tools.needs_sandbox:
            return False
        if product is None:
            return True
        own = self._manifest.folder.resolve()
        return product.kind == "python-file" and all(
            path.resolve().is_relative_to(own) for path in (*product.files, product.requirements or own)
        )

    def run(self) -> Outcome:
        """Run to the end, the deadline or a stop; every end is an Outcome."""
        with Journal(self._order.out_dir / JOURNAL) as journal:
            watch = Watch(self._watcher, journal, time.monotonic() + self._order.timeout_s)
            self._work.mkdir()
            sandbox.lay_open(self._manifest.folder, self._bundle)
            self._note_order(journal)
            try:
                judgement = self._judged(journal, watch)
            except Halted as halt:
                judgement = Judgement(halt.state, halt.reason, 0, 0)
            except ModuleError as trouble:
                judgement = Judgement(State.BROKEN, str(trouble), 0, 0)
            finally:
                shutil.rmtree(self._work, ignore_errors=True)
            self._note_end(journal, judgement)
            return self._outcome(judgement, journal.head)

    def _judged(self, journal: Journal, watch: Watch) -> Judgement:
        with self._target(journal, watch) as (others, target_url):
            ending = self._supervised(journal, watch, others, target_url)
        collected = collect(self._work / "out", self._order.out_dir, watch.beat)
        judgement = self._stored_and_judged(journal, watch, ending, collected)
        files = self._hashes(watch.beat)
        journal.add(ev="collected", exit_status=ending.exit_status, files=files, refused=collected.refused)
        if collected.refused and judgement.state is State.COMPLETE:
            first = min(collected.refused)
            reason = f"{collected.refused[first]} {first}"
            return Judgement(State.INVALID, reason, judgement.planned, judgement.reported)
        return judgement

    def _stored_and_judged(
        self, journal: Journal, watch: Watch, ending: Ending, collected: Collected
    ) -> Judgement:
        try:
            self._tool.store(self._order.out_dir, watch.beat)
        except ModuleError as trouble:
            if ending.why is None:
                return Judgement(State.BROKEN, str(trouble), 0, 0)
            journal.add(
                ev="not_stored", error=str(trouble)
            )  # a stopped tool leaves torn ends: no other reason
        return self._tool.judge(ending, collected)

    def _hashes(self, beat: Callable[[], None]) -> dict[str, str]:
        found = hashes_of(self._order.out_dir, beat)
        return {name: sha256 for name, sha256 in found.items() if name != JOURNAL}

    @contextlib.contextmanager
    def _target(self, journal: Journal, watch: Watch) -> Iterator[tuple[list[Child], str]]:
        if self._order.product is None or self._order.target_url:
            yield [], self._order.target_url.rstrip("/")
            return
        launcher = Launcher(self._order.product, self._tools, journal, watch)
        log = self._order.out_dir / "product.log"
        with launcher.running(self._work, log, is_sandboxed=self._is_sandboxed) as (child, address):
            yield [child], address

    def _supervised(self, journal: Journal, watch: Watch, others: list[Child], target_url: str) -> Ending:
        room = self._room(target_url)
        log = LogChannel()
        readers: dict[int, Channel] = {}
        writers: dict[str, int] = {}
        try:
            for name in (*self._tool.pipes, "output"):
                reader, writers[name] = open_pipe()
                readers[reader] = log if name == "output" else self._tool.channel(name, journal)
            child = self._started(room, target_url, writers, journal)
            for name in list(writers):
                os.close(writers.pop(name))
            return self._looked_after(
                child=child, others=others, readers=readers, journal=journal, watch=watch, room=room
            )
        finally:
            for fd in (*readers, *writers.values()):
                os.close(fd)
            (self._order.out_dir / "console.log").write_bytes(log.text)

    def _looked_after(
        self,
        *,
        child: Child,
        others: list[Child],
        readers: dict[int, Channel],
        journal: Journal,
        watch: Watch,
        room: sandbox.Room,
    ) -> Ending:
        watch.children.append(child)
        supervisor = Supervisor(
            child=child,
            others=others,
            channels=readers,
            journal=journal,
            watch=watch,
            memory_bytes=room.limits.memory_bytes,
            each_second=lambda: self._tool.each_second(watch),
        )
        try:
            self._tool.attend(child)
            ending = supervisor.run()
        except BaseException:
            child.close()
            raise
        finally:
            watch.children.remove(child)
        self._tool.each_second(watch)  # the last word on progress
        return ending

    def _started(
        self, room: sandbox.Room, target_url: str, writers: Mapping[str, int], journal: Journal
    ) -> Child:
        room = sandbox.with_environment(room, {**room.environment, **self._tool.environment(room, writers)})
        argv = self._tool.argv(room, target_url, writers)
        journal.add(ev="start", argv=argv, target_url=target_url, sandboxed=room.is_sandboxed)
        tool_fds = [fd for name, fd in writers.items() if name != "output"]
        return Child(argv, room, output_fd=writers["output"], pass_fds=tool_fds)

    def _room(self, target_url: str) -> sandbox.Room:
        inputs, out = self._work / "in", self._work / "out"
        inputs.mkdir()
        out.mkdir()
        for name, value in self._tool.files(self._order, target_url).items():
            _write_json(inputs / name, value)
        if self._order.cases is not None:
            for folder in (
                inputs,
                self._order.out_dir,
            ):  # also evidence: without it nothing can be recomputed
                (folder / "cases.json").write_bytes(self._order.cases)
        engine = sandbox.lay_open(sandbox.INSIDE, self._work / "engine")
        read_only = {
            "/site": self._tools.engine_site,
            "/module": self._bundle,
            "/engine": engine,
            "/in": inputs,
        }
        room = sandbox.Room(
            is_sandboxed=self._is_sandboxed,
            read_only=read_only,
            writable={"/out": out},
            folder="/out",
        )
        sandbox.give_to_room(room)
        path = ":".join(room.at(folder) for folder in ("/site", "/engine", "/module"))
        names = {"PYTHONPATH": path, "SIHEOM_IN": room.at("/in"), "SIHEOM_OUT": room.at("/out")}
        return sandbox.with_environment(room, {**names, "PYTHONHASHSEED": "0"})

    def _note_order(self, journal: Journal) -> None:
        order = self._order
        journal.add(
            ev="order",
            run_uid=order.run_uid,
            module=order.module_id,
            version=order.module_version,
            module_digest=catalogue.digest_of(self._bundle),
            parameters=dict(order.parameters),
            seed=order.seed,
            repeat_no=order.repeat_no,
            timeout_s=order.timeout_s,
            engine_versions=self._versions,
            machine=dict(machine()),
        )
        journal.sync()

    def _note_end(self, journal: Journal, judgement: Judgement) -> None:
        journal.add(
            ev="ended",
            state=str(judgement.state),
            reason=judgement.reason,
            planned=judgement.planned,
            reported=judgement.reported,
        )
        journal.sync()  # on disk before anybody else says so

    def _outcome(self, judgement: Judgement, head: str) -> Outcome:
        return Outcome(
            state=judgement.state,
            reason=judgement.reason,
            planned=judgement.planned,
            reported=judgement.reported,
            files=evidence_in(self._order.out_dir),
            journal_head=head,
            engine_versions=self._versions,
            environment=machine(),
            sandbox="bubblewrap" if self._is_sandboxed else "unsandboxed",
        )


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, sort_keys=True), encoding="utf-8")
    path.chmod(0o644)


def order_values(order: RunOrder, target_url: str) -> dict[str, Any]:
    """What every module may know of its order."""
    return {
        "run_uid": order.run_uid,
        "module": order.module_id,
        "version": order.module_version,
        "target_url": target_url,
        "accounts": dict(order.accounts),
        "parameters": dict(order.parameters),
        "seed": order.seed,
        "repeat_no": order.repeat_no,
    }
