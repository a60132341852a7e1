"""The consultant of a product neither tests, reviews nor authorizes it. Source: ISO/IEC 17025:2017, 4.1."""

from __future__ import annotations

from consulting.models import Engagement
from lims.errors import Reason
from lims.organization.guards import against_role
from lims.organization.models import Centre, Product, User
from lims.organization.queries import Role


def against_assigning(person: User, product: Product) -> list[Reason]:
    """Named in settings.STEP_GUARDS for assigning, running, reviewing and authorizing."""
    if Engagement.objects.filter(consultant=person, product=product).exists():
        return [Reason("person.consulted_on_product", {"product": product.name}, clause="4.1.4")]
    return []


def against_opening(by: User, centre: Centre, product: Product) -> list[Reason]:
    reasons = against_role(by, centre, Role.CONSULTANT, Role.TECHNICAL_MANAGER)
    if not product.customer.centres.contains(centre):
        reasons.append(Reason("product.unknown_to_centre", {"centre": centre.code}))
    return reasons
