"""Numbering, authorizing and voiding: every reason of a guard refuses; the queue of documents."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.utils import timezone

from certificates import guards, outbox, services
from certificates.models import Certificate
from lims.documents import signer_client
from lims.errors import BadInput, Blocked
from lims.evaluation.models import Measurement
from lims.records import store
from lims.records.models import AuditEvent, Refusal, Series
from lims.reports.services import return_report
from lims.runs.models import RawFile
from tests.laboratory import MODULES, Step, authorize, drafted_report, reviewed_report
from tests.moves import pairs_against_the_table
from tests.record_tables import without_triggers

State = Certificate.State


@pytest.fixture(autouse=True)
def signer(monkeypatch) -> None:
    monkeypatch.setattr(signer_client, "authorize", lambda *given, **question: None)
    monkeypatch.setattr(signer_client, "credential", lambda *given: SimpleNamespace(development=True))


@pytest.fixture
def numbered(lab) -> Certificate:
    return services.prepare_certificate(report=reviewed_report(lab), by=lab.authorizer)


@pytest.fixture
def rendered(numbered) -> Certificate:
    Certificate.objects.filter(pk=numbered.pk).update(state=State.RENDERED, unsigned_sha256="a" * 64)
    numbered.refresh_from_db()
    return numbered


def refused(step, *expected: str, **given) -> None:
    before = Refusal.objects.count()

    with pytest.raises(Blocked) as refusal:
        step(**given)

    assert set(expected) <= refusal.value.codes
    assert Refusal.objects.count() == before + 1


def test_numbers_follow_each_other_without_a_gap(lab, numbered):
    services.void_certificate(certificate=numbered, why="틀림", by=lab.authorizer)

    again = services.prepare_certificate(report=numbered.report, by=lab.authorizer)

    first, second = (int(row.number.rsplit("-", 1)[1]) for row in (numbered, again))
    assert second == first + 1


def test_number_goes_back_with_a_refused_report(lab, monkeypatch):
    report = reviewed_report(lab)
    monkeypatch.setattr(guards, "missing", lambda snapshot: [("d", "number")])

    refused(services.prepare_certificate, "report.incomplete", report=report, by=lab.authorizer)

    assert not Certificate.objects.exists()
    assert not Series.objects.filter(kind="K").exclude(value=0).exists()


def test_agreed_item_that_is_left_out_is_named(lab, monkeypatch):
    report = reviewed_report(lab)
    whole = services.snapshot_of

    def cut(*given, **more):
        snapshot = whole(*given, **more)
        snapshot["results"] = snapshot["results"][1:]
        return snapshot

    monkeypatch.setattr(services, "snapshot_of", cut)

    refused(services.prepare_certificate, "item.not_reported", report=report, by=lab.authorizer)


def test_item_that_was_not_agreed_is_named(lab, monkeypatch):
    report = reviewed_report(lab)
    whole = services.snapshot_of

    def swap(*given, **more):
        snapshot = whole(*given, **more)
        snapshot["results"][0]["measure_id"] = "PTb-9-G"
        return snapshot

    monkeypatch.setattr(services, "snapshot_of", swap)

    refused(
        services.prepare_certificate, "item.not_reported", "item.not_agreed", report=report, by=lab.authorizer
    )


def test_report_that_was_measured_by_another_edition_than_agreed_gets_no_number(lab):
    report = reviewed_report(lab)
    with without_triggers():
        Measurement.objects.filter(measure_id="FCp-1-G").update(
            edition="ISO/IEC 25024:2015", measure_id="Acc-I-1"
        )

    refused(
        services.prepare_certificate, "item.not_reported", "item.not_agreed", report=report, by=lab.authorizer
    )


def test_report_whose_evidence_was_changed_after_the_review_gets_no_number(lab):
    report = reviewed_report(lab)
    path = store.path_of(RawFile.objects.first().sha256)
    path.chmod(0o640)
    path.write_bytes(b"changed!")

    refused(services.prepare_certificate, "file.damaged", report=report, by=lab.authorizer)


def test_draft_gets_no_number(lab):
    refused(
        services.prepare_certificate, "report.not_in_state", report=drafted_report(lab), by=lab.authorizer
    )


def test_report_gets_one_living_number(lab, numbered):
    refused(
        services.prepare_certificate, "report.already_numbered", report=numbered.report, by=lab.authorizer
    )


def test_tester_gives_no_number(lab):
    for module_id in MODULES:
        authorize(lab.tester, lab.centre, module_id, Step.AUTHORIZE)

    refused(services.prepare_certificate, "report.own_work", report=reviewed_report(lab), by=lab.tester)


def test_reviewer_gives_no_number(lab):
    for module_id in MODULES:
        authorize(lab.reviewer, lab.centre, module_id, Step.AUTHORIZE)

    refused(
        services.prepare_certificate,
        "report.reviewer_authorizes",
        report=reviewed_report(lab),
        by=lab.reviewer,
    )


def test_person_without_authorization_gives_no_number(lab):
    refused(
        services.prepare_certificate,
        "person.not_authorized",
        report=reviewed_report(lab),
        by=lab.technical,
    )


def test_document_that_is_not_rendered_is_not_authorized(lab, numbered):
    refused(
        services.authorize_certificate,
        "certificate.not_rendered",
        certificate=numbered,
        code="1",
        by=lab.authorizer,
    )


def test_document_is_authorized_by_who_numbered_it(lab, rendered):
    refused(
        services.authorize_certificate,
        "certificate.of_another_authorizer",
        certificate=rendered,
        code="1",
        by=lab.technical,
    )


def test_document_with_a_passed_date_is_not_authorized(lab, rendered):
    with without_triggers():
        Certificate.objects.update(numbered_at=timezone.now() - timedelta(days=2))

    refused(
        services.authorize_certificate,
        "certificate.date_passed",
        certificate=rendered,
        code="1",
        by=lab.authorizer,
    )


def test_silent_signer_changes_nothing(lab, rendered, monkeypatch):
    def silent(*given, **question):
        raise signer_client.SignerUnreachable("/nowhere")

    monkeypatch.setattr(signer_client, "authorize", silent)

    with pytest.raises(BadInput) as trouble:
        services.authorize_certificate(certificate=rendered, code="123456", by=lab.authorizer)

    assert trouble.value.status == 503
    assert Certificate.objects.get().state == State.RENDERED


def test_report_with_a_living_number_is_not_returned_until_the_number_is_void(lab, numbered):
    report = numbered.report
    refused(return_report, "report.already_numbered", report=report, why="", by=lab.quality)

    services.void_certificate(certificate=numbered, why="틀림", by=lab.authorizer)
    return_report(report=report, why="틀림", by=lab.quality)

    assert report.state == "returned"


def test_voiding_by_a_tester_is_refused(lab, rendered):
    refused(services.void_certificate, "person.without_role", certificate=rendered, why="", by=lab.tester)


@pytest.mark.parametrize("state", [State.RENDERING, State.SEALING, State.VOID])
def test_document_that_is_at_work_or_gone_is_not_voided(lab, numbered, state):
    Certificate.objects.filter(pk=numbered.pk).update(state=state)
    numbered.refresh_from_db()

    refused(
        services.void_certificate, "certificate.not_open", certificate=numbered, why="", by=lab.authorizer
    )


def test_voided_authorized_report_goes_back_to_be_drafted_anew(lab, rendered):
    services.authorize_certificate(certificate=rendered, code="123456", by=lab.authorizer)

    services.void_certificate(certificate=rendered, why="오기", by=lab.authorizer)

    rendered.report.refresh_from_db()
    assert (rendered.report.state, rendered.report.return_reason) == ("returned", "오기")


def test_document_is_claimed_once(numbered):
    first = Certificate.objects.claim_oldest(numbered.queue, uuid4())
    second = Certificate.objects.claim_oldest(numbered.queue, uuid4())

    assert first.state == State.RENDERING
    assert second is None


@pytest.mark.parametrize(
    ("held", "back"), [(State.RENDERING, State.NUMBERED), (State.SEALING, State.AUTHORIZED)]
)
def test_document_of_a_lost_worker_goes_back_to_its_queue(numbered, held, back):
    past = timezone.now() - timedelta(seconds=1)
    Certificate.objects.filter(pk=numbered.pk).update(state=held, owner=uuid4(), lease_until=past)

    assert outbox.reap() == 1

    numbered.refresh_from_db()
    assert (numbered.state, numbered.owner) == (back, None)
    assert AuditEvent.objects.filter(kind="certificate.put_back").exists()


def test_waiting_documents_are_counted_by_queue(numbered):
    assert outbox.eligible() == {"documents": 1}


def test_document_moves_only_as_the_table_says(numbered):
    assert pairs_against_the_table(numbered) == []
