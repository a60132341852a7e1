"""The one hook: a higher room may speak against a lower room's step, by the visible table in the settings."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.conf import settings

from lims.errors import Reason


def reasons_from_table(step: str, *subjects: Any) -> list[Reason]:
    """What the guards named in settings.STEP_GUARDS for this step say against it."""
    reasons: list[Reason] = []
    for path in settings.STEP_GUARDS.get(step, []):
        module, name = path.rsplit(".", 1)
        reasons += getattr(import_module(module), name)(*subjects)
    return reasons
