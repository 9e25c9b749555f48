"""The benchmark of the hub runs without any database and says what it measured."""

from __future__ import annotations

import json

import pytest

from tests.house import Vigie


def test_bench_hub_prints_decisions_beside_an_empty_handler(
    vigie: Vigie, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIGIE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    words = ("--seconds", 0.2, "--rounds", 3, "--rate", 100, "--format", "json")
    answer = vigie("bench", "hub", *words)
    assert answer.code == 0, answer.err
    figures = json.loads(answer.out)
    assert figures["decisions_per_s"] > 100
    assert 0 < figures["ratio"] < 2
    assert 0 < figures["p50_ms"] <= figures["p99_ms"]
    assert figures["errors"] == 0
