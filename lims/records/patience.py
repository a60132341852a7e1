"""The database may be away for a moment; what is repeated must be safe to repeat."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, close_old_connections

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
            close_old_connections()
            time.sleep(PAUSE_S)
