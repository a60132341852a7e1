"""A load run as it went, second by second: for the eye, never for the record, which keeps every request."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from test_modules.contract import ModuleError
from test_modules.samples import Samples, read_samples

MOST_POINTS = 600
MOST_UNPACKED_BYTES = 128 << 20  # one page of one reader may not take the web process's memory
COLUMNS = ("second", "requests_per_s", "failures_per_s", "p50_ms", "p95_ms", "p99_ms")


@dataclass(frozen=True)
class LoadSeries:
    """One row a point in time. Units: seconds since the first request, per second, milliseconds."""

    rows: tuple[tuple[float, ...], ...]
    windows: tuple[tuple[int, float, float], ...]  # users, from, to: what was measured

    def as_json(self) -> dict[str, object]:
        """Column by column, as a plot wants it."""
        columns = list(zip(*self.rows, strict=True)) or [()] * len(COLUMNS)
        return {
            "columns": dict(zip(COLUMNS, columns, strict=True)),
            "windows": [{"users": u, "from_s": a, "to_s": b} for u, a, b in self.windows],
        }

    def as_csv(self) -> str:
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(COLUMNS)
        writer.writerows(self.rows)
        return text.getvalue()


def load_series(path: Path) -> LoadSeries:
    """Read a file of samples and sum it up to at most 600 points.

    Raises: ModuleError (samples.unreadable, samples.too_many) whatever is wrong with the file
    """
    _require_bounded(path)
    samples = read_samples(path)
    if not len(samples):
        return LoadSeries((), ())
    begun_us = int(samples.start_us.min())
    ended_s = (samples.start_us + samples.time_us - begun_us) / 1_000_000
    width_s = max(1.0, float(np.ceil((ended_s.max() + 1e-9) / MOST_POINTS)))
    windows = tuple((w.users, w.from_s - begun_us / 1e6, w.to_s - begun_us / 1e6) for w in samples.windows)
    return LoadSeries(_rows(samples, (ended_s // width_s).astype(np.int64), width_s), windows)


def _rows(samples: Samples, point: np.ndarray, width_s: float) -> tuple[tuple[float, ...], ...]:
    order = np.argsort(point, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(point[order]) > 0])
    rows = []
    for chunk in np.split(order, starts[1:]):
        times_ms = samples.time_us[chunk] / 1000
        quantiles = np.percentile(times_ms, (50, 95, 99))
        rows.append(
            (
                float(point[chunk[0]] * width_s),
                len(chunk) / width_s,
                float(np.count_nonzero(samples.is_failure[chunk])) / width_s,
                *(round(float(value), 3) for value in quantiles),
            )
        )
    return tuple(rows)


def _require_bounded(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError) as trouble:
        raise ModuleError("samples.unreadable", file=path.name, reason=str(trouble)[:200]) from None
    if unpacked > MOST_UNPACKED_BYTES:
        raise ModuleError("samples.too_many", size=unpacked, limit=MOST_UNPACKED_BYTES)
