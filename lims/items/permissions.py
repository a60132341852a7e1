"""Who sees test items."""

from __future__ import annotations

from django.db.models import QuerySet

from lims.intake.permissions import visible_requests
from lims.items.models import ItemFile, TestItem
from lims.organization.permissions import Viewer


def visible_items(person: Viewer) -> QuerySet[TestItem]:
    return TestItem.objects.filter(request__in=visible_requests(person))


def visible_item_files(person: Viewer) -> QuerySet[ItemFile]:
    return ItemFile.objects.filter(item__in=visible_items(person))
