"""The database itself refuses what `save` cannot see: update(), delete() and plain SQL on record tables."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction

from lims.records.models import AuditEvent, Record, Refusal
from lims.reports.models import TestReport
from tests.records.rows import another, frozen_columns, lay_row

RECORDS = sorted(Record.__subclasses__(), key=lambda model: model._meta.label)
pytestmark = pytest.mark.django_db


def name_of(model):
    return model._meta.label


@pytest.fixture(params=[*RECORDS, AuditEvent, Refusal], ids=name_of)
def model(request):
    return request.param


@pytest.fixture
def pk(model):
    """The key of one row in its final state. What it points to does not exist, so it goes before the commit."""
    place = transaction.savepoint()
    yield lay_row(model)
    transaction.savepoint_rollback(place)


def test_delete_is_refused_by_the_database(model, pk):
    rows = model.objects.filter(pk=pk)

    with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
        rows._raw_delete(using="default")

    assert rows.exists()


def test_plain_sql_cannot_delete(model, pk):
    table = model._meta.db_table

    with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
        connection.cursor().execute(f"DELETE FROM {table} WHERE id = %s", [pk])

    assert model.objects.filter(pk=pk).exists()


def test_update_of_each_frozen_column_is_refused(model, pk):
    fields = {field.column: field for field in model._meta.concrete_fields}
    row = model.objects.filter(pk=pk).values().get()

    for column in frozen_columns(model):
        wanted = another(fields[column], row[column])
        with pytest.raises(IntegrityError, match="frozen field"), transaction.atomic():
            model.objects.filter(pk=pk).update(**{fields[column].attname: wanted})

    assert model.objects.filter(pk=pk).values().get() == row


def test_an_unwatched_column_still_changes(model, pk):
    """The refusals above are the triggers' and not those of a table that refuses everything."""
    watched = frozen_columns(model)
    loose = next((f for f in model._meta.concrete_fields if f.column not in {*watched, "id"}), None)
    if loose is None:
        return  # every column of this table is frozen
    value = another(loose, model.objects.values_list(loose.attname, flat=True).get(pk=pk))

    assert model.objects.filter(pk=pk).update(**{loose.attname: value}) == 1


def test_a_reviewed_report_does_not_become_a_draft_again():
    place = transaction.savepoint()
    report = TestReport.objects.filter(pk=lay_row(TestReport))

    with pytest.raises(IntegrityError, match="frozen field"), transaction.atomic():
        report.update(state=TestReport.State.DRAFT)

    assert report.update(state=TestReport.State.RETURNED) == 1
    transaction.savepoint_rollback(place)


@pytest.mark.parametrize("model", RECORDS, ids=name_of)
def test_a_record_says_itself_that_it_is_never_deleted(model):
    with pytest.raises(TypeError, match="never deleted"):
        model().delete()


@pytest.mark.skipif(
    settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"), reason="SQLite has no TRUNCATE"
)
def test_truncate_is_refused(model):
    with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
        connection.cursor().execute(f"TRUNCATE {model._meta.db_table} CASCADE")
