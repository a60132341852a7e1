import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from test_modules.contract import ModuleError
from test_modules.events import Window
from test_modules.samples import ANNOUNCES, read_samples, samples_of, write_samples

PACK = struct.Struct("<dddIHH").pack
WINDOW = Window(0, 2, 1000.0, 1010.0)


def named(number, text):
    data = text.encode()
    return PACK(0, 0, 0, ANNOUNCES, len(data), number) + data


def request(start_s, time_ms, status=200, name=0, size=5):
    return PACK(start_s, 0.0, time_ms, size, status, name)


def test_records_become_columns_in_their_order():
    data = (
        named(0, "GET /a")
        + request(1001, 12.3456)
        + named(1, "PUT /글")
        + request(1002, 7, 503 | 0x8000, name=1)
    )

    samples = samples_of(data, [WINDOW])

    assert samples.names == ("GET /a", "PUT /글")
    assert samples.time_us.tolist() == [12346, 7000]
    assert samples.status.tolist() == [200, 503]
    assert samples.is_failure.tolist() == [False, True]
    assert samples.name.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("start_s", "time_ms", "window"),
    [(999.0, 999.9, -1), (999.0, 1000.0, 0), (1009.0, 999.9, 0), (1009.0, 1000.0, -1), (1020.0, 1.0, -1)],
)
def test_a_request_counts_where_it_was_completed(start_s, time_ms, window):
    assert samples_of(request(start_s, time_ms), [WINDOW]).window.tolist() == [window]


def test_the_warm_up_is_marked_and_not_removed():
    samples = samples_of(request(990, 1) + request(1001, 1), [WINDOW])

    assert samples.window.tolist() == [-1, 0]


def test_what_is_written_is_read_again(tmp_path):
    samples = samples_of(named(0, "GET /a") + request(1001, 12.5), [WINDOW])

    write_samples(samples, tmp_path / "samples.npz")
    again = read_samples(tmp_path / "samples.npz")

    assert again.windows == samples.windows
    assert again.names == samples.names
    assert np.array_equal(again.time_us, samples.time_us)


def test_each_piece_that_is_written_gives_a_beat(tmp_path):
    beats = []
    samples = samples_of(request(1001, 12.5) * 1000, [WINDOW])

    write_samples(samples, tmp_path / "samples.npz", lambda: beats.append(1))

    assert len(beats) > 8  # one a column at least
    assert len(read_samples(tmp_path / "samples.npz")) == 1000


def test_equal_samples_give_equal_bytes(tmp_path):
    samples = samples_of(named(0, "GET /a") + request(1001, 12.5), [WINDOW])

    write_samples(samples, tmp_path / "a.npz")
    write_samples(samples, tmp_path / "b.npz")

    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_a_hundred_thousand_requests_take_few_bytes_each(tmp_path):
    rng = np.random.default_rng(1)
    times = rng.gamma(2, 2, 100_000)
    starts = 1000 + np.cumsum(rng.exponential(0.0002, 100_000))
    data = b"".join(request(start, time) for start, time in zip(starts, times, strict=True))

    write_samples(samples_of(data, [WINDOW]), tmp_path / "samples.npz")

    assert (tmp_path / "samples.npz").stat().st_size < 10 * 100_000


@given(st.lists(st.tuples(st.booleans(), st.text(max_size=20)), max_size=30))
def test_every_record_is_kept_whatever_is_announced_between(parts):
    data = b"".join(
        named(n, text) if is_name else request(1001, n) for n, (is_name, text) in enumerate(parts)
    )

    samples = samples_of(data, [WINDOW])

    assert len(samples) == sum(not is_name for is_name, _ in parts)
    assert len(samples.names) == sum(is_name for is_name, _ in parts)


@pytest.mark.parametrize("data", [request(1001, 1)[:-1], named(0, "GET /abc")[:-1], b"x"])
def test_a_torn_stream_is_refused(data):
    with pytest.raises(ModuleError) as caught:
        samples_of(data, [WINDOW])

    assert caught.value.code == "samples.torn"


@given(st.binary(max_size=200))
def test_a_file_of_any_bytes_is_refused(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("any") / "samples.npz"
    path.write_bytes(data)

    with pytest.raises(ModuleError):
        read_samples(path)
