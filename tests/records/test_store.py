"""The content store: bytes under the name of their hash, written once, checked whenever they are read."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path

import pytest

from lims.records import store

CONTENT = b"raw data of a run\n"
NAME = hashlib.sha256(CONTENT).hexdigest()
pytestmark = pytest.mark.usefixtures("own_folders")


def test_bytes_lie_under_the_name_of_their_hash():
    assert store.put_bytes(CONTENT) == (NAME, len(CONTENT))
    assert store.path_of(NAME).read_bytes() == CONTENT
    assert store.read(NAME) == CONTENT


def test_a_stream_is_stored_in_pieces(monkeypatch):
    monkeypatch.setattr(store, "CHUNK", 3)

    assert store.put_file(io.BytesIO(CONTENT)) == (NAME, len(CONTENT))


def test_the_same_bytes_are_stored_once_and_never_written_again():
    store.put_bytes(CONTENT)
    before = store.path_of(NAME).stat()

    store.put_bytes(CONTENT)

    after = store.path_of(NAME).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_nobody_may_write_a_stored_file():
    store.put_bytes(CONTENT)

    assert store.path_of(NAME).stat().st_mode & 0o222 == 0


@pytest.mark.parametrize("harm", [b"raw data of another run\n", b"raw data of a rum\n", b""])
def test_damaged_bytes_are_named_and_not_given_out(harm):
    store.put_bytes(CONTENT)
    path = store.path_of(NAME)
    path.chmod(0o600)
    path.write_bytes(harm)

    with pytest.raises(store.StoreDamaged, match=NAME):
        store.read(NAME)


def test_a_missing_file_is_damage_too(tmp_path):
    with pytest.raises(store.StoreDamaged, match=NAME):
        store.copy_to(NAME, tmp_path / "copy")

    assert not (tmp_path / "copy").exists()


def test_a_stream_that_breaks_leaves_nothing(settings):
    def breaking():
        yield b"half"
        raise OSError("the upload was cut off")

    with pytest.raises(OSError, match="cut off"):
        store.put(breaking())

    assert [path for path in settings.STORE_DIR.rglob("*") if path.is_file()] == []


def test_a_stored_file_is_on_disk_before_its_hash_is_told(monkeypatch):
    synced = []
    real = os.fsync
    monkeypatch.setattr(
        store.os, "fsync", lambda fd: synced.append(Path(f"/proc/self/fd/{fd}").readlink()) or real(fd)
    )

    store.put_bytes(CONTENT)

    assert store.path_of(NAME).parent in synced
    assert any(name.parent == store.path_of(NAME).parents[1] for name in synced)
