"""Every request of a load run: from the hooks' records to a compressed file of columns, and back.

The warm-up is marked, not removed. Times are kept to the microsecond; about 7 bytes a request on disk.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from test_modules.contract import ModuleError
from test_modules.events import Window

RECORD = np.dtype(
    [
        ("start_s", "<f8"),
        ("late_ms", "<f8"),
        ("time_ms", "<f8"),
        ("size", "<u4"),
        ("status", "<u2"),
        ("name", "<u2"),
    ]
)
ANNOUNCES = 0xFFFFFFFF
FAILED = 0x8000
MOST_FILE_BYTES = 512 << 20
MOST_SAMPLES = 20_000_000
MICRO = 1_000_000
COLUMNS = ("start_us", "late_us", "time_us", "size", "status", "is_failure", "name", "window")


@dataclass(frozen=True)
class Samples:
    """Columns of equal length, one row a request, in the order of completion.

    Units: microseconds; `start_us` since the epoch; `window` is the measured window in which the request was
    completed, -1 for warm-up and outside; `status` 0 means no answer
    """

    start_us: NDArray[np.int64]
    late_us: NDArray[np.uint32]
    time_us: NDArray[np.uint32]
    size: NDArray[np.uint32]
    status: NDArray[np.uint16]
    is_failure: NDArray[np.bool_]
    name: NDArray[np.uint16]
    window: NDArray[np.int8]
    names: tuple[str, ...]
    windows: tuple[Window, ...]

    def __len__(self) -> int:
        return len(self.start_us)


def samples_of(data: bytes | bytearray, windows: Sequence[Window]) -> Samples:
    """Make columns of the hooks' records. Raises: ModuleError (samples.torn): they end within a record."""
    rows, names = _split(memoryview(data))
    start_us = np.rint(rows["start_s"] * MICRO).astype(np.int64)
    time_us = _micros(rows["time_ms"])
    return Samples(
        start_us=start_us,
        late_us=_micros(rows["late_ms"]),
        time_us=time_us,
        size=rows["size"].astype(np.uint32),
        status=(rows["status"] & ~np.uint16(FAILED)).astype(np.uint16),
        is_failure=(rows["status"] & FAILED) != 0,
        name=rows["name"].astype(np.uint16),
        window=_window_of(start_us + time_us, windows),
        names=tuple(names),
        windows=tuple(windows),
    )


class _Beating(io.BufferedWriter):
    """A new file that gives a beat for each piece written to it: compressing may take a minute."""

    def __init__(self, path: Path, beat: Callable[[], None]) -> None:
        super().__init__(io.FileIO(path, "x"))
        self._beat = beat

    def write(self, data: Any, /) -> int:
        self._beat()
        return super().write(data)


def write_samples(samples: Samples, path: Path, beat: Callable[[], None] = lambda: None) -> None:
    """Store the columns, compressed; equal samples give equal bytes."""
    columns = {name: getattr(samples, name) for name in COLUMNS}
    windows = np.array([(w.number, w.users, w.from_s, w.to_s) for w in samples.windows], dtype=np.float64)
    with _Beating(path, beat) as file:
        np.savez_compressed(
            file,
            allow_pickle=False,
            names=np.array(samples.names, dtype=np.str_),
            windows=windows.reshape(-1, 4),
            **columns,
        )


def read_samples(path: Path) -> Samples:
    """Read a file of samples. Raises: ModuleError (samples.unreadable), whatever is wrong with it."""
    try:
        return _read(path)
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, MemoryError) as trouble:
        raise ModuleError("samples.unreadable", file=path.name, reason=str(trouble)[:200]) from None


def _read(path: Path) -> Samples:
    with zipfile.ZipFile(path) as archive:  # declared sizes first: a small file may hold an endless column
        if sum(member.file_size for member in archive.infolist()) > MOST_FILE_BYTES:
            raise ValueError(f"more than {MOST_FILE_BYTES} byte")
    with np.load(path, allow_pickle=False) as file:
        columns = {name: file[name] for name in COLUMNS}
        windows = tuple(Window(int(n), int(u), float(f), float(t)) for n, u, f, t in file["windows"])
        names = tuple(str(name) for name in file["names"])
    if len({len(column) for column in columns.values()}) != 1:
        raise ValueError("columns of different length")
    return Samples(**columns, names=names, windows=windows)


def _split(data: memoryview) -> tuple[NDArray[np.void], list[str]]:
    """Cut the announcements of names out of the stream; what is left are records of equal size."""
    parts: list[NDArray[np.void]] = []
    names: list[str] = []
    at, size = 0, RECORD.itemsize
    while at < len(data):
        whole = np.frombuffer(data[at : at + (len(data) - at) // size * size], dtype=RECORD)
        announced = np.flatnonzero(whole["size"] == ANNOUNCES)
        if not len(announced):
            if len(whole) * size != len(data) - at:
                raise ModuleError("samples.torn", size=len(data))
            parts.append(whole)
            break
        first = int(announced[0])
        parts.append(whole[:first])
        length, text_at = int(whole[first]["status"]), at + (first + 1) * size
        if text_at + length > len(data):
            raise ModuleError("samples.torn", size=len(data))
        names.append(bytes(data[text_at : text_at + length]).decode("utf-8", "replace"))
        at = text_at + length
    return (np.concatenate(parts) if parts else np.empty(0, RECORD)), names


def _micros(milliseconds: NDArray[np.float64]) -> NDArray[np.uint32]:
    return np.clip(np.rint(milliseconds * 1000), 0, 0xFFFFFFFF).astype(np.uint32)


def _window_of(completed_us: NDArray[np.int64], windows: Sequence[Window]) -> NDArray[np.int8]:
    found = np.full(len(completed_us), -1, dtype=np.int8)
    for window in windows:
        is_in = (completed_us >= window.from_s * MICRO) & (completed_us < window.to_s * MICRO)
        found[is_in] = window.number
    return found
