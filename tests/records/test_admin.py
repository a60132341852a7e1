"""The administration pages show records and change none."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.urls import reverse

from lims.organization.models import User
from lims.records.models import Record
from tests.laboratory import approve, end, start
from tests.screens import client_of

RECORDS = [model for model in admin.site._registry if issubclass(model, Record)]


@pytest.fixture
def administrator(db) -> User:
    return User.objects.create_superuser("administrator", "관리자")


@pytest.mark.parametrize("model", RECORDS, ids=lambda model: model.__name__)
def test_record_is_listed_and_not_added(administrator, model):
    client, name = client_of(administrator), f"admin:{model._meta.app_label}_{model._meta.model_name}"

    assert client.get(reverse(f"{name}_changelist")).status_code == 200
    assert client.get(reverse(f"{name}_add")).status_code == 403


def test_record_is_neither_changed_nor_deleted(lab, administrator):
    run = start(lab, approve(lab))[0]
    end(run)
    client = client_of(administrator)

    shown = client.get(reverse("admin:runs_testrun_change", args=[run.pk]))
    changed = client.post(reverse("admin:runs_testrun_change", args=[run.pk]), {"state": "planned"})
    deleted = client.post(reverse("admin:runs_testrun_delete", args=[run.pk]), {"post": "yes"})

    run.refresh_from_db()
    assert [answer.status_code for answer in (shown, changed, deleted)] == [200, 403, 403]
    assert run.state == "ended"
