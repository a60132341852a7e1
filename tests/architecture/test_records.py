"""What every record model has, whoever writes the next one."""

from __future__ import annotations

import re

import pytest
from django.apps import apps
from django.db import models

from lims.records.models import AuditEvent, Record, Refusal
from tests.records.rows import frozen_columns, trigger_texts

RECORDS = [model for model in apps.get_models() if issubclass(model, Record)]
CONDITION = re.compile(r"old\.(\w+)\)?(?:::\w+)? (?:=|<>|IN|IS NOT NULL)", re.IGNORECASE)
EVERY_RECORD = pytest.mark.parametrize("model", RECORDS, ids=lambda model: model._meta.label)


def test_the_laboratory_has_records():
    assert len(RECORDS) > 30


@EVERY_RECORD
def test_every_foreign_key_of_a_record_protects(model):
    loose = [
        field.name
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey) and field.remote_field.on_delete is not models.PROTECT
    ]

    assert loose == []


@pytest.mark.django_db
@pytest.mark.parametrize("model", [*RECORDS, AuditEvent, Refusal], ids=lambda model: model._meta.label)
def test_every_record_table_has_a_trigger_against_deletion(model):
    table = model._meta.db_table

    assert f"{table}_kept" in trigger_texts(table)


@pytest.mark.django_db
@EVERY_RECORD
def test_what_a_model_calls_frozen_is_held_by_a_trigger(model):
    columns = {field.attname: field.column for field in model._meta.concrete_fields}
    named = {columns[name] for name in model.FROZEN}

    assert named | {"uid"} <= frozen_columns(model)


@pytest.mark.django_db
@EVERY_RECORD
def test_what_a_freeze_depends_on_is_frozen_itself(model):
    """A table that freezes once `state` or `ended_at` has a value would thaw by setting it back."""
    texts = trigger_texts(model._meta.db_table).values()
    read = {column for text in texts for column in CONDITION.findall(text)}

    assert read <= frozen_columns(model, onward=True)


@EVERY_RECORD
def test_a_record_does_not_grow_cascades_from_its_parents(model):
    """A parent that is deleted would take rows along; only the many-to-many link tables may go."""
    takers = [
        relation.related_model._meta.label
        for relation in model._meta.related_objects
        if issubclass(relation.related_model, Record) and relation.on_delete not in (None, models.PROTECT)
    ]

    assert takers == []
