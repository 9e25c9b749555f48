"""The benchmark of open screens says what a viewer costs by the socket and by polling."""

from __future__ import annotations

import json

from tests.house import Vigie


def test_bench_viewers_prints_both_costs_the_delay_and_the_memory(vigie: Vigie) -> None:
    words = ("--viewers", 3, "--seconds", 1, "--churn-minutes", 0.05, "--format", "json")
    answer = vigie("bench", "viewers", *words)
    assert answer.code == 0, answer.err
    figures = json.loads(answer.out)
    assert (figures["viewers"], figures["pollers"]) == (3, 3)
    assert figures["socket_cpu_ms"] >= 0
    assert figures["polling_cpu_ms"] >= 0
    assert 0 < figures["socket_p50_ms"] <= figures["socket_p99_ms"]
    assert figures["rss_early_mb"] > 10
