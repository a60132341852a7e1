"""The database may be away for a moment; what is repeated must be safe to repeat."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connections

T = TypeVar("T")
PAUSE_S = 0.3


def patiently(step: Callable[[], T], *, for_s: float) -> T:
    """Repeat a step while the database does not answer. Its commit may have happened although the answer was lost.

    Raises: the last OperationalError or InterfaceError when the time is over.
    """
    end = time.monotonic() + for_s
    while True:
        try:
            return step()
        except (OperationalError, InterfaceError):
            if time.monotonic() > end:
                raise
            renew_connections()
            time.sleep(PAUSE_S)


def renew_connections() -> None:
    """Drop connections that broke or grew old, so that the next question opens a new one.

    As Django does around each request, but never inside a transaction: that would lose it without a word.
    """
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
