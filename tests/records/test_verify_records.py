"""`manage.py verify_records` names the first bad row, whatever somebody with the database's password did."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from lims.organization.models import Centre
from lims.records.chain import checkpoint_file, hash_of, record
from lims.records.models import AuditEvent, ChainHead
from tests.record_tables import without_triggers

pytestmark = pytest.mark.django_db
LENGTH = 10


@pytest.fixture
def long_chain(django_capture_on_commit_callbacks):
    """Ten events of one centre, each with its checkpoint, and a healthy chain beside it."""
    centre = Centre.objects.create(code="ONE", name_ko="하나", name_en="One", address="주소")
    for number in range(1, LENGTH + 1):
        for name in ("ONE", "TWO"):
            with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
                record("centre.opened", centre, chain=name, why=str(number))


def verify(capsys):
    """(exit status, what was said on the error channel)."""
    try:
        call_command("verify_records")
    except SystemExit as end:
        return end.code, capsys.readouterr().err
    return 0, capsys.readouterr().err


def sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def at(seq):
    return AuditEvent.objects.get(chain="ONE", seq=seq)


def edit_a_row():
    sql("UPDATE records_auditevent SET why = 'forged' WHERE chain = 'ONE' AND seq = 4")


def delete_a_middle_row():
    sql("DELETE FROM records_auditevent WHERE chain = 'ONE' AND seq = 4")


def swap_two_rows():
    for old, new in ((4, 1004), (7, 4), (1004, 7)):
        sql("UPDATE records_auditevent SET seq = %s WHERE chain = 'ONE' AND seq = %s", new, old)


def copy_a_row():
    sql(
        "INSERT INTO records_auditevent (chain, seq, at, by_uid, kind, rows, why, previous_hash, hash)"
        " SELECT chain, 11, at, by_uid, kind, rows, why, previous_hash, hash FROM records_auditevent"
        " WHERE chain = 'ONE' AND seq = 4"
    )


def delete_the_tail():
    sql("DELETE FROM records_auditevent WHERE chain = 'ONE' AND seq > 6")
    make_head(at(6))


def wipe():
    sql("DELETE FROM records_auditevent WHERE chain = 'ONE'")
    sql("DELETE FROM records_chainhead WHERE chain = 'ONE'")


def edit_and_hash_everything_after_it_again():
    sql("UPDATE records_auditevent SET why = 'forged' WHERE chain = 'ONE' AND seq = 4")
    hash_again_from(4)


def insert_a_back_dated_row():
    for seq in range(LENGTH, 3, -1):
        sql("UPDATE records_auditevent SET seq = %s WHERE chain = 'ONE' AND seq = %s", seq + 1, seq)
    forged = at(3)
    forged.pk, forged.seq, forged.why = None, 4, "forged"
    forged.at += timedelta(microseconds=1)
    forged.save(force_insert=True)
    hash_again_from(4)


def hash_again_from(seq):
    """What somebody does who knows how the chain is made."""
    previous = at(seq - 1).hash
    for event in AuditEvent.objects.filter(chain="ONE", seq__gte=seq).order_by("seq"):
        event.previous_hash = previous
        previous = event.hash = hash_of(event)
        event.save()
    make_head(AuditEvent.objects.filter(chain="ONE").latest("seq"))


def make_head(event):
    ChainHead.objects.filter(chain="ONE").update(seq=event.seq, hash=event.hash)


def test_untouched_chains_hold(long_chain, capsys):
    assert verify(capsys) == (0, "")


@pytest.mark.parametrize(
    ("tamper", "first_bad"),
    [
        (edit_a_row, 4),
        (delete_a_middle_row, 4),
        (swap_two_rows, 4),
        (copy_a_row, 11),
        (delete_the_tail, 7),
        (wipe, 1),
        (edit_and_hash_everything_after_it_again, 4),
        (insert_a_back_dated_row, 4),
    ],
)
def test_each_tampering_is_named_by_its_first_bad_row(long_chain, capsys, tamper, first_bad):
    with without_triggers():
        tamper()

    status, said = verify(capsys)

    assert status == 2
    assert said.splitlines() == [said.strip()]  # the healthy chain is not named
    assert said.startswith(f"ONE {first_bad}: ")


def test_a_restored_tail_that_grew_again_is_still_found(
    long_chain, capsys, django_capture_on_commit_callbacks
):
    """The new rows get checkpoints of their own; those of the rows they replaced still stand before them."""
    with without_triggers():
        delete_the_tail()
    centre = Centre.objects.get()
    for _number in range(LENGTH):
        with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
            record("centre.opened", centre, chain="ONE")

    assert verify(capsys)[0] == 2


def test_a_chain_whose_checkpoints_are_gone_is_named(long_chain, capsys):
    checkpoint_file("ONE").unlink()

    status, said = verify(capsys)

    assert status == 2
    assert said.startswith("ONE 1: ")


def test_a_row_after_the_last_checkpoint_is_no_tampering(long_chain, capsys):
    """The process may die between the commit and the checkpoint."""
    path = checkpoint_file("ONE")
    marks = [line for line in path.read_text().splitlines() if line and json.loads(line)["seq"] < LENGTH]
    path.write_text("\n".join(marks) + "\n")

    assert verify(capsys) == (0, "")
