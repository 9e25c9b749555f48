"""The wait histogram: fixed buckets, so that percentiles are plain sums.

Bucket ``b`` holds the waits in (EDGES[b-1], EDGES[b]] milliseconds, bucket 0 those of 0 ms.
Edges lie 1 s apart up to 120 s, then grow by 5 % (rounded to whole seconds): any threshold
that is an edge is exact, so every whole second up to 120 is.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from math import ceil

from sqlalchemy import ColumnElement, Integer, SmallInteger, case, cast, func, literal_column

from kpis.measures import ContactColumns

FINE_S = 120
GROWTH = 1.05
#: No wait is longer (four bytes of milliseconds).
LONGEST_MS = 2_147_483_647
#: The outcomes whose waits are kept; each is a column of the histogram.
OUTCOMES = ("answered", "abandoned", "flowed_out")


def _edges() -> tuple[int, ...]:
    fine = [second * 1000 for second in range(FINE_S + 1)]
    step = 1
    while fine[-1] < LONGEST_MS:
        fine.append(round(FINE_S * GROWTH**step) * 1000)
        step += 1
    return tuple(fine)


def _told(number: int) -> float:
    if number <= FINE_S:
        return float(number)
    return (EDGES[number - 1] + EDGES[number]) / 2000


#: Upper edge of each bucket, in milliseconds.
EDGES: tuple[int, ...] = _edges()
#: What is told of the waits in a bucket, in seconds.
TOLD = tuple(map(_told, range(len(EDGES))))
_COARSE = ", ".join(str(edge) for edge in EDGES[FINE_S:-1])


def bucket(c: ContactColumns) -> ColumnElement[int]:
    """The bucket of a contact's wait, in SQL."""
    return bucket_at(c.wait_ms)


def bucket_at(wait_ms: ColumnElement[int]) -> ColumnElement[int]:
    """The bucket of a wait, in SQL."""
    wait = func.greatest(wait_ms, 0, type_=Integer)
    coarse = func.width_bucket(wait - 1, literal_column(f"array[{_COARSE}]"))
    fine = (wait + 999) // 1000
    return cast(case((wait <= FINE_S * 1000, fine), else_=FINE_S + coarse), SmallInteger)


def bucket_of(wait_ms: int) -> int:
    """The bucket of a wait."""
    return bisect_left(EDGES, max(0, wait_ms))


def buckets_within(after_s: float, until_s: float | None) -> tuple[int, int]:
    """The first and the last bucket of whose waits (`after_s`, `until_s`] seconds are told; who
    did not wait at all stands in the first second.
    """
    first = 0 if after_s <= 0 else bisect_right(TOLD, after_s)
    return first, len(TOLD) - 1 if until_s is None else bisect_right(TOLD, until_s) - 1


def exact(target_ms: int) -> bool:
    """Is «waited at most this» told exactly by the buckets?"""
    return EDGES[bucket_of(target_ms)] == target_ms


def within(waits: Mapping[int, int], target_ms: int) -> int:
    """How many waited at most `target_ms`, which must be exact."""
    last = bucket_of(target_ms)
    return sum(count for number, count in waits.items() if number <= last)


def percentile(waits: Mapping[int, int], share: float) -> float | None:
    """The wait in seconds that `share` of the contacts did not exceed; None without contacts.

    Up to 120 s the upper edge of the bucket (exact for sources that tell whole seconds, at
    most one second too high for others); beyond, its middle (within 2.7 %).
    """
    rank = ceil(share * sum(waits.values()))
    passed = 0
    for number in sorted(waits):
        passed += waits[number]
        if passed >= rank and passed:
            return TOLD[number]
    return None
