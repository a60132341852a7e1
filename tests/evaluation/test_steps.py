"""Computing and judging: only complete repeats, only by who ran them, once."""

from __future__ import annotations

import pytest

from lims.errors import Blocked
from lims.evaluation import services
from lims.evaluation.models import Measurement, Verdict
from lims.plans.models import PlanLine
from lims.records import store
from lims.records.models import Refusal
from lims.runs.models import Attempt, RawFile
from test_modules.contract import Derived, ModuleError
from tests.laboratory import agree, approve, end, judged, measure, measured, start


def derived(measure_id: str, value: float | None = 0.5, **more) -> Derived:
    fixed = {"edition": "ISO/IEC 25023:2016", "formula_version": "1", "unit": "1", "n": 1, "a": 1.0, "b": 2.0}
    return Derived(measure_id=measure_id, value=value, **{**fixed, **more})


@pytest.fixture
def formulas(monkeypatch):
    """The computation at the edge: remembers the folders it was given."""
    seen: list[dict[str, bytes]] = []

    def compute(manifest, repeats, *, parameters, cases, heads):
        seen.extend({path.name: path.read_bytes() for path in folder.iterdir()} for folder in repeats)
        return [derived(source.id) for source in manifest.measures_for(parameters)]

    monkeypatch.setattr(services, "derive", compute)
    return seen


@pytest.fixture
def line(lab) -> PlanLine:
    plan = approve(lab)
    for run in start(lab, plan):
        end(run, files={"journal.log": b"evidence"})
    return plan.lines.get()


def refused(step, *expected: str, **given) -> None:
    before = Refusal.objects.count()

    with pytest.raises(Blocked) as refusal:
        step(**given)

    assert set(expected) <= refusal.value.codes
    assert Refusal.objects.count() == before + 1


def test_measures_are_computed_from_the_stored_raw_files(lab, line, formulas):
    rows = services.derive_measurements(line=line, by=lab.tester)

    assert formulas == [{"journal.log": b"evidence"}]
    assert [row.measure_id for row in rows] == ["FCp-1-G", "FCr-1-G"]
    assert rows[0].sources.get().attempt == Attempt.objects.get()


def test_computing_is_done_once(lab, line, formulas):
    services.derive_measurements(line=line, by=lab.tester)

    refused(services.derive_measurements, "line.already_derived", line=line, by=lab.tester)


def test_computing_by_somebody_else_is_refused(lab, line, formulas):
    refused(services.derive_measurements, "run.of_another_tester", line=line, by=lab.second_tester)


def test_computing_while_runs_go_on_is_refused(lab, formulas):
    plan = approve(lab)
    start(lab, plan)

    refused(
        services.derive_measurements,
        "line.runs_going",
        "line.repeat_missing",
        line=plan.lines.get(),
        by=lab.tester,
    )


@pytest.mark.parametrize("state", ["stopped", "timed_out", "interrupted", "broken", "invalid"])
def test_only_complete_attempts_feed_a_measurement(lab, formulas, state):
    plan = approve(lab)
    for run in start(lab, plan):
        end(run, state)

    refused(services.derive_measurements, "line.repeat_missing", line=plan.lines.get(), by=lab.tester)
    assert formulas == []


def test_changed_raw_file_stops_the_computation_with_a_reason(lab, line, formulas):
    path = store.path_of(RawFile.objects.get().sha256)
    path.chmod(0o640)
    path.write_bytes(b"changed!")

    refused(services.derive_measurements, "file.damaged", line=line, by=lab.tester)
    assert not Measurement.objects.exists()


def test_evidence_that_does_not_hold_stops_the_computation_with_a_reason(lab, line, monkeypatch):
    def refuse(*given, **more):
        raise ModuleError("journal.broken", line=7)

    monkeypatch.setattr(services, "derive", refuse)

    refused(services.derive_measurements, "journal.broken", line=line, by=lab.tester)


@pytest.mark.parametrize(
    ("value", "outcome"), [(1.0, "pass"), (0.9, "pass"), (0.89, "fail"), (None, "inconclusive")]
)
def test_value_is_judged_by_the_agreed_criterion(lab, line, value, outcome):
    measure(lab, line, value)

    verdicts = services.judge_plan(plan=line.plan, by=lab.tester)

    assert {verdict.outcome for verdict in verdicts} == {outcome}


def test_measure_without_criterion_is_reported_not_judged(lab):
    plan = approve(lab, "load-http", contract=agree(lab, "PTb-1-G", "PTb-5-G"))
    measure(lab, plan.lines.get())

    verdicts = services.judge_plan(plan=plan, by=lab.tester)

    assert {(verdict.outcome, verdict.reason) for verdict in verdicts} == {
        ("not_judged", "verdict.no_criterion")
    }


def test_judging_before_computing_is_refused(lab, line):
    refused(services.judge_plan, "item.not_measured", plan=line.plan, by=lab.tester)


def test_judging_is_done_once(lab):
    refused(services.judge_plan, "plan.already_judged", plan=judged(lab), by=lab.tester)
    assert Verdict.objects.count() == 2


def test_value_of_another_edition_is_not_what_was_agreed(lab, line):
    measure(lab, line, edition="ISO/IEC 25023:2011")

    refused(services.judge_plan, "item.not_measured", plan=line.plan, by=lab.tester)


def test_computing_that_was_overtaken_is_refused_and_the_refusal_kept(lab, line, monkeypatch):
    """Somebody computed the same line while this one computed."""

    def compute(manifest, repeats, *, parameters, cases, heads):
        measure(lab, line)
        return [derived(source.id) for source in manifest.measures_for(parameters)]

    monkeypatch.setattr(services, "derive", compute)

    refused(services.derive_measurements, "line.already_derived", line=line, by=lab.tester)


def test_judging_by_the_manager_is_refused(lab):
    refused(services.judge_plan, "person.without_role", plan=measured(lab), by=lab.technical)
