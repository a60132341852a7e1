"""One real signer process for the whole folder, with development keys and enrolled people."""

from __future__ import annotations

import pytest

from tests.documents.authority import Authority


@pytest.fixture(scope="session")
def authority():
    with Authority() as running:
        yield running
