"""How times, numbers, units, sizes and reasons are shown, in one place for every page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from django import template
from django.template.defaultfilters import filesizeformat
from django.utils.translation import get_language

from lims.errors import Reason
from lims.records.reasons import text_of
from measures.catalogue import edition
from measures.errors import MeasureError

register = template.Library()

SEOUL = ZoneInfo("Asia/Seoul")
SIGNS = {">=": "≥", "<=": "≤"}
NOTHING = "–"
TONES = {
    "good": ("valid", "agreed", "approved", "ended", "complete", "passed", "pass", "reviewed", "authorized", "issued"),
    "busy": ("queued", "running", "collecting", "rendering", "sealing", "numbered"),
    "wait": ("draft", "planned", "offered", "waiting", "rendered", "inconclusive", "stopped", "interrupted"),
    "bad": ("failed", "fail", "broken", "timed_out", "invalid", "returned", "void", "mark_suspended", "expired"),
}  # fmt: skip
MARKS = {"good": "✓", "busy": "⟳", "wait": "◔", "bad": "✕", "plain": "•"}


@register.filter
def kst(moment: datetime | None) -> str:
    """A moment in Korean time, yyyy-mm-dd HH:mm."""
    return f"{moment.astimezone(SEOUL):%Y-%m-%d %H:%M}" if moment else NOTHING


@register.filter
def kst_seconds(moment: datetime | None) -> str:
    return f"{moment.astimezone(SEOUL):%Y-%m-%d %H:%M:%S}" if moment else NOTHING


@register.filter
def day(value: date | None) -> str:
    return f"{value:%Y-%m-%d}" if value else NOTHING


@register.filter
def number(value: float | Decimal | int | None, digits: int = 6) -> str:
    """A number to read on screen; the document rounds by its own rule."""
    if value is None or isinstance(value, str):  # a row of raw details may lack the field
        return NOTHING
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return f"{value:,}" if isinstance(value, int) else f"{value:.{digits}g}"


@register.filter
def with_unit(value: float | Decimal | int | None, unit: str) -> str:
    """A quantity with its unit; the unit one is not written."""
    shown = number(value)
    return shown if unit in ("", "1") or value is None else f"{shown} {unit}"


@register.filter
def bytes_size(value: int | None) -> str:
    return NOTHING if value is None else filesizeformat(value)


@register.filter
def seconds(value: float | None) -> str:
    """A duration as m:ss, or h:mm:ss."""
    if value is None:
        return NOTHING
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


@register.filter
def or_dash(value: Any) -> Any:
    return NOTHING if value in (None, "") else value


@register.filter
def reason_text(reason: Reason | Mapping[str, Any] | str) -> str:
    """A reason in the reader's language, whether it comes from a guard, a stored refusal or as a bare code."""
    if isinstance(reason, str):
        return text_of(reason) if reason else ""
    if isinstance(reason, Reason):
        return text_of(reason.code, reason.params)
    return text_of(reason["code"], reason.get("params"))


@register.filter
def measure_name(measure_id: str, edition_name: str) -> str:
    """The catalogue's name of a measure in the reader's language; the identifier alone when it is unknown."""
    try:
        found = edition(edition_name).measure(measure_id)
    except MeasureError:
        return measure_id
    return found.name_ko if get_language() == "ko" else found.name_en


@register.filter
def criterion(item: Any) -> str:
    """The criterion of an item that carries comparator, limit and unit; a dash when none was given."""
    if not item.comparator or item.limit is None:
        return NOTHING
    return f"{SIGNS.get(item.comparator, item.comparator)} {with_unit(item.limit, item.unit)}"


@register.filter
def named(row: Any) -> str:
    """The name of something that has one in each language."""
    return str(row.name_ko if get_language() == "ko" else row.name_en)


@register.filter
def titled(row: Any) -> str:
    """The title of something that has one in each language."""
    return str(row.title_ko if get_language() == "ko" else row.title_en)


@register.filter
def item_of(mapping: Mapping[str, Any], key: str) -> Any:
    return mapping.get(key)


@register.inclusion_tag("components/state.html")
def state_badge(row: Any, field: str = "state") -> dict[str, str]:
    """A row's state as text with a sign, so that colour is never all."""
    value = getattr(row, field)
    tone = next((name for name, states in TONES.items() if value in states), "plain")
    return {"label": getattr(row, f"get_{field}_display")(), "tone": tone, "mark": MARKS[tone]}


@register.simple_tag
def request_id() -> str:
    """By which the log lines of this request are found."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))
