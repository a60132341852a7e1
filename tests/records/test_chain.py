"""One event per step, covering every row: what it was before, what it is after, who and why."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from lims.organization.models import Centre, Customer, User
from lims.plans.models import PlanLine
from lims.records import chain
from lims.records.chain import checkpoints, hash_of, record
from lims.records.models import AuditEvent, ChainHead
from lims.records.verification import verify_chains

pytestmark = pytest.mark.django_db


@pytest.fixture
def centre():
    return Centre.objects.create(code="ONE", name_ko="하나", name_en="One", address="주소")


@pytest.fixture
def person():
    return User.objects.create_user("tester", "시험원 1", email="tester@example.org")


def covered(event, row):
    (found,) = (entry for entry in event.rows if entry["uid"] == str(row.uid))
    return found


def test_an_event_covers_every_row_with_before_and_after(centre, person):
    other = Centre.objects.create(code="TWO", name_ko="둘", name_en="Two", address="주소")
    read = Centre.objects.get(pk=centre.pk)
    read.address = "새 주소"

    with transaction.atomic():
        event = record("centre.moved", read, other, chain="ONE", by=person, why="이전")

    assert (event.by_uid, event.why, event.chain, event.seq) == (person.uid, "이전", "ONE", 1)
    assert covered(event, read) == {
        "model": "organization.Centre",
        "uid": str(centre.uid),
        "before": {"address": "주소"},
        "after": {"address": "새 주소"},
    }
    assert covered(event, other)["before"] is None
    assert covered(event, other)["after"]["code"] == "TWO"


def test_a_second_event_tells_only_what_changed_since_the_first(centre):
    centre.remember()
    centre.name_en = "First"
    with transaction.atomic():
        record("centre.renamed", centre)
        centre.address = "다른 주소"
        second = record("centre.moved", centre)

    assert covered(second, centre)["after"] == {"address": "다른 주소"}


def test_a_field_that_was_not_read_is_no_change(centre):
    read = Centre.objects.defer("address", "name_en").get(pk=centre.pk)
    read.name_ko = "새 이름"

    with transaction.atomic():
        event = record("centre.renamed", read)

    assert covered(event, read)["after"] == {"name_ko": "새 이름"}
    assert covered(event, read)["before"] == {"name_ko": "하나"}


def test_a_step_that_writes_by_update_and_reads_again_is_seen(centre):
    read = Centre.objects.get(pk=centre.pk)
    Centre.objects.filter(pk=centre.pk).update(address="새 주소")
    read.refresh_from_db()

    with transaction.atomic():
        event = record("centre.moved", read)

    assert covered(event, read)["before"] == {"address": "주소"}


def test_a_value_changed_in_place_is_seen():
    line = PlanLine(parameters={"users": 4})
    line.remember()
    line.parameters["users"] = 400

    assert line.values_before()["parameters"] == {"users": 4}


def test_personal_data_enters_as_a_salted_hash_only(centre, person, settings):
    customer = Customer.objects.create(name="의뢰자", address="대구광역시 1", contact="의뢰 담당 010-0000")
    with transaction.atomic():
        first = record("account.opened", person, customer)
    settings.AUDIT_SALT = "another"
    person._before = customer._before = None
    with transaction.atomic():
        salted_otherwise = record("account.opened", person, customer)

    told = json.dumps(first.rows, ensure_ascii=False)
    for secret in ("tester", "시험원 1", "example.org", "의뢰 담당", "대구광역시"):
        assert secret not in told
    assert set(covered(first, person)["after"]["name"]) == {"hash"}
    assert covered(first, person)["after"]["name"] != covered(salted_otherwise, person)["after"]["name"]
    assert "password" not in covered(first, person)["after"]


def test_an_event_outside_a_transaction_is_refused(centre, monkeypatch):
    monkeypatch.setattr(transaction.get_connection(), "in_atomic_block", False)

    with pytest.raises(RuntimeError, match="transaction of its step"):
        record("centre.moved", centre)


def test_each_centre_has_a_chain_of_its_own(centre):
    with transaction.atomic():
        first, second, third = (record("x.happened", centre, chain=name) for name in ("ONE", "TWO", "ONE"))

    assert [first.seq, second.seq, third.seq] == [1, 1, 2]
    assert (first.previous_hash, third.previous_hash) == ("", first.hash)


@pytest.mark.parametrize(
    "value", [1e16, 1e22, 1e-7, 0.1, -0.0, 100.0, 2**60, "1e16", None, [1.5, {"a": 2.5}]]
)
def test_the_hash_survives_the_way_through_the_database(centre, value):
    """PostgreSQL writes the numbers inside JSON in its own way."""
    line = PlanLine(parameters={"value": value})
    with transaction.atomic():
        event = record("line.tried", line)

    kept = AuditEvent.objects.get(pk=event.pk)

    assert hash_of(kept) == kept.hash == event.hash


@pytest.mark.parametrize("column", ["chain", "seq", "at", "by_uid", "kind", "rows", "why", "previous_hash"])
def test_the_hash_covers_every_column(centre, person, column):
    with transaction.atomic():
        event = record("centre.opened", centre, by=person)
    other = {
        "seq": 7,
        "at": event.at + timedelta(microseconds=1),
        "by_uid": centre.uid,
        "rows": [],
    }.get(column, "other")

    setattr(event, column, other)

    assert hash_of(event) != event.hash


def test_a_clock_that_was_set_back_breaks_no_chain(centre, monkeypatch, django_capture_on_commit_callbacks):
    early = timezone.now() - timedelta(minutes=5)
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        record("centre.opened", centre)
        monkeypatch.setattr(chain.timezone, "now", lambda: early)
        record("centre.moved", centre)

    assert verify_chains() == []


def test_a_checkpoint_follows_the_commit_and_never_a_rollback(centre, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        event = record("centre.opened", centre, chain="ONE")
    capturing = django_capture_on_commit_callbacks(execute=True)
    with suppress(ZeroDivisionError), capturing, transaction.atomic():
        record("centre.moved", centre, chain="ONE")
        raise ZeroDivisionError

    assert [mark["hash"] for mark in checkpoints("ONE")] == [event.hash]
    assert ChainHead.objects.get(chain="ONE").seq == 1


def test_a_checkpoint_that_cannot_be_written_undoes_no_step(
    centre, settings, tmp_path, django_capture_on_commit_callbacks, caplog
):
    settings.CHECKPOINT_DIR = tmp_path / "file"
    settings.CHECKPOINT_DIR.write_text("no folder")

    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        record("centre.opened", centre)

    assert AuditEvent.objects.count() == 1
    assert "write_checkpoint" in caplog.text or "on_commit" in caplog.text


def test_a_line_torn_by_a_power_cut_spoils_no_other(centre, django_capture_on_commit_callbacks):
    def one():
        with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
            record("centre.opened", centre, chain="ONE")

    one()
    with chain.checkpoint_file("ONE").open("a") as file:
        file.write('{"seq": 2, "ha')
    one()

    assert [mark["seq"] for mark in checkpoints("ONE")] == [1, 2]
    assert verify_chains() == []
