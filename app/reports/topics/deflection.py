"""Deflection: every switch of the period with its owner, its reason and what followed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from app import labels
from app.access.scopes import Scope
from app.exposure.audit import Entry
from app.exposure.effect_counts import read_effects
from app.exposure.effects import KEYS, SPAN, Effect, Lane
from app.exposure.model import ANY, Switch
from app.i18n import _, spoken
from app.reports.asking import Span
from app.reports.desk import Desk
from app.reports.model import Cell, Column, Section, Table
from app.reports.switches import changed, standing, stood, switch_of, within
from app.reports.tables import by_dimension
from app.reports.writing import number
from kpis.catalogue import catalogue

ORDER = 90
MAIN = ("offered", "deflected", "answered", "flowed_out", "display_rate")
#: Told in a sentence on paper: the first that has a value of each.
_TOLD = (("offered",), ("service_level", "answer_rate"), ("wait_p50_s",))


def section(desk: Desk) -> Section:
    """The changes, what followed each, what stood before, and how many were deflected."""
    so_far = Span(desk.span.start, min(desk.span.end, desk.asked.as_of))
    scope = desk.asked.scope
    entries = within(changed(desk.connection, so_far), scope)
    effects = _effects_of(desk, entries)
    deflected = by_dimension(
        "deflected", _("Deflected contacts"), ("channel",), desk.rows("channel"), desk.total(),
        main=MAIN, every=False,
    )  # fmt: skip
    return Section(
        key="deflection",
        title=_("Deflection"),
        tables=(
            _changes(entries, effects, scope),
            _standing(stood(standing(desk.connection, desk.span.start), scope)),
            deflected,
            _effects(entries, effects),
        ),
    )


def _effects_of(desk: Desk, entries: Sequence[Entry]) -> dict[int, Effect]:
    """What followed, as far as the scope may be told: the other channels are left out, and all
    of it where only some sites are told of, for it is counted over every site."""
    scope = desk.asked.scope
    if scope.sites:
        return {}
    found = read_effects(desk.connection, entries, desk.asked.as_of)
    return {seq: _bounded(effect, scope) for seq, effect in found.items()}


def _bounded(effect: Effect, scope: Scope) -> Effect:
    if not scope.channels:
        return effect
    lanes = (lane for lane in effect.lanes if lane.channel is not None)
    return replace(effect, lanes=tuple(lane for lane in lanes if scope.has_channel(lane.channel)))


def _changes(entries: Sequence[Entry], effects: Mapping[int, Effect], told: Scope) -> Table:
    columns = (
        Column(key="seq", label=_("Change"), kind="count", main=False),
        Column(key="at", label=_("When"), kind="moment"),
        Column(key="scope", label=_("Scope")),
        Column(key="before", label=_("Before"), names=_states(), nothing=_("no switch")),
        Column(key="after", label=_("After"), names=_states(), nothing=_("no switch")),
        Column(key="share", label=_("Share, %"), kind="count", main=False),
        Column(key="until", label=_("Until"), kind="moment"),
        Column(key="owner", label=_("Owner")),
        Column(key="by", label=_("By"), main=False),
        Column(key="why", label=_("Why")),
        Column(key="effect", label=_("Effect")),
    )
    minutes = int(SPAN.total_seconds() // 60)
    return Table(
        key="switches",
        title=_("Switches of the period"),
        columns=columns,
        rows=tuple(_change(entry, effects.get(entry.seq), told) for entry in entries),
        note=_("Effect: the {minutes} minutes before → after, on the channel touched.",
               minutes=minutes),
        empty=_("Nothing was changed in this period."),
    )  # fmt: skip


def _change(entry: Entry, effect: Effect | None, told: Scope) -> tuple[Cell, ...]:
    before, after = switch_of(entry.before), switch_of(entry.after)
    touched = after or before
    return (
        entry.seq,
        entry.at,
        scope(touched) if touched else "",
        None if before is None or before.over(entry.at) else before.state.value,
        None if after is None else after.state.value,
        None if after is None else after.share,
        None if after is None else after.expires_at,
        touched.owner if touched else "",
        entry.actor_name,
        entry.why,
        _("told for all sites only") if told.sites else _sentence(effect),
    )


def scope(switch: Switch) -> str:
    """«Phone · Billing»; what is «any» is left out but for the channel."""
    rest = (
        (switch.reason, labels.reason),
        (switch.segment, labels.segment),
        (switch.surface, labels.surface),
    )
    told = [labels.channel(switch.channel), *(name(word) for word, name in rest if word != ANY)]
    return " · ".join(told)


def _states() -> dict[str, str]:
    return {name: labels.state(name) for name in labels.states()}


def _standing(switches: Sequence[Switch]) -> Table:
    columns = (
        Column(key="scope", label=_("Scope")),
        Column(key="state", label=_("State"), names=_states()),
        Column(key="share", label=_("Share, %"), kind="count"),
        Column(key="from", label=_("From"), kind="moment"),
        Column(key="until", label=_("Until"), kind="moment"),
        Column(key="owner", label=_("Owner")),
        Column(key="why", label=_("Why")),
    )
    rows = tuple(
        (scope(one), one.state.value, one.share, one.starts_at, one.expires_at, one.owner, one.why)
        for one in switches
    )
    return Table(
        key="standing",
        title=_("In force when the period began"),
        columns=columns,
        rows=rows,
        empty=_("No switch was set: every channel was offered as usual."),
    )


# ── what followed ─────────────────────────────────────────────────────────


def _sentence(effect: Effect | None) -> str:
    """The touched channels in words; a rate of few contacts is not told."""
    if effect is None:
        return _("no customer saw it")
    lanes = [lane for lane in effect.lanes if lane.channel is not None]
    return "; ".join(_lane(lane) for lane in lanes) or _("not felt yet")


def _lane(lane: Lane) -> str:
    told = [
        f"{spoken(catalogue()[key].labels)} {_step(lane, key)}"
        for key in _keys(lane)
        if catalogue()[key].unit == "count" or not lane.few
    ]
    few = [_("too few contacts")] if lane.few else []
    return f"{labels.channel(str(lane.channel))}: {', '.join([*told, *few])}"


def _keys(lane: Lane) -> Iterator[str]:
    """Of each pair the first KPI that both sides have."""
    for pair in _TOLD:
        both = (key for key in pair if None not in (lane.before[key], lane.after[key]))
        yield from list(both)[:1]


def _step(lane: Lane, key: str) -> str:
    unit = catalogue()[key].unit
    return f"{number(lane.before[key], unit)} → {number(lane.after[key], unit)}"


def _effects(entries: Sequence[Entry], effects: Mapping[int, Effect]) -> Table:
    """The same as numbers, for files: one row a change and channel; «*» are all others."""
    kpis = [catalogue()[key] for key in KEYS]
    sides = [(kpi, side) for kpi in kpis for side in ("before", "after")]
    figures = tuple(
        Column(key=f"{kpi.key}_{side}", label=f"{spoken(kpi.labels)}, {_side(side)}", kind=kpi.unit)
        for kpi, side in sides
    )
    columns = (
        Column(key="seq", label=_("Change"), kind="count"),
        Column(key="at", label=_("Felt from"), kind="moment"),
        Column(key="channel", label=_("Channel")),
        Column(key="few", label=_("Too few to judge"), kind="count"),
        *figures,
    )
    rows = tuple(
        (effect.seq, effect.at, lane.channel or ANY, int(lane.few), *_figures(lane))
        for entry in entries
        if (effect := effects.get(entry.seq)) is not None
        for lane in effect.lanes
    )
    return Table(
        key="effects",
        title=_("Effects"),
        columns=columns,
        rows=rows,
        empty=_("Nothing was changed in this period."),
        printed=False,
    )


def _side(side: str) -> str:
    return _("before") if side == "before" else _("after")


def _figures(lane: Lane) -> tuple[Cell, ...]:
    sides = (lane.before, lane.after)
    return tuple(side[key] for key in KEYS for side in sides)
