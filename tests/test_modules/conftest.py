import pytest

from test_modules import catalogue


@pytest.fixture
def library(tmp_path, monkeypatch):
    """An empty module library; bundles are written into it with `builders.write_module`."""
    folder = tmp_path / "library"
    monkeypatch.setattr(catalogue, "MODULES", folder)
    return folder
