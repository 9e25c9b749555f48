"""What this process counts of its own work."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector

#: Seconds, from a tenth of a millisecond.
_QUICK = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0)
_SLOW = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

#: All of them, with the process's memory, processor time and open files.
PROCESS = CollectorRegistry()
ProcessCollector(registry=PROCESS)

REQUESTS = Counter(
    "vigie_http_requests", "Answers by route, method and status.",
    ("method", "route", "status"), registry=PROCESS,
)  # fmt: skip
REQUEST_SECONDS = Histogram(
    "vigie_http_request_seconds", "From the request to the first byte of its answer.",
    ("route",), buckets=_SLOW, registry=PROCESS,
)  # fmt: skip
BOARD_SECONDS = Histogram(
    "vigie_board_read_seconds", "Reading the live numbers, once for all screens.",
    buckets=_SLOW, registry=PROCESS,
)  # fmt: skip
HUB_SECONDS = Histogram(
    "vigie_hub_offer_seconds", "Answering what a customer is offered.",
    buckets=_QUICK, registry=PROCESS,
)  # fmt: skip
DUTY_SECONDS = Histogram(
    "vigie_duty_seconds", "Doing a duty once.", ("duty",), buckets=_SLOW, registry=PROCESS
)
DUTY_FAILURES = Counter(
    "vigie_duty_failures", "Duties that failed, and are tried again.", ("duty",), registry=PROCESS
)
