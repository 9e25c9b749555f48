"""A receiver that takes everything until a test says otherwise."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.ingest.vendor import Answer, Vendor


@pytest.fixture
def receiver() -> Iterator[Vendor]:
    with Vendor() as vendor:
        vendor.says("/hook", Answer(status=204))
        yield vendor
