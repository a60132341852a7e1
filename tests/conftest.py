"""What every room's tests share."""

from __future__ import annotations

import pytest

from test_modules import catalogue, engines
from tests.fake_engine import FakeEngine
from tests.laboratory import MODULES, Laboratory, adopt, open_laboratory
from tests.record_tables import emptying_is_possible

NEED_FOLDERS = {"db", "transactional_db", "live_server", "own_folders"}


@pytest.fixture(autouse=True, scope="session")
def _record_tables_can_be_emptied():
    with emptying_is_possible():
        yield


@pytest.fixture
def own_folders(tmp_path, settings):
    """No test writes into the store or beside the checkpoints of another."""
    settings.STORE_DIR = tmp_path / "store"
    settings.CHECKPOINT_DIR = tmp_path / "checkpoints"
    settings.SCRATCH_DIR = tmp_path / "scratch"
    for folder in (settings.STORE_DIR, settings.CHECKPOINT_DIR, settings.SCRATCH_DIR):
        folder.mkdir()
    return tmp_path


@pytest.fixture(autouse=True)
def _folders_of_whoever_uses_the_database(request):
    if request.node.get_closest_marker("django_db") or NEED_FOLDERS & {*request.fixturenames}:
        request.getfixturevalue("own_folders")


TOOLS = {"tool": "1.0", "python": "3.11"}


@pytest.fixture
def lab(db, own_folders, monkeypatch) -> Laboratory:
    """Two centres with their people; the first has adopted both modules, with tools that need not be installed."""
    monkeypatch.setattr(catalogue, "engine_versions", lambda module_id: dict(TOOLS))
    opened = open_laboratory()
    for module_id in MODULES:
        adopt(opened, module_id, TOOLS)
    return opened


@pytest.fixture
def engine(monkeypatch) -> FakeEngine:
    """The engine of every module, replaced at the edge."""
    fake = FakeEngine()
    monkeypatch.setattr(engines, "engine_of", lambda module_id: fake)
    return fake
