import os

import pytest

from test_modules.engines import collect as collecting
from test_modules.engines.collect import CHUNK, collect, evidence_in, hashes_of


@pytest.fixture
def folders(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    target.mkdir()
    (source / "output.xml").write_bytes(b"<robot/>")
    return source, target


def test_regular_files_are_taken_with_their_hash(folders):
    source, target = folders

    collected = collect(source, target)

    assert collected.taken == hashes_of(target)
    assert collected.refused == {}


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.symlink_to("/etc/passwd"),
        lambda path: path.symlink_to("/nowhere"),
        os.mkfifo,
        os.mkdir,
        lambda path: os.link(path.parent / "output.xml", path),
        pytest.param(
            lambda path: os.mknod(path, 0o20666, os.makedev(1, 3)),
            marks=pytest.mark.skipif(os.geteuid() != 0, reason="only root makes devices"),
        ),
    ],
)
def test_what_is_not_one_regular_file_is_refused_and_not_followed(folders, make):
    source, target = folders
    make(source / "hostile")

    collected = collect(source, target)

    assert collected.refused["hostile"] == "output.not_regular"
    assert "hostile" not in evidence_in(target)


def test_a_huge_file_is_refused_by_its_declared_size(folders):
    source, target = folders
    with (source / "huge").open("wb") as file:
        file.truncate(collecting.MOST_FILE_BYTES + 1)

    assert collect(source, target).refused == {"huge": "output.too_large"}


def test_the_sum_of_all_files_is_bounded(folders, monkeypatch):
    source, target = folders
    monkeypatch.setattr(collecting, "MOST_BYTES", 10)
    (source / "second").write_bytes(b"12345")

    assert collect(source, target).refused == {"second": "output.too_large"}


def test_the_count_of_files_is_bounded(folders, monkeypatch):
    source, target = folders
    monkeypatch.setattr(collecting, "MOST_FILES", 1)
    (source / "second").write_bytes(b"")

    assert collect(source, target).refused == {"second": "output.not_wanted"}


def test_a_tool_cannot_write_over_the_journal(folders):
    source, target = folders
    (target / "journal.log").write_bytes(b"ours")
    (source / "journal.log").write_bytes(b"theirs")

    assert collect(source, target).refused == {"journal.log": "output.not_wanted"}
    assert (target / "journal.log").read_bytes() == b"ours"


def test_a_name_that_cannot_be_printed_is_refused(folders):
    source, target = folders
    (source / "a\nb").write_bytes(b"")

    assert "output.not_wanted" in collect(source, target).refused.values()


def test_copying_and_hashing_give_a_beat_for_each_piece(folders):
    source, target = folders
    (source / "output.xml").unlink()
    (source / "large").write_bytes(b"x" * (2 * CHUNK + 1))
    beats = []

    collected = collect(source, target, lambda: beats.append("copied"))
    assert hashes_of(target, lambda: beats.append("hashed")) == collected.taken

    assert (beats.count("copied"), beats.count("hashed")) == (3, 3)
