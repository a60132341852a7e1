"""The message says only that work waits; which run it is, the database decides."""

from __future__ import annotations

from uuid import uuid4

from celery import shared_task

from lims.records.patience import patiently, renew_connections
from lims.runs import execution
from lims.runs.models import TestRun


@shared_task(name="lims.answer_bell", ignore_result=True)  # type: ignore[untyped-decorator]
def answer_bell(queue: str) -> None:
    """Claim the oldest run of a queue and execute it; nothing eligible: back to sleep."""
    renew_connections()
    owner = uuid4()
    if run := patiently(lambda: TestRun.objects.claim_oldest(queue, owner), for_s=10):
        execution.execute(run)
