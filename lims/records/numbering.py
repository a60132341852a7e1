"""Numbers without gaps: the counter row is raised in the transaction that writes the numbered row."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from lims.records.models import Series

SEOUL = ZoneInfo("Asia/Seoul")
PATTERN = "{centre}-{year}-{kind}-{value:04d}"


def next_number(centre_code: str, kind: str, at: datetime) -> str:
    """Take the next number of a series, inside the caller's transaction: it rolls back with the row it names.

    Raises: RuntimeError outside a transaction, because a number could then be lost.
    Source: ISO/IEC 17025:2017, 7.8.2.1 d.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("a number is taken in the transaction that writes the numbered row")
    year = at.astimezone(SEOUL).year
    with transaction.atomic():
        Series.objects.get_or_create(centre_code=centre_code, kind=kind, year=year)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE records_series SET value = value + 1"
            " WHERE centre_code = %s AND kind = %s AND year = %s RETURNING value",
            [centre_code, kind, year],
        )
        (value,) = cursor.fetchone()
    return PATTERN.format(centre=centre_code, year=year, kind=kind, value=value)
