"""Opening consulting engagements."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from consulting import guards
from consulting.models import Engagement
from lims.organization.models import Centre, Product, User
from lims.records.chain import record
from lims.records.services import require


def open_engagement(
    *,
    centre: Centre,
    product: Product,
    consultant: User,
    subject: str,
    valid_from: date,
    by: User,
    valid_until: date | None = None,
) -> Engagement:
    """Write down who advises on which product; from then on that person does not test it. Raises: Blocked."""
    require(guards.against_opening(by, centre, product), step="open_engagement", row=product, by=by)
    with transaction.atomic():
        engagement = Engagement.objects.create(
            centre=centre,
            product=product,
            consultant=consultant,
            subject=subject,
            valid_from=valid_from,
            valid_until=valid_until,
        )
        record("engagement.opened", engagement, chain=centre.code, by=by)
    return engagement
