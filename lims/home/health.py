"""Whether each part of the installation answers. Relay and workers are known by what waits longer than it should."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import redis
from celery import current_app
from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone
from kombu.exceptions import OperationalError

from certificates.models import Certificate
from lims.documents import signer_client
from lims.equipment.models import ModuleProof
from lims.runs.models import TestRun

PATIENCE = timedelta(seconds=60)
OK, TROUBLE, UNKNOWN = "ok", "trouble", "unknown"


def health() -> dict[str, str]:
    """One word for each part: ok, trouble, or unknown where what would tell is itself in trouble."""
    found = {"database": _database(), "broker": OK, "signer": _signer()}
    waiting = _late() if found["database"] == OK else {}
    try:
        bells = _bells(waiting)
    except (OSError, redis.RedisError, OperationalError):
        found["broker"], bells = TROUBLE, None
    if found["database"] != OK or bells is None:
        return {**found, "relay": UNKNOWN, "worker": UNKNOWN}
    relay_is_quiet = any(not bells[queue] for queue in waiting) or _is_unreaped()
    worker_is_deaf = any(bells[queue] and is_idle for queue, is_idle in waiting.items())
    return {
        **found,
        "relay": TROUBLE if relay_is_quiet else OK,
        "worker": TROUBLE if worker_is_deaf else OK,
    }


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return TROUBLE
    return OK


def _signer() -> str:
    return OK if signer_client.is_ready(settings.SIGNER_SOCKET) else TROUBLE


def _bells(queues: dict[str, bool]) -> dict[str, int]:
    """Messages that lie in the broker, by queue; asked even when nothing waits, because the broker must answer."""
    with current_app.connection_for_read(connect_timeout=1) as channel:
        client = channel.default_channel.client
        client.ping()
        return {queue: client.llen(queue) for queue in queues}


def _late() -> dict[str, bool]:
    """Queues in which a row has waited too long, and whether nobody works on any of theirs."""
    late: dict[str, bool] = {}
    for rows, held in _kinds():
        waiting = rows.eligible().filter(queued_at__lt=timezone.now() - PATIENCE)
        for queue in waiting.values_list("queue", flat=True).distinct():
            late[queue] = not rows.filter(queue=queue, state__in=held).exists()
    return late


def _is_unreaped() -> bool:
    long_lost = timezone.now() - PATIENCE
    return any(rows.lost().filter(lease_until__lt=long_lost).exists() for rows, _held in _kinds())


def _kinds() -> Iterator[tuple[Any, list[str]]]:
    for model in (TestRun, ModuleProof, Certificate):
        yield model.objects.all(), list(model.HELD.values())
