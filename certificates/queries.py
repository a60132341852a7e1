"""Finding an issued document by what stands on it."""

from __future__ import annotations

import hmac

from certificates.models import Certificate


def issued_by_code(number: str, code: str) -> Certificate | None:
    """The issued or voided entry of this number, only for whoever holds its code as well."""
    ended = (Certificate.State.ISSUED, Certificate.State.VOID)
    found: Certificate | None = Certificate.objects.filter(number=number, state__in=ended).first()
    if found is None or not hmac.compare_digest(found.verify_code.encode(), code.encode()):
        return None
    return found
