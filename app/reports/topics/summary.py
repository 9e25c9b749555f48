"""What a manager reads first: what to know, and the headline KPIs against their targets."""

from __future__ import annotations

from collections.abc import Iterator

from app import labels
from app.i18n import _, n_, percent, spoken
from app.reports.desk import Desk
from app.reports.gaps import gaps
from app.reports.model import Against, Figure, Finding, Section, State
from app.reports.topics.channels import reached
from app.reports.writing import better, change, number, shown_interval
from kpis.catalogue import catalogue
from kpis.kpi import Kpi
from kpis.series import KpiRow

ORDER = 10
HEADLINES = (
    "offered", "answer_rate", "service_level", "async_service_level", "abandonment_rate",
    "wait_p90_s", "asa_s", "aht_s", "first_response_s", "repeat_rate", "fcr", "deflected",
)  # fmt: skip
#: A volume that differs by more is worth a look.
UNUSUAL = 0.1


def section(desk: Desk) -> Section:
    """Findings, then one figure a headline KPI that has a value."""
    total = desk.total()
    figures = tuple(_figure(desk, catalogue()[key]) for key in HEADLINES if key in catalogue())
    return Section(
        key="summary",
        title=_("In brief"),
        findings=tuple(_findings(desk)),
        figures=tuple(one for one in figures if one.value is not None) if total else (),
    )


def _figure(desk: Desk, kpi: Kpi) -> Figure:
    value = desk.total().get(kpi.key)
    target = kpi.thresholds[0] if kpi.thresholds else None
    return Figure(
        key=kpi.key,
        label=spoken(kpi.labels),
        kind=kpi.unit,
        value=value,
        target=target,
        target_words="" if target is None else _target(kpi, target),
        state=_state(kpi, value),
        against=tuple(_against(desk, kpi, value)),
    )


def _target(kpi: Kpi, target: float) -> str:
    share = percent(target, 0) if kpi.unit == "fraction" else number(target, kpi.unit)
    return (
        _("target {share}", share=share)
        if kpi.direction == "up"
        else _("at most {share}", share=share)
    )


def _against(desk: Desk, kpi: Kpi, value: float | None) -> Iterator[Against]:
    for beside in desk.asked.period.beside:
        before = desk.total(beside.span).get(kpi.key)
        yield Against(
            label=_(beside.label),
            value=before,
            change=change(value, before, kpi.unit),
            better=better(value, before, kpi.direction),
        )


def _state(kpi: Kpi, value: float | None) -> State | None:
    """As the cockpit judges it: by the two thresholds of the catalogue."""
    if kpi.thresholds is None or value is None or kpi.direction == "neutral":
        return None
    good, bad = kpi.thresholds
    if kpi.direction == "up":
        return "good" if value >= good else "near" if value >= bad else "bad"
    return "good" if value <= good else "near" if value <= bad else "bad"


# ── what to know ──────────────────────────────────────────────────────────


def _findings(desk: Desk) -> Iterator[Finding]:
    if not desk.total().get("offered"):
        yield Finding("near", _("No contact arrived in this period."))
    else:
        yield from _volume(desk)
        yield from _channels(desk)
        yield from _hour(desk)
    yield from _sources(desk)


def _volume(desk: Desk) -> Iterator[Finding]:
    """Against the last of the periods beside in which any came: of a day, the same weekday."""
    now = desk.total()["offered"]
    known = [
        (beside, before)
        for beside in desk.asked.period.beside
        if (before := desk.total(beside.span).get("offered"))
    ]
    if not now or not known:
        return
    beside, before = known[-1]
    told = change(now, before, "count")
    words = _(
        "{count} contacts offered, {change} against {when}.",
        count=number(now, "count"), change=told, when=_(beside.label),
    )  # fmt: skip
    yield Finding("good" if abs(now / before - 1) < UNUSUAL else "near", words)


def _channels(desk: Desk) -> Iterator[Finding]:
    """The channels that missed their goal, the furthest first; or that all reached it."""
    found = [
        (value - promise.goal, str(row.by["channel"]), value, promise.goal)
        for row in desk.rows("channel")
        if (promise := desk.promises.of(str(row.by["channel"]), None)) is not None
        and (value := reached(row)) is not None
    ]
    missed = sorted(one for one in found if one[0] < 0)
    if found and not missed:
        yield Finding("good", _("Every channel reached its goal."))
    for _short, channel, value, goal in missed:
        words = _(
            "{channel}: {value} answered within target, for a goal of {goal}.",
            channel=labels.channel(channel), value=percent(value), goal=percent(goal, 0),
        )  # fmt: skip
        yield Finding("bad", words)


def _hour(desk: Desk) -> Iterator[Finding]:
    """The interval in which the most contacts were not answered within their target."""
    found = [
        (missed, row.place, row)
        for row in desk.rows(grain=desk.asked.period.coarse)
        if (missed := _missed(row)) > 0
    ]
    if not found:
        return
    _missing, _place, row = max(found, key=lambda one: one[:2])
    value = row.kpis["service_level"]
    words = _(
        "Hardest stretch: {when}, {count} contacts, service level {value}.",
        when=shown_interval(row.start, row.end, desk.asked.zone),
        count=number(row.kpis["offered"], "count"), value=percent(value),
    )  # fmt: skip
    yield Finding(_state(catalogue()["service_level"], value) or "near", words)


def _missed(row: KpiRow) -> float:
    """About so many contacts were not answered in time."""
    level = row.kpis["service_level"]
    return 0.0 if level is None else (1 - level) * (row.kpis["offered"] or 0)


def _sources(desk: Desk) -> Iterator[Finding]:
    if found := gaps(desk):
        names = ", ".join(sorted({gap.source for gap in found}))
        words = n_("{count} silence of a source ({names}): figures may be too low.",
                   "{count} silences of sources ({names}): figures may be too low.",
                   len(found), names=names)  # fmt: skip
        yield Finding("bad", words)
