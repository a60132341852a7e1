"""Numbers of a series follow each other without a gap, whoever asks, and whatever dies meanwhile."""

from __future__ import annotations

import contextlib
import random
import re
import subprocess
from datetime import UTC, datetime

import pytest
from django.db import transaction

from lims.records.models import Series
from lims.records.numbering import next_number
from tests.processes import ended
from tests.servers import wait_until

pytestmark = pytest.mark.process

WRITERS, EACH = 8, 1000
AT = datetime(2026, 11, 24, tzinfo=UTC)
# Each number is kept with an audit row, as a certificate is; one transaction in ten rolls back.
WRITER = """
from datetime import UTC, datetime
from lims.records.models import Refusal
from lims.records.numbering import next_number
wanted, seed = int(sys.argv[1]), int(sys.argv[2])
random.seed(seed)
done = 0
while done < wanted:
    try:
        with transaction.atomic():
            number = next_number("ONE", "K", datetime(2026, 11, 24, tzinfo=UTC))
            Refusal.objects.create(step=number, reasons=[])
            if random.random() < 0.1:
                raise KeyError
    except KeyError:
        continue
    done += 1
print("done", done)
"""
GIVEN = """
from lims.records.models import Refusal, Series
print("values", *Series.objects.values_list("value", flat=True))
print("steps", *Refusal.objects.values_list("step", flat=True))
"""


def given(place):
    """(value of the counter, sorted running numbers that were kept)."""
    values, steps = place.run(GIVEN).splitlines()
    return int(values.split()[-1]) if " " in values else 0, sorted(
        int(word.rpartition("-")[2]) for word in steps.split()[1:]
    )


def test_eight_writers_leave_no_gap_and_no_duplicate(slow_place):
    writers = [slow_place.start(WRITER, str(EACH), str(seed)) for seed in range(WRITERS)]
    with ended(writers):
        said = [writer.communicate()[0].strip() for writer in writers]

    assert said == [f"done {EACH}"] * WRITERS  # also: nobody was "locked"
    assert given(slow_place) == (WRITERS * EACH, list(range(1, WRITERS * EACH + 1)))


def test_writers_that_are_killed_leave_no_gap(slow_place):
    dice = random.Random(5)
    writers = [slow_place.start(WRITER, "100000", str(seed)) for seed in range(WRITERS)]
    with ended(writers):
        wait_until(lambda: given(slow_place)[0] > 0, 60)
        for seed in range(20):
            victim = writers.pop(dice.randrange(len(writers)))
            with contextlib.suppress(subprocess.TimeoutExpired):
                victim.wait(dice.uniform(0.1, 0.5))
            victim.kill()
            victim.communicate()
            writers.append(slow_place.start(WRITER, "100000", str(100 + seed)))

    value, numbers = given(slow_place)
    assert numbers == list(range(1, value + 1))
    assert value > 0


@pytest.mark.django_db
def test_a_rolled_back_number_is_given_again():
    first = next_number("ONE", "K", AT)
    with transaction.atomic():
        lost = next_number("ONE", "K", AT)
        transaction.set_rollback(True)

    assert (first, lost, next_number("ONE", "K", AT)) == (
        "ONE-2026-K-0001",
        "ONE-2026-K-0002",
        "ONE-2026-K-0002",
    )


@pytest.mark.django_db
def test_each_centre_kind_and_year_counts_for_itself():
    at = [("ONE", "K", AT), ("ONE", "G", AT), ("TWO", "K", AT), ("ONE", "K", AT.replace(year=2027))]

    numbers = [next_number(*series) for series in at]

    assert {number.rpartition("-")[2] for number in numbers} == {"0001"}
    assert Series.objects.count() == len(at)


@pytest.mark.django_db
def test_the_year_is_that_of_seoul():
    last_evening_in_greenwich = datetime(2026, 12, 31, 15, 0, tzinfo=UTC)

    assert next_number("ONE", "K", last_evening_in_greenwich) == "ONE-2027-K-0001"


@pytest.mark.django_db
def test_a_number_outside_a_transaction_is_refused(monkeypatch):
    monkeypatch.setattr(transaction.get_connection(), "in_atomic_block", False)

    with pytest.raises(RuntimeError, match="transaction"):
        next_number("ONE", "K", AT)


@pytest.mark.django_db
def test_a_number_reads_as_it_is_printed():
    assert re.fullmatch(r"ONE-2026-K-\d{4}", next_number("ONE", "K", AT))
