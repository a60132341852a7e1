"""One real signer process for the whole folder, with development keys and enrolled people."""

from __future__ import annotations

import pytest

from tests.documents.authority import Authority, make_sealed


@pytest.fixture(scope="session")
def authority():
    with Authority() as running:
        yield running


@pytest.fixture(scope="session")
def sealed(authority):
    """A report that went the whole way: rendered, authorized, sealed."""
    return make_sealed(authority)
