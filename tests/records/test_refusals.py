"""A step that was asked for and not allowed leaves a row with every reason."""

from __future__ import annotations

import pytest

from lims.errors import Blocked, Reason
from lims.organization.models import Centre, User
from lims.records.models import Refusal
from lims.records.services import require

pytestmark = pytest.mark.django_db
REASONS = [Reason("plan.empty"), Reason("plan.measure_missing", {"measure": "FCp-1-G"}, clause="7.2.1.1")]


@pytest.fixture
def centre():
    return Centre.objects.create(code="ONE", name_ko="하나", name_en="One", address="주소")


def test_a_refusal_is_kept_with_every_reason_and_whom_it_met(centre):
    person = User.objects.create_user("tester", "시험원 1")

    with pytest.raises(Blocked) as refused:
        require(REASONS, step="approve_plan", row=centre, by=person)

    kept = Refusal.objects.get()
    assert refused.value.codes == {"plan.empty", "plan.measure_missing"}
    assert (kept.step, kept.model, kept.row_uid, kept.by_uid) == (
        "approve_plan",
        "organization.Centre",
        centre.uid,
        person.uid,
    )
    assert kept.reasons == [
        {"code": "plan.empty", "params": {}, "clause": ""},
        {"code": "plan.measure_missing", "params": {"measure": "FCp-1-G"}, "clause": "7.2.1.1"},
    ]


def test_a_step_without_a_reason_against_it_goes_on_and_leaves_nothing():
    require([], step="approve_plan")

    assert not Refusal.objects.exists()


def test_a_refusal_knows_steps_without_a_row_and_without_a_person():
    with pytest.raises(Blocked):
        require(REASONS[:1], step="open_centre")

    kept = Refusal.objects.get()
    assert (kept.row_uid, kept.by_uid) == (None, None)
