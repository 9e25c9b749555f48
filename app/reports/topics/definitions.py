"""The annex: what each number means, by which formula and version, against which target."""

from __future__ import annotations

from app import labels
from app.i18n import NOTHING, _, spoken
from app.reports.desk import Desk
from app.reports.model import Column, Section, Table
from app.reports.tables import MAIN
from app.reports.topics import repeats, summary
from kpis.catalogue import catalogue
from kpis.promises import ANY
from kpis.service_level import formula_named

ORDER = 120
#: On paper those that stand on paper.
PRINTED = {*MAIN, *summary.HEADLINES, *repeats.MAIN}


def section(desk: Desk) -> Section:
    """Formula and version, targets in force, every KPI."""
    return Section(
        key="definitions",
        title=_("Definitions"),
        note=_("The same definitions stand in the cockpit, under Definitions."),
        tables=(_version(desk), _targets(desk), *_kpis()),
    )


def _version(desk: Desk) -> Table:
    formula, version = formula_named(desk.formula), desk.version
    columns = (
        Column(key="formula", label=_("Service-level formula")),
        Column(key="words", label=_("In words")),
        Column(key="version", label=_("Version"), kind="count", nothing=_("default")),
        Column(key="decided_at", label=_("Decided"), kind="moment"),
        Column(key="decided_by", label=_("By")),
        Column(key="why", label=_("Why")),
    )
    decided = (
        (None,) * 4
        if version is None
        else (version.version, version.decided_at, version.decided_by, version.why)
    )
    row = (formula.formula, spoken(formula.labels), *decided)
    return Table(
        key="formula", title=_("How service levels are made"), columns=columns, rows=(row,)
    )


def _targets(desk: Desk) -> Table:
    columns = (
        Column(key="channel", label=_("Channel")),
        Column(key="queue", label=_("Queue")),
        Column(key="target_s", label=_("Answered within"), kind="seconds"),
        Column(key="short_s", label=_("Short abandon within"), kind="seconds"),
        Column(key="goal", label=_("Goal"), kind="fraction"),
    )
    known = desk.promises.promises.values()
    found = sorted(
        (one for one in known if desk.asked.scope.has_channel(one.channel)),
        key=lambda one: (desk.promises.position(one.channel), one.queue),
    )
    rows = tuple(
        (labels.channel(one.channel), _("All queues") if one.queue == ANY else one.queue,
         one.target_ms / 1000, one.short_ms / 1000, one.goal)
        for one in found
    )  # fmt: skip
    return Table(key="targets", title=_("Targets in force"), columns=columns, rows=rows)


def _kpis() -> tuple[Table, Table]:
    """Those of the paper, then the others for files."""
    on_paper = tuple(key for key in catalogue() if key in PRINTED)
    others = tuple(key for key in catalogue() if key not in PRINTED)
    return (
        _explained("kpis", _("KPIs"), on_paper, printed=True),
        _explained("more_kpis", _("Other KPIs"), others, printed=False),
    )


def _explained(key: str, title: str, keys: tuple[str, ...], *, printed: bool) -> Table:
    columns = (
        Column(key="kpi", label=_("Name")),
        Column(key="key", label=_("Key"), main=False),
        Column(key="formula", label=_("Formula")),
        Column(key="definition", label=_("Definition")),
        Column(key="caveats", label=_("Beware"), main=False),
    )
    kpis = [catalogue()[name] for name in keys]
    rows = tuple(
        (spoken(kpi.labels), kpi.key, spoken(kpi.formula), spoken(kpi.definition),
         spoken(kpi.caveats) if kpi.caveats else NOTHING)
        for kpi in kpis
    )  # fmt: skip
    return Table(key=key, title=title, columns=columns, rows=rows, printed=printed)
