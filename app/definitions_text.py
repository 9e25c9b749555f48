"""The definitions of the KPIs as text: a page of the documentation, a table of the README.

Made from the catalogue alone, so a KPI that is added stands there once the command has run;
a test says when it has not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from app.errors import WrongUse
from kpis.catalogue import catalogue, families
from kpis.kpi import Kpi, Words, english
from kpis.reading import Reading
from kpis.service_level import DEFAULT, FORMULAS, ServiceLevelFormula

BEGIN, END = "<!-- kpis -->", "<!-- /kpis -->"
_BETTER = {"up": "more", "down": "less", "neutral": "–"}
#: What the eight formulas are tried on: the example of ICMI, and the same with others who left.
ICMI = {
    "offered": 1060, "answered": 1000, "abandoned": 60, "answered_in_target": 860,
    "abandoned_in_target": 20, "short_abandoned": 10,
}  # fmt: skip
BUSY = {**ICMI, "offered": 1105, "flowed_out": 40, "flowed_out_in_target": 25, "past_target": 5}

#: The calls of January 1999 of a bank (Technion) that asked for an agent, T = 20 s; worked out
#: again by a test, where the log is.
BANK: Mapping[str, float] = {
    "abandons_count_against": 54.42,
    "abandons_within_target_ignored": 56.26,
    "abandons_within_target_positive": 57.69,
    "answered_only": 60.61,
    "short_abandons_excluded": 54.74,
    "short_abandons_positive": 55.0,
    "flow_outs_count_against": 54.42,
    "removed_within_target": 57.69,
}

_HEAD = """\
# The KPIs

Made from the catalogue by `vigie definitions --markdown > docs/kpis.md`; a test says when it is
out of date. The same words stand at `/definitions`, under `GET /api/v1/kpis/definitions` and in
`vigie definitions`.

Counts and whole milliseconds are stored; ratios are made on reading. **No denominator, no value**:
«–» on screen, `null` in the API, never 0 or 100 %. A ratio of a total is made from summed counts,
never from ratios. Each number leads to its contacts: `GET /api/v1/contacts?kpi=KEY` with the
parameters of `GET /api/v1/kpis`, or `vigie contacts --kpi KEY`; of a rate or a mean
`part=numerator` and `part=denominator`.
"""
_FORMULAS = """\
## Eight service levels, one data set

A = answered, B = abandoned, F = flowed out; index T: within the target, s: within the short-abandon
limit. W = those who still wait although the target has expired: they are in every denominator at
once, else the level looks best when the queue is worst; W is 0 once all have left.

*ICMI*: its example, A = 1000, A_T = 860, B = 60, B_T = 20, B_s = 10 (T = 20 s, s = 5 s). *Busy*:
the same with F = 40, F_T = 25, W = 5. *Bank*: every call that asked for an agent in January 1999,
from the public log of a bank, T = 20 s.
"""


def page() -> str:
    """The page of the documentation."""
    parts = [_HEAD, *map(_family, families()), _FORMULAS + "\n" + formula_table()]
    return "\n".join(parts)


def short_table() -> str:
    """The table of the README: every KPI in a line."""
    names = {key: family.labels["en"] for key, family in families().items()}
    return _table(
        ("KPI", "key", "formula", "family"),
        (
            (kpi.labels["en"], f"`{kpi.key}`", english(kpi.formula), names[kpi.family])
            for kpi in catalogue().values()
        ),
    )


def formula_table() -> str:
    """The eight formulas side by side."""
    return _table(
        ("", "formula", "who uses it", "ICMI", "busy", "bank"),
        (
            (
                f"**{formula.labels['en']}**<br>`{formula.id}`"
                + (" (default)" if formula.id == DEFAULT else ""),
                formula.formula,
                english(formula.used_by),
                _percent(formula, ICMI),
                _percent(formula, BUSY),
                f"{BANK[formula.id]:.2f} %",
            )
            for formula in FORMULAS.values()
        ),
    )


def put_into(path: Path) -> bool:
    """Put the short table between its marks in a file; was it another one?

    Raises WrongUse where the marks are not there.
    """
    text = path.read_text()
    before, begin, rest = text.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not (begin and end):
        raise WrongUse(f"{path} has no lines {BEGIN} and {END}: write them where the table belongs")
    new = f"{before}{begin}\n{short_table()}{end}{after}"
    if new == text:
        return False
    path.write_text(new)
    return True


def _family(key: str) -> str:
    family = families()[key]
    kpis = [kpi for kpi in catalogue().values() if kpi.family == key]
    head = ("KPI", "unit", "better", "formula", "what it counts, and over whom", "example")
    table = _table(head, map(_line, kpis))
    return f"## {family.labels['en']} · {family.labels['fr']}\n\n{table}"


def _line(kpi: Kpi) -> tuple[str, ...]:
    name = f"**{kpi.labels['en']}**<br>{kpi.labels['fr']}<br>`{kpi.key}`"
    words = [kpi.definition["en"], _italic(kpi.caveats)]
    example = kpi.example
    given = ", ".join(f"{key} {value}" for key, value in example.counts.items())
    return (
        name,
        kpi.unit,
        _BETTER[kpi.direction],
        english(kpi.formula),
        " ".join(filter(None, words)),
        f"{given} → {example.value}",
    )


def _italic(words: Words | None) -> str:
    return f"*{words['en']}*" if words else ""


def _percent(formula: ServiceLevelFormula, counts: Mapping[str, int]) -> str:
    value = formula.value(Reading(counts))
    return "–" if value is None else f"{100 * value:.2f} %"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    return "".join(_lines(head, rows))


def _lines(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield _cells(head)
    yield "|" + "---|" * len(head) + "\n"
    yield from map(_cells, rows)


def _cells(row: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |\n"
