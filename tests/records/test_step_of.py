"""A step asks with its row as it is now, and a refusal outlives what the step undid."""

from __future__ import annotations

import pytest

from lims.errors import Blocked, Reason
from lims.organization.models import Centre
from lims.records.chain import record
from lims.records.models import AuditEvent, Refusal
from lims.records.services import step_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def centre():
    return Centre.objects.create(code="ONE", name_ko="하나", name_en="One", address="주소")


def move_and_be_refused(centre):
    with step_of("move_centre", row=centre) as ask:
        Centre.objects.filter(pk=centre.pk).update(address="다른 주소")
        ask([Reason("plan.empty")])


def test_a_refusal_inside_the_step_is_kept_and_what_the_step_did_is_not(centre):
    with pytest.raises(Blocked) as refused:
        move_and_be_refused(centre)

    kept = Refusal.objects.get()
    assert refused.value.codes == {"plan.empty"}
    assert (kept.step, kept.row_uid) == ("move_centre", centre.uid)
    assert Centre.objects.get().address == "주소"


def test_a_refusal_of_a_step_within_is_kept_once(centre):
    with pytest.raises(Blocked), step_of("outer", row=centre), step_of("inner", row=centre) as ask:
        ask([Reason("plan.empty")])

    assert [kept.step for kept in Refusal.objects.all()] == ["outer"]


def test_the_guard_sees_the_row_as_it_is_now(centre):
    Centre.objects.filter(pk=centre.pk).update(address="다른 주소")

    with step_of("move_centre", row=centre) as ask:
        ask([])
        assert centre.address == "다른 주소"


def test_the_event_tells_only_what_the_step_changed(centre):
    Centre.objects.filter(pk=centre.pk).update(address="다른 주소")

    with step_of("rename_centre", row=centre):
        centre.name_en = "Other"
        centre.save()
        record("centre.renamed", centre)

    assert AuditEvent.objects.get().rows[0]["before"] == {"name_en": "One"}
