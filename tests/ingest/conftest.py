"""The outside world as the ingest floor meets it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.ingest.vendor import Vendor


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    """A vendor's HTTP server on loopback, which answers as a test tells it to."""
    with Vendor() as standing:
        yield standing
