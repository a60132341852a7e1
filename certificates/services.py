"""Numbering, authorizing and voiding. Rendering and sealing are the worker's: see `production`."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.utils import timezone, translation

from certificates import guards
from certificates.canonical import canonical_json
from certificates.models import Certificate
from certificates.snapshot import Issue, snapshot_of
from certificates.snapshot_shape import Snapshot
from lims.documents import signer_client
from lims.errors import BadInput
from lims.organization.models import User
from lims.plans.guards import centre_of
from lims.records import store
from lims.records.chain import record
from lims.records.models import Record
from lims.records.numbering import next_number
from lims.records.services import hold, step_of
from lims.reports.guards import against_damaged_evidence
from lims.reports.models import TestReport
from lims.reports.services import authorize_report

QUEUE = "documents"
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # no letter that is read as a digit


def prepare_certificate(*, report: TestReport, by: User) -> Certificate:
    """Give the number and freeze what the document says, in one transaction; a worker renders it next.

    Raises: Blocked: every unmet condition, every item of 7.8.2.1 that is not filled, every agreed item left out
    """
    development, damaged = _seal_is_development(report), against_damaged_evidence(report.plan)
    with step_of("prepare_certificate", row=report, by=by) as ask:
        ask(guards.against_preparing(report, by) + damaged)
        issue = _numbered(report, by, development)
        with translation.override("ko"):
            snapshot = snapshot_of(report, issue)
        ask(guards.against_snapshot(snapshot, report.plan))  # a refused number goes back with its transaction
        certificate = _kept(report, issue, snapshot)
        record("certificate.numbered", certificate, chain=certificate.centre.code, by=by)
    return certificate


def authorize_certificate(*, certificate: Certificate, code: str, by: User) -> None:
    """The authorizer answers for exactly the bytes that were rendered, with a one-time code the signer checks itself.

    The token is stored before the signer is asked and shown again when the step is repeated: the signer knows what it
    said yes to, so a crash between its yes and ours costs the authorizer no second code.
    Raises: Blocked, BadInput (the signer's refusal)
    Source: ISO/IEC 17025:2017, 7.8.2.1 o
    """
    with step_of("authorize_certificate", row=certificate, by=by) as ask:
        ask(guards.against_authorizing(certificate, by))
        certificate.token = certificate.token or signer_client.new_token().secret
        certificate.save(update_fields=["token"])
    _answer_for(certificate, code, by)
    with step_of("authorize_certificate", row=certificate, by=by) as ask:
        ask(guards.against_authorizing(certificate, by))
        authorize_report(report=certificate.report, by=by)
        now = timezone.now()
        certificate.move(Certificate.State.AUTHORIZED, authorized_by=by, authorized_at=now, queued_at=now)
        record(
            "certificate.authorized", certificate, certificate.report, chain=certificate.centre.code, by=by
        )


def _answer_for(certificate: Certificate, code: str, by: User) -> None:
    try:
        signer_client.authorize(
            settings.SIGNER_SOCKET,
            report_sha256=certificate.unsigned_sha256,
            centre=certificate.centre.code,
            person=str(by.uid),
            code=code.strip(),
            token_id=signer_client.token_of(certificate.token).id,
        )
    except signer_client.SignerRefused as refusal:
        raise BadInput(refusal.code) from refusal
    except signer_client.SignerUnreachable as trouble:
        raise BadInput("signer.unreachable", status=503) from trouble


def void_certificate(*, certificate: Certificate, why: str, by: User) -> None:
    """Void a number that will not be issued; it stays in the register with its reason. Raises: Blocked."""
    with step_of("void_certificate", row=certificate, by=by) as ask:
        ask(guards.against_voiding(certificate, by))
        void(certificate, why, by=by)


def _seal_is_development(report: TestReport) -> bool:
    """Whether the centre's seal says NOT ACCREDITED; then so does every page."""
    try:
        return signer_client.credential(settings.SIGNER_SOCKET, centre_of(report.plan).code).development
    except signer_client.SignerUnreachable as trouble:
        raise BadInput("signer.unreachable", status=503) from trouble
    except signer_client.SignerRefused as refusal:
        raise BadInput(refusal.code) from refusal


def void(certificate: Certificate, why: str, *, by: User | None = None) -> None:
    """Void inside the caller's transaction; a report that was authorized for it goes back, to be drafted anew.

    So does one that nobody authorized when no person voids it: then its content is at fault.
    """
    report = certificate.report
    hold(report)
    certificate.move(Certificate.State.VOID, void_reason=why, trouble="", owner=None, lease_until=None)
    rows: list[Record] = [certificate]
    if report.state == TestReport.State.AUTHORIZED or (
        by is None and report.state == TestReport.State.REVIEWED
    ):
        report.move(TestReport.State.RETURNED, return_reason=why)
        rows.append(report)
    record("certificate.voided", *rows, chain=certificate.centre.code, by=by, why=why)


def _numbered(report: TestReport, by: User, development: bool) -> Issue:
    centre, now = centre_of(report.plan), timezone.now()
    wanted = report.plan.contract.request.wants_accredited
    kind = Certificate.Kind.ACCREDITED if wanted else Certificate.Kind.PLAIN
    number = next_number(centre.code, kind, now)
    code = "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(3))
    return Issue(
        number=number,
        series=kind.value,
        authorizer=by,
        numbered_at=now,
        verify_url=f"{settings.PUBLIC_URL}/verify/{number}#{code}",
        verify_code=code,
        development=development,
    )


def _kept(report: TestReport, issue: Issue, snapshot: Snapshot) -> Certificate:
    """The row and its frozen content. The content names the number, so its small file is written in the transaction."""
    frozen, _size = store.put_bytes(canonical_json(snapshot))
    return Certificate.objects.create(
        number=issue.number,
        kind=issue.series,
        report=report,
        centre=centre_of(report.plan),
        snapshot_sha256=frozen,
        verify_code=issue.verify_code,
        numbered_at=issue.numbered_at,
        numbered_by=issue.authorizer,
        queue=QUEUE,
        queued_at=issue.numbered_at,
    )
