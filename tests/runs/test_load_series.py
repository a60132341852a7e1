"""The picture of a load run: sums a second each, bounded, and never a broken page."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest

from lims.runs.load_series import MOST_POINTS, load_series
from test_modules.contract import ModuleError
from test_modules.events import Window
from test_modules.samples import Samples, write_samples
from tests.laboratory import agree, approve, end, start
from tests.screens import ask, assert_hidden

BEGUN_S = 1_700_000_000


def samples_of(ended_s: list[float], time_ms: list[float], failed: list[bool] | None = None) -> Samples:
    time_us = np.array(time_ms) * 1000
    count = len(ended_s)
    return Samples(
        start_us=((np.array(ended_s) + BEGUN_S) * 1e6 - time_us).astype(np.int64),
        late_us=np.zeros(count, np.uint32),
        time_us=time_us.astype(np.uint32),
        size=np.zeros(count, np.uint32),
        status=np.full(count, 200, np.uint16),
        is_failure=np.array(failed or [False] * count),
        name=np.zeros(count, np.uint16),
        window=np.zeros(count, np.int8),
        names=("GET /",),
        windows=(Window(0, 5, BEGUN_S + 1.0, BEGUN_S + 2.0),),
    )


def kept(tmp_path, samples: Samples):
    path = tmp_path / "samples.npz"
    write_samples(samples, path)
    return path


def test_each_second_is_summed_up_by_when_requests_ended(tmp_path):
    path = kept(tmp_path, samples_of([0.01, 0.5, 1.5], [10, 20, 40], [False, True, False]))

    series = load_series(path)

    assert [row[:3] for row in series.rows] == [(0.0, 2.0, 1.0), (1.0, 1.0, 0.0)]
    assert [row[3] for row in series.rows] == [15.0, 40.0]


def test_windows_are_told_from_the_first_request_on(tmp_path):
    path = kept(tmp_path, samples_of([0.01], [10]))

    ((users, from_s, to_s),) = load_series(path).windows

    assert users == 5
    assert (round(from_s, 6), round(to_s, 6)) == (1.0, 2.0)


def test_long_run_has_no_more_points_than_fit_a_page(tmp_path):
    seconds = np.arange(0.01, 3000, 0.5).tolist()

    series = load_series(kept(tmp_path, samples_of(seconds, [10] * len(seconds))))

    assert len(series.rows) <= MOST_POINTS
    assert sum(row[1] for row in series.rows) * 5 == pytest.approx(len(seconds))


def test_run_without_requests_is_an_empty_picture(tmp_path):
    assert load_series(kept(tmp_path, samples_of([], []))).rows == ()


def test_file_that_unpacks_to_too_much_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "samples.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("start_us.npy", b"\0" * (129 << 20))

    with pytest.raises(ModuleError) as trouble:
        load_series(path)

    assert trouble.value.code == "samples.too_many"


def test_file_of_the_run_is_drawn_and_handed_out_as_a_table(lab, tmp_path):
    path = kept(tmp_path, samples_of([0.01, 0.5, 1.5], [10, 20, 40]))
    run = start(lab, approve(lab, "load-http", contract=agree(lab, "PTb-1-G", "PTb-5-G")))[0]
    file = end(run, files={"samples.npz": path.read_bytes()}).files.get()

    drawn = ask(lab.tester, "GET", "runs:load_json", file.uid).json()
    table = ask(lab.tester, "GET", "runs:load_csv", file.uid).content.decode()
    page = ask(lab.tester, "GET", "runs:detail", run.uid).content.decode()

    assert drawn["columns"]["requests_per_s"] == [2.0, 1.0]
    assert table.splitlines()[0] == "second,requests_per_s,failures_per_s,p50_ms,p95_ms,p99_ms"
    assert f"/raw-files/{file.uid}/load.json" in page


def test_picture_of_what_is_no_samples_file_is_refused(lab):
    run = start(lab, approve(lab, "load-http", contract=agree(lab, "PTb-1-G", "PTb-5-G")))[0]
    broken = end(run, files={"samples.npz": b"no archive", "journal.log": b"x"})

    answers = {
        file.name: ask(lab.tester, "GET", "runs:load_json", file.uid).status_code
        for file in broken.files.all()
    }

    assert answers == {"samples.npz": 422, "journal.log": 404}


def test_stranger_finds_no_picture(lab):
    run = start(lab, approve(lab, "load-http", contract=agree(lab, "PTb-1-G", "PTb-5-G")))[0]
    file = end(run, files={"samples.npz": b"x"}).files.get()

    for name in ("load_json", "load_csv"):
        assert_hidden(lab.stranger, "GET", f"runs:{name}", file.uid)
