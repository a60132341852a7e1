"""What every room's tests share."""

from __future__ import annotations

import os

import pytest
from django.conf import settings as project_settings

from test_modules import catalogue, engines
from tests.fake_engine import FakeEngine
from tests.laboratory import MODULES, Laboratory, adopt, open_laboratory
from tests.processes import Places
from tests.record_tables import emptying_is_possible

ALONE = ("engine", "flow", "browser", "kills")
NEED_FOLDERS = {"db", "transactional_db", "live_server", "own_folders"}


def pytest_collection_modifyitems(items):
    """What times things or starts whole installations comes last, in one process; PostgreSQL's only on PostgreSQL."""
    for item in items:
        if any(map(item.get_closest_marker, ALONE)):
            item.add_marker(pytest.mark.xdist_group("alone"))
        if item.get_closest_marker("postgres") and not _is_on_postgresql():
            item.add_marker(
                pytest.mark.skip(reason="needs DATABASE_URL of a PostgreSQL: script/test starts one")
            )
    items.sort(key=lambda item: any(map(item.get_closest_marker, ALONE)))


def _is_on_postgresql() -> bool:
    return str(project_settings.DATABASES["default"]["ENGINE"]).endswith("postgresql")


@pytest.fixture
def redis_url() -> str:
    """A real Redis of script/test's; messages of earlier tests may lie in it."""
    if url := os.environ.get("TEST_REDIS_URL"):
        return url
    pytest.skip("needs TEST_REDIS_URL: script/test starts a Redis")


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


@pytest.fixture(scope="session")
def _places(tmp_path_factory):
    return Places(tmp_path_factory.mktemp("places"))


@pytest.fixture
def place(_places, tmp_path):
    """A migrated database that several processes can share, of the kind this test run is on."""
    return _places.new(tmp_path / "home")


@pytest.fixture(
    params=[
        pytest.param("sqlite", marks=pytest.mark.kills),  # long: not for the quick run
        pytest.param("postgresql", marks=pytest.mark.postgres),
    ]
)
def slow_place(place):
    """The same for tests that take their time: once on SQLite in the whole run, once on PostgreSQL."""
    return place
