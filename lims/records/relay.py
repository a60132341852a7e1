"""The bell ringer and reaper: looks at the rows that wait, rings for them, and ends what lost its worker.

It keeps as many bells waiting in the broker as there are eligible rows: no memory, so a lost bell is missed on the
next tick and bells do not pile up behind long runs. Two relays at once only ring more often.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib import import_module
from types import ModuleType

import structlog
from celery import current_app
from django.conf import settings

from lims.records.patience import renew_connections

log = structlog.get_logger(__name__)

TICK_S = 0.25
MOST_BELLS = 50


def outboxes() -> list[ModuleType]:
    """The modules of settings.OUTBOXES: each has TASK, eligible() -> {queue: rows} and reap() -> rows."""
    return [import_module(name) for name in settings.OUTBOXES]


def look_once() -> None:
    """End what lost its worker, then ring for what waits."""
    waiting: dict[tuple[str, str], int] = {}
    for outbox in outboxes():
        for queue, count in _looked_after(outbox).items():
            waiting[outbox.TASK, queue] = count
    if waiting:
        ring(waiting)


def _looked_after(outbox: ModuleType) -> dict[str, int]:
    """Reap and count one room's rows; its trouble keeps no other room waiting."""
    try:
        outbox.reap()
        counted: dict[str, int] = outbox.eligible()
        return counted
    except Exception as trouble:
        log.warning("relay.trouble", outbox=outbox.__name__, trouble=repr(trouble))
        renew_connections()
        return {}


def ring(waiting: dict[tuple[str, str], int]) -> None:
    """Top the bells of each queue up to the number of rows that wait in it."""
    with current_app.connection_for_write(
        connect_timeout=1
    ) as connection:  # fresh: never stale after a crash
        client = connection.default_channel.client
        for (task, queue), count in waiting.items():
            for _ in range(min(count, MOST_BELLS) - client.llen(queue)):
                current_app.send_task(task, args=[queue], queue=queue, connection=connection, retry=False)


def watch(until: Callable[[], bool]) -> None:
    """Look four times a second until told otherwise; no trouble of a moment ends the relay."""
    while not until():
        try:
            renew_connections()
            look_once()
        except Exception as trouble:
            log.warning("relay.trouble", trouble=repr(trouble))
        time.sleep(TICK_S)
