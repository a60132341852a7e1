"""The bell of the document queue."""

from __future__ import annotations

from uuid import uuid4

from celery import shared_task

from certificates.models import Certificate
from certificates.production import work_on
from lims.records.leases import holding
from lims.records.patience import patiently, renew_connections


@shared_task(name="lims.answer_document_bell", ignore_result=True)  # type: ignore[untyped-decorator]
def answer_document_bell(queue: str) -> None:
    """Claim the oldest certificate that waits and do its next step."""
    renew_connections()
    owner = uuid4()
    if certificate := patiently(lambda: Certificate.objects.claim_oldest(queue, owner), for_s=10):
        with holding(certificate):
            work_on(certificate)
