"""The audit: one entry a change, each holding the hash of the one before it.

hash = sha256 of the canonical JSON of [seq, at, actor kind, actor name, action, switch id,
before, after, why, previous hash], followed by [readings, proposed by] where either is told, so
that entries from before these columns keep their hash.  `before`, `after` and `readings` are
hashed as the very text that is stored, so that one changed byte is found.  The switches are the
fold of the audit: the last `after` of each id; id 0 are the values of the guardrails, id -1 are
the opening hours that were shortened, whose rows say what they are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime

import msgspec

from app.exposure.guardrails.values import Guardrails
from app.exposure.model import Switch

#: What the first entry follows.
GENESIS = "0" * 64
#: The «switch» whose before and after are the values of the guardrails.
GUARDRAILS_ID = 0
#: The «switch» whose after is a change of opening hours.
HOURS_ID = -1
#: Hashed only where one of them is told.
_LATER = ("readings", "proposed_by")


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """Who changed which switch when, from what (None: no switch) to what, and why.

    `readings` is what the board said when it was decided, as JSON; `proposed_by` is who
    proposed what the actor approved.
    """

    seq: int
    at: datetime
    actor_kind: str
    actor_name: str
    action: str
    switch_id: int
    before: str | None
    after: str | None
    why: str
    previous: str
    hash: str = ""
    readings: str | None = None
    proposed_by: str | None = None

    def told(self) -> dict[str, object]:
        """For screens and exports: `before`, `after` and `readings` as objects."""
        return {
            **msgspec.structs.asdict(self),
            "before": None if self.before is None else json.loads(self.before),
            "after": None if self.after is None else json.loads(self.after),
            "readings": None if self.readings is None else json.loads(self.readings),
        }


class Verification(msgspec.Struct, frozen=True):
    """How many entries were walked, and every place where something does not hold; `broken` is
    the first entry that does not."""

    entries: int
    problems: tuple[str, ...]
    broken: Entry | None = None


def canonical(value: object) -> str:
    """One text for one value: sorted keys, no spaces, times in ISO 8601."""
    plain = msgspec.to_builtins(value)
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def sealed(entry: Entry) -> Entry:
    """The entry with its hash."""
    return msgspec.structs.replace(entry, hash=_hash(entry))


def verify(
    entries: Iterable[Entry], switches: Iterable[Switch], guardrails: Guardrails | None = None
) -> Verification:
    """Walk the chain from its first entry, then compare the state with its fold."""
    problems: list[str] = []
    folded: dict[int, str] = {}
    last, count, first = GENESIS, 0, None
    for count, entry in enumerate(entries, start=1):
        found = list(_broken(entry, count, last, folded.get(entry.switch_id)))
        problems += found
        first = first or (entry if found else None)
        last = entry.hash
        folded.pop(entry.switch_id, None)
        if entry.after is not None:
            folded[entry.switch_id] = entry.after
    folded.pop(HOURS_ID, None)
    values = folded.pop(GUARDRAILS_ID, "{}")
    if guardrails is not None and msgspec.json.decode(values, type=Guardrails) != guardrails:
        problems.append("the guardrails are not what the audit made them")
    problems += _differing(folded, {switch.id: canonical(switch) for switch in switches})
    return Verification(count, tuple(problems), first)


def _hash(entry: Entry) -> str:
    names = [name for name in entry.__struct_fields__ if name not in ("hash", *_LATER)]
    content = [getattr(entry, name) for name in names]
    later = [getattr(entry, name) for name in _LATER]
    content += later if any(value is not None for value in later) else []
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def _broken(entry: Entry, seq: int, previous: str, before: str | None) -> Iterable[str]:
    name = f"entry {entry.seq}"
    if entry.seq != seq:
        yield f"{name} stands where entry {seq} should"
    if entry.previous != previous:
        yield f"{name} does not follow the entry before it"
    if entry.hash != _hash(entry):
        yield f"{name} has been altered: its content does not make its hash"
    if entry.before != before:
        yield f"{name} begins with another switch {entry.switch_id} than the audit had left"


def _differing(folded: dict[int, str], current: dict[int, str]) -> Iterable[str]:
    for id in sorted(folded.keys() | current.keys()):
        if folded.get(id) != current.get(id):
            yield f"switch {id} is not what the audit made it"
