"""Whose an identity is: a pure function of what was told together and of what people decided.

1. What hangs together by ties is one customer, whose key is the least key of its identities.
2. An identity that too many people use (`shared`) is no identity: it ties nobody, it is nobody's.
3. Two strong identities (a customer number) are never one customer by ties alone.  Where ties
   join several, each keeps the weak identities that were told with it and with no other strong
   one; the other weak ones are *ambiguous*: each stands apart and joins nobody.
4. A merge that somebody decided makes two identities one, strong ones too.  A split that
   somebody decided takes an identity's ties away.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import dataclass

#: Kinds of which a person has one.
STRONG = frozenset({"crm"})
#: Kinds by which people are counted: who is told with more than `MANY` of one of them is many.
COUNTED = ("crm", "email", "phone")
MANY = 10
#: A thread that tells more identities than this (a mailing, a test) tells of nobody.
MOST_TOLD = 16

Pair = tuple[int, int]
#: Whose it is (None: nobody's), and whether it is ambiguous.
Standing = tuple[int | None, bool]
NOBODYS: Standing = (None, False)


@dataclass(frozen=True, slots=True)
class Graph:
    """Identities by key with their kinds, and all that joins or parts them.

    `ties` may name identities that are not among `kinds`: those are left out, as `shared` ones.
    """

    kinds: Mapping[int, str]
    ties: Iterable[Pair]
    shared: Set[int] = frozenset()
    merges: Collection[Pair] = ()
    splits: Set[int] = frozenset()


class Groups:
    """Disjoint sets of keys; each is known by its least member."""

    def __init__(self) -> None:
        self._above: dict[int, int] = {}

    def __getitem__(self, key: int) -> int:
        """The least member of the key's set."""
        above = self._above
        while (parent := above.get(key, key)) != key:
            above[key] = above.get(parent, parent)
            key = above[key]
        return key

    def join(self, one: int, other: int) -> None:
        """Make their sets one."""
        one, other = self[one], self[other]
        if one != other:
            self._above[max(one, other)] = min(one, other)


def standings(graph: Graph) -> dict[int, Standing]:
    """Where each identity of the graph stands."""
    people = _decided(graph)
    ties = _live_ties(graph, people)
    strong = _strong(graph, people)
    owned, torn = _owned(ties, strong)
    joining = [pair for pair in ties if pair[0] not in torn and pair[1] not in torn]
    groups = _joined(joining)
    if disputed := _disputed(groups, strong):
        joining = [
            (one, other)
            for one, other in joining
            if groups[one] not in disputed or (one in strong) != (other in strong)
        ]
        persons = {people[key] for key in graph.kinds}
        torn |= {each for each in persons - owned - strong if groups[each] in disputed}
    customers = _joined(joining)
    return {
        key: NOBODYS if key in graph.shared else (customers[person], person in torn)
        for key in graph.kinds
        for person in (people[key],)
    }


def _decided(graph: Graph) -> Groups:
    """Identities that are one by decision, each known by the least."""
    people = Groups()
    for one, other in graph.merges:
        if all(key in graph.kinds and key not in graph.shared for key in (one, other)):
            people.join(one, other)
    return people


def _live_ties(graph: Graph, people: Groups) -> list[Pair]:
    """The ties that count, between the people that decisions leave."""
    dead = graph.shared | graph.splits
    known = graph.kinds
    return [
        pair
        for one, other in graph.ties
        if one not in dead and other not in dead and one in known and other in known
        if (pair := (people[one], people[other]))[0] != pair[1]
    ]


def _strong(graph: Graph, people: Groups) -> set[int]:
    return {
        people[key]
        for key, kind in graph.kinds.items()
        if kind in STRONG and key not in graph.shared
    }


def _owned(ties: Iterable[Pair], strong: Set[int]) -> tuple[set[int], set[int]]:
    """The weak ones that were told with a strong one; those told with several."""
    owner: dict[int, int] = {}
    torn: set[int] = set()
    for pair in ties:
        for one, other in (pair, pair[::-1]):
            if one in strong and other not in strong and owner.setdefault(other, one) != one:
                torn.add(other)
    return set(owner), torn


def _joined(ties: Iterable[Pair]) -> Groups:
    groups = Groups()
    for one, other in ties:
        groups.join(one, other)
    return groups


def _disputed(groups: Groups, strong: Set[int]) -> set[int]:
    """The groups that hold more than one strong identity."""
    held = Counter(groups[each] for each in strong)
    return {group for group, number in held.items() if number > 1}
