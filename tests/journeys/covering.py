"""Which visits meet every pair: of all pages × roles × languages × themes × sizes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product
from typing import NamedTuple

SIZES = {"desk": (1600, 1000), "tablet": (1024, 768), "phone": (390, 844)}
THEMES = ("light", "dark")


class Visit(NamedTuple):
    """One page, as one person sees it on one screen."""

    role: str
    language: str
    theme: str
    size: str
    page: str


Pair = frozenset[tuple[int, str]]


def every(roles: Sequence[str], languages: Sequence[str], pages: Sequence[str]) -> list[Visit]:
    """All of them, in an order that loads a page anew as seldom as may be."""
    return [Visit(*one) for one in product(roles, languages, THEMES, SIZES, pages)]


def covering(roles: Sequence[str], languages: Sequence[str], pages: Sequence[str]) -> list[Visit]:
    """So many of them that every pair of two factors' values is met: each page by each role."""
    met: set[Pair] = set()
    chosen: list[Visit] = []
    for page, role in product(pages, roles):
        looks = (Visit(role, *look, page) for look in product(languages, THEMES, SIZES))
        best = max(looks, key=lambda visit: len(pairs(visit) - met))
        met |= pairs(best)
        chosen.append(best)
    return sorted(chosen)


def examined(visits: Sequence[Visit]) -> set[Visit]:
    """Those looked at for what hinders people: each page in each theme, and on a phone."""
    first: dict[tuple[str, str], Visit] = {}
    for visit in visits:
        first.setdefault((visit.page, visit.theme), visit)
        if visit.size == "phone":
            first.setdefault((visit.page, visit.size), visit)
    return set(first.values())


def pairs(visit: Visit) -> set[Pair]:
    """The pairs of values that meet in it."""
    return {frozenset(pair) for pair in combinations(enumerate(visit), 2)}
