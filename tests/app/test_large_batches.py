"""A batch that is refused as a whole: one record, one answer, and the next good one is taken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

TYPE = {"content-type": "application/cloudevents-batch+json", "authorization": "Bearer shown"}
GOOD = {
    "specversion": "1.0", "id": "F-1", "source": "https://www.example.org/forms",
    "type": "vigie.form.submitted.v1", "time": "2026-11-16T08:02:10Z", "data": {"contact": "F-1"},
}  # fmt: skip


@pytest.fixture
def vendor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> TestClient:
    """A system outside that pushes to us."""
    (tmp_path / "vigie.toml").write_text('[sources.website]\nconnector = "form"\n')
    monkeypatch.setenv("VIGIE_SOURCE_WEBSITE_TOKEN", "shown")
    stranger = request.getfixturevalue("stranger")
    assert isinstance(stranger, TestClient)
    return stranger


def test_a_batch_of_nothings_is_one_record_and_keeps_nobody_waiting(vendor: TestClient) -> None:
    nothings = b"[" + b",".join([b"{}"] * 300_000) + b"]"
    refused = vendor.post("/api/v1/events", content=nothings, headers=TYPE)
    said = refused.json()
    assert (refused.status_code, said["received"], said["quarantined"]) == (422, 1, 1)
    (one,) = said["events"]
    assert (one["id"], one["reason"]) == (None, "too_long")
    good = vendor.post("/api/v1/events", content=json.dumps([GOOD]), headers=TYPE)
    assert (good.status_code, good.json()["new"]) == (200, 1)
