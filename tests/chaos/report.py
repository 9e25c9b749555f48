"""What is printed in the end: how much was killed, and how little that did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec

from tests.chaos.checking import Finding

#: Findings and crashes that are printed one by one.
SHOWN = 20


class Run(msgspec.Struct, frozen=True):
    """One seed: its kills, what was hit, and what was found once all was drained."""

    seed: int
    #: By what was killed: worker, loader, pusher, postgres, backend.
    victims: dict[str, int]
    #: By the fail-point that set it off, or «at random».
    causes: dict[str, int]
    #: Kills while a transaction of the victim (any, for PostgreSQL) had written.
    inside: int
    events: int
    received: int
    seconds: float
    findings: list[Finding]
    #: Tracebacks of processes that ended otherwise than by us or with their database.
    crashes: list[str]

    @property
    def kills(self) -> int:
        return sum(self.victims.values())

    @property
    def is_good(self) -> bool:
        return not self.findings and not self.crashes


class Report(msgspec.Struct, frozen=True):
    """All runs of a campaign."""

    runs: list[Run]
    seconds: float
    mutant: str | None = None

    @property
    def kills(self) -> int:
        return sum(run.kills for run in self.runs)

    @property
    def inside(self) -> int:
        return sum(run.inside for run in self.runs)

    @property
    def causes(self) -> Counter[str]:
        return sum((Counter(run.causes) for run in self.runs), Counter())

    @property
    def victims(self) -> Counter[str]:
        return sum((Counter(run.victims) for run in self.runs), Counter())

    @property
    def findings(self) -> list[Finding]:
        return [finding for run in self.runs for finding in run.findings]

    @property
    def crashes(self) -> list[str]:
        return [crash for run in self.runs for crash in run.crashes]

    @property
    def is_good(self) -> bool:
        return all(run.is_good for run in self.runs)

    def lines(self, shown: int = SHOWN) -> Iterator[str]:
        """The report, for people, with some of the findings."""
        first, last = self.runs[0].seed, self.runs[-1].seed
        of_whom = f" of the mutant «{self.mutant}»" if self.mutant else ""
        yield (
            f"{self.kills} kills{of_whom} in {self.seconds:.0f} s ({self.kills / self.seconds:.1f}"
            f" a second), {self.inside} inside a transaction, seeds {first} to {last}"
        )
        yield f"  killed: {_listed(self.victims)}"
        yield f"  when: {_listed(self.causes)}"
        yield (
            f"  {sum(run.events for run in self.runs):,} events, told"
            f" {sum(run.received for run in self.runs):,} times"
        )
        kinds = Counter(finding.kind for finding in self.findings)
        yield (
            f"  lost / duplicated / differing: {kinds['lost']} / {kinds['duplicated']}"
            f" / {kinds['differing']}; crashes: {len(self.crashes)}"
        )
        for run in self.runs:
            if not run.is_good:
                yield f"  seed {run.seed}: {len(run.findings)} findings after {run.kills} kills"
        yield from (f"    {finding}" for finding in self.findings[:shown])
        for crash, times in Counter(self.crashes).most_common(shown):
            yield f"  {times} × {crash}"


def _listed(counted: Counter[str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in counted.most_common())
