"""Starting, stopping, deciding and rerunning: every reason of a guard refuses, and nothing happens twice."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from lims.equipment.models import ModuleAdoption
from lims.errors import Blocked, LostRace, Reason
from lims.plans import services as plans
from lims.plans.models import PlanLine
from lims.records import store
from lims.records.models import AuditEvent, Refusal
from lims.runs import guards, services
from lims.runs.models import Attempt, TestRun
from lims.runs.tasks import answer_bell
from test_modules import catalogue
from test_modules.contract import EngineBroken
from tests.laboratory import DEPLOYMENT, add_line, agree, approve, draft, end, start
from tests.moves import pairs_against_the_table

State = TestRun.State


@pytest.fixture
def line(lab) -> PlanLine:
    return approve(lab).lines.get()


@pytest.fixture
def run(lab, line) -> TestRun:
    (queued,) = services.start_line(line=line, by=lab.tester)
    return queued


def refused(step, *expected: str, **given) -> None:
    """The step is refused with these reasons among all, and the refusal is kept."""
    before = Refusal.objects.count()

    with pytest.raises(Blocked) as refusal:
        step(**given)

    assert set(expected) <= refusal.value.codes
    assert Refusal.objects.count() == before + 1


def test_start_queues_the_runs_of_an_accredited_request_for_its_engine(lab, line):
    (run,) = services.start_line(line=line, by=lab.tester)

    assert (run.state, run.queue, run.purpose) == ("queued", "run.functional.ONE", "accredited")
    assert AuditEvent.objects.filter(kind="run.queued", by_uid=lab.tester.uid).count() == 1


def test_load_line_queues_every_repeat(lab):
    plan = approve(lab, "load-http", contract=agree(lab, "PTb-1-G", "PTb-5-G"))

    runs = start(lab, plan)

    assert [run.repeat_no for run in runs] == list(range(1, plan.lines.get().repeats + 1))
    assert {run.queue for run in runs} == {"run.load.ONE"}


def test_start_is_not_made_twice(lab, line):
    services.start_line(line=line, by=lab.tester)

    refused(services.start_line, "run.already_queued", line=line, by=lab.tester)
    assert line.runs.count() == 1


def test_start_of_a_draft_is_refused(lab):
    line = add_line(lab, draft(lab))

    refused(services.start_line, "plan.not_approved", line=line, by=lab.tester)


def test_start_of_a_dropped_line_is_refused(lab):
    plan = draft(lab)
    dropped, _kept = add_line(lab, plan), add_line(lab, plan)
    plans.drop_line(line=dropped, by=lab.tester)
    plans.approve_plan(plan=plan, by=lab.technical)
    dropped.refresh_from_db()

    refused(services.start_line, "line.dropped", line=dropped, by=lab.tester)


def test_tester_of_an_approved_plan_is_held_by_the_database(lab, line):
    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
        PlanLine.objects.filter(pk=line.pk).update(tester=lab.second_tester)


def test_stopped_run_is_run_again_only_by_the_technical_managers_decision(lab, run):
    TestRun.objects.filter(pk=run.pk).update(state=State.PLANNED)  # out of the way of the claim below
    other = approve_and_stop(lab)

    refused(services.rerun, "person.without_role", run=other, why="다시", by=lab.tester)
    assert services.rerun(run=other, why="다시", by=lab.technical).reruns == other


def approve_and_stop(lab) -> TestRun:
    """A run whose stop was asked for by its tester, who saw it go."""
    again = agree(lab)
    (queued,) = services.start_line(line=approve(lab, contract=again).lines.get(), by=lab.tester)
    claimed = TestRun.objects.claim_oldest(queued.queue, uuid4())
    services.stop_run(run=claimed, by=lab.tester)
    claimed.tries.update(state=Attempt.State.STOPPED, ended_at=timezone.now())
    TestRun.objects.filter(pk=claimed.pk).update(state=State.ENDED, ended_at=timezone.now())
    claimed.refresh_from_db()
    return claimed


def test_item_with_a_result_is_not_planned_anew(lab, run):
    end(run)

    with pytest.raises(Blocked) as refusal:
        draft(lab, run.plan_line.plan.contract)

    assert "item.has_results" in refusal.value.codes


def test_start_by_another_tester_is_refused(lab, line):
    refused(services.start_line, "run.of_another_tester", line=line, by=lab.second_tester)


def test_start_without_authorization_is_refused(lab, line):
    lab.tester.authorizations.update(valid_until=timezone.localdate() - timedelta(days=1))

    refused(services.start_line, "person.not_authorized", line=line, by=lab.tester)


def test_start_by_somebody_who_left_is_refused(lab, line):
    lab.tester.is_active = False
    lab.tester.save()

    refused(services.start_line, "person.not_authorized", line=PlanLine.objects.get(), by=lab.tester)


def test_start_of_a_line_without_tester_is_refused(lab):
    plan = draft(lab)
    line = plans.add_line(plan=plan, module_id="func-http", parameters={}, by=lab.tester)

    refused(services.start_line, "plan.no_tester", "plan.not_approved", line=line, by=lab.tester)


def test_start_with_a_changed_module_is_refused(lab, line, monkeypatch):
    monkeypatch.setattr(catalogue, "digest", lambda module_id: "f" * 64)

    refused(services.start_line, "module.changed", line=line, by=lab.tester)


def test_start_with_an_unproven_module_is_refused(lab, line, monkeypatch):
    monkeypatch.setattr("lims.equipment.guards.ModuleAdoption.objects", ModuleAdoption.objects.none())

    refused(services.start_line, "module.not_adopted", line=line, by=lab.tester)


def test_start_with_other_tools_than_the_proven_ones_is_refused(lab, line, monkeypatch):
    monkeypatch.setattr(catalogue, "engine_versions", lambda module_id: {"tool": "2.0"})

    refused(services.start_line, "module.engines_changed", line=line, by=lab.tester)


def test_start_without_installed_tools_is_refused_with_a_reason(lab, line, monkeypatch):
    def gone(module_id: str) -> dict[str, str]:
        raise EngineBroken("engine.not_installed", engine="robotframework", folder="/nowhere")

    monkeypatch.setattr(catalogue, "engine_versions", gone)

    refused(services.start_line, "engine.not_installed", line=line, by=lab.tester)


def test_start_with_damaged_item_bytes_is_refused(lab, line):
    path = store.path_of(line.plan.item.files.get().sha256)
    path.chmod(0o640)
    path.write_bytes(b"other bytes")

    refused(services.start_line, "item.damaged", line=line, by=lab.tester)


def test_start_by_the_products_consultant_is_refused(lab, line, monkeypatch):
    barred = [Reason("person.consulted_on_product", {"product": "제품"})]
    monkeypatch.setattr("lims.runs.guards.reasons_from_table", lambda step, *subjects: barred)

    refused(services.start_line, "person.consulted_on_product", line=line, by=lab.tester)


def test_all_reasons_are_named_together(lab):
    line = add_line(lab, draft(lab))
    PlanLine.objects.filter(pk=line.pk).update(tester=None)

    reasons = guards.against_starting(PlanLine.objects.get(), lab.second_tester)

    assert {reason.code for reason in reasons} >= {
        "plan.not_approved",
        "run.of_another_tester",
        "plan.no_tester",
    }


def test_stop_of_a_running_run_is_noted_once_for_its_supervisor(lab, run):
    TestRun.objects.claim_oldest(run.queue, uuid4())
    run.refresh_from_db()

    services.stop_run(run=run, by=lab.tester)
    services.stop_run(run=run, by=lab.technical)

    attempt = run.tries.get()
    assert attempt.stop_asked_by == lab.tester
    assert AuditEvent.objects.filter(kind="attempt.stop_asked").count() == 1


def test_supervisor_hears_the_stop(lab, run, engine):
    engine.meanwhile = lambda: services.stop_run(run=TestRun.objects.get(), by=lab.tester)

    answer_bell(run.queue)

    assert engine.heard == ["stop.asked"]


def test_stop_of_an_ended_run_is_refused(lab, run):
    end(run)

    refused(services.stop_run, "run.not_going", run=run, by=lab.tester)


def test_stop_by_reception_is_refused(lab, run):
    refused(services.stop_run, "person.without_role", run=run, by=lab.reception)


def test_stop_of_a_run_that_was_claimed_meanwhile_is_lost(lab, run):
    TestRun.objects.claim_oldest(run.queue, uuid4())

    with pytest.raises(LostRace):
        services.stop_run(run=run, by=lab.tester)  # as it was read before the claim


def test_requeue_of_a_queued_run_is_refused(lab, run):
    refused(services.requeue_run, "run.already_queued", run=run, by=lab.tester)


def test_requeue_by_another_tester_is_refused(lab, run):
    services.stop_run(run=run, by=lab.tester)

    refused(services.requeue_run, "run.of_another_tester", run=run, by=lab.second_tester)


def test_decision_on_a_run_that_does_not_wait_is_refused(lab, run):
    refused(services.decide_waiting, "run.not_waiting", run=run, again=True, why="", by=lab.tester)


def test_decision_by_reception_is_refused(lab, run):
    TestRun.objects.filter(pk=run.pk).update(state=State.WAITING)
    run.refresh_from_db()

    refused(services.decide_waiting, "person.without_role", run=run, again=True, why="", by=lab.reception)


def test_decision_keeps_who_and_why(lab, run):
    TestRun.objects.filter(pk=run.pk).update(state=State.WAITING)
    run.refresh_from_db()

    services.decide_waiting(run=run, again=False, why="대상이 멈춤", by=lab.technical)

    event = AuditEvent.objects.get(kind="run.decided")
    assert (event.by_uid, event.why) == (lab.technical.uid, "대상이 멈춤")
    assert run.ended_at is not None


def test_rerun_of_a_run_that_goes_on_is_refused(lab, run):
    refused(services.rerun, "run.not_ended", run=run, why="", by=lab.tester)


def test_no_running_until_it_passes(lab, run):
    end(run, Attempt.State.COMPLETE)

    refused(services.rerun, "run.has_result", run=run, why="", by=lab.tester)


def test_rerun_is_made_once(lab, run):
    end(run, Attempt.State.TIMED_OUT)
    services.rerun(run=run, why="시간 초과", by=lab.tester)

    refused(services.rerun, "run.already_rerun", run=run, why="", by=lab.tester)


def test_rerun_by_the_manager_is_refused(lab, run):
    end(run, Attempt.State.BROKEN)

    refused(services.rerun, "person.without_role", run=run, why="", by=lab.technical)


def test_run_moves_only_as_the_table_says(run):
    assert pairs_against_the_table(run) == []


def test_second_approved_plan_of_an_item_with_a_result_is_not_started(lab):
    contract = agree(lab)
    first = draft(lab, contract)
    second = plans.draft_plan(
        contract=contract,
        item=first.item,
        function_list=first.function_list,
        deployment_text=DEPLOYMENT,
        environment="시험 장비",
        by=lab.tester,
    )
    for plan in (first, second):
        add_line(lab, plan)
        plans.approve_plan(plan=plan, by=lab.technical)
    end(start(lab, first)[0])

    refused(services.start_line, "item.has_results", line=second.lines.get(), by=lab.tester)


def test_quality_manager_may_order_the_rerun_and_leaves_the_reviewer_free(lab):
    other = approve_and_stop(lab)

    assert services.rerun(run=other, why="다시", by=lab.quality).reruns == other
