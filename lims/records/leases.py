"""Holding a lease while a piece of work in this process goes on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, InterfaceError, connection

from lims.records.outbox import BEAT_S, Leased


@contextmanager
def holding(row: Leased) -> Iterator[None]:
    """Beat every two seconds beside the work. The finish is fenced by the lease, so a missed beat only costs time."""
    over = threading.Event()
    beating = threading.Thread(target=_beat, args=(row, over), daemon=True)
    beating.start()
    try:
        yield
    finally:
        over.set()
        beating.join()


def _beat(row: Leased, over: threading.Event) -> None:
    try:
        while not over.wait(BEAT_S):
            try:
                if not row.beat():
                    return
            except (DatabaseError, InterfaceError):
                connection.close()
    finally:
        connection.close()
