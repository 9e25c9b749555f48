"""The history of changes: who, what, why, and what followed, beside each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from app.components.exposure_words import end_words, scope_words, state_badge, switch_of
from app.components.icons import channel_icon, icon
from app.components.vocabulary import Vocabulary
from app.exposure.audit import Entry
from app.exposure.effects import SPAN, Effect, Lane
from app.exposure.model import Switch
from app.i18n import N_, NOTHING, _, date_time, duration, integer, percent
from kpis.catalogue import catalogue
from kpis.kpi import Number

#: What the service writes where a revert came without a reason.
_BY_ITSELF = re.compile(r"revert of change (\d+)")
#: What the service itself did, in words; a plain «set» needs none.
_ACTIONS = {
    "emergency": N_("emergency"),
    "all_open": N_("all open"),
    "undo": N_("undo of all open"),
    "close_out": N_("ran out"),
}
#: Column, the KPIs of which the first that has a value is shown, how it is written.
_FIGURES: tuple[tuple[str, tuple[str, ...], Callable[[Number | None], str]], ...] = (
    (N_("Offered"), ("offered",), integer),
    (N_("Service level"), ("service_level", "answer_rate"), percent),
    (N_("Median wait"), ("wait_p50_s",), duration),
    (N_("Deflected"), ("deflected",), integer),
)


def history(
    entries: Sequence[Entry],
    vocabulary: Vocabulary,
    zone: ZoneInfo,
    effects: Mapping[int, Effect],
    now: datetime,
) -> Component:
    """Newest first; the effect is the half hour before → the half hour after."""
    if not entries:
        return html.P(_("Nothing has been changed yet."), className="vg-empty")
    titles = (_("When"), _("Scope"), _("Before → after"), _("Why"))
    figures = [html.Th(_(title), scope="col", className="vg-effect") for title, *_rest in _FIGURES]
    heads = [html.Th(title, scope="col") for title in titles]
    rows = [_entry(entry, vocabulary, zone, effects.get(entry.seq), now) for entry in entries]
    table = html.Table(
        [html.Thead(html.Tr([*heads, *figures])), html.Tbody(rows)],
        className="vg-table vg-history",
    )
    return html.Div(table, className="vg-table-wrap vg-tall", tabIndex="0", role="region", **{
        "aria-label": _("History of changes")})  # fmt: skip


def explanation() -> Component:
    """What the effect columns are, in one line."""
    words = _(
        "Effect: the {minutes} minutes before → after, on the channel touched and on all others. "
        "Written channels show the answer rate.",
        minutes=int(SPAN.total_seconds() // 60),
    )
    return html.Span(words)


def _entry(
    entry: Entry, vocabulary: Vocabulary, zone: ZoneInfo, effect: Effect | None, now: datetime
) -> Component:
    before, after = switch_of(entry.before), switch_of(entry.after)
    touched = after or before
    change = [
        _side(before, entry, zone), html.Span("→", className="vg-arrow"), _side(after, entry, zone)
    ]  # fmt: skip
    return html.Tr(
        [
            html.Td(
                [html.Div(date_time(entry.at, zone), className="vg-number"), *_who(entry)],
                className="vg-when",
            ),
            html.Td(scope_words(touched, vocabulary) if touched else NOTHING),
            html.Td(html.Div(change, className="vg-change")),
            html.Td(_why(entry), className="vg-why"),
            *_effect(effect, vocabulary, zone, now),
        ]
    )


def _who(entry: Entry) -> list[Component]:
    """Who did it; who proposed it, and what kind of act it was."""
    by_rule = [icon("bot", size=12, label=_("rule"))] if entry.actor_kind == "rule" else []
    named = html.Div([*by_rule, entry.actor_name], className="vg-who-did")
    told = [_(_ACTIONS[entry.action])] if entry.action in _ACTIONS else []
    if entry.proposed_by:
        told.append(_("proposed by {name}", name=entry.proposed_by))
    return [named, *(html.Span(words, className="vg-cell-more") for words in told)]


def _why(entry: Entry) -> str:
    """The reason as it was given; the one that the service gave itself, in the reader's words."""
    by_itself = _BY_ITSELF.fullmatch(entry.why) if entry.action == "revert" else None
    return _("Change {number} taken back", number=by_itself[1]) if by_itself else entry.why


def _side(switch: Switch | None, entry: Entry, zone: ZoneInfo) -> Component:
    """A state and its end: two changes may differ in nothing else."""
    if switch is None or switch.over(entry.at):
        return html.Span(_("no switch"), className="vg-quiet")
    end = end_words(switch.expires_at, entry.at, zone)
    share = [html.Span(f"{integer(switch.share)} %", className="vg-share")]
    named = [state_badge(switch.state.value), *(share if switch.share < 100 else [])]
    badge = html.Span(named, className="vg-stated")
    return html.Div([badge, html.Span(end, className="vg-cell-more")])


# ── what followed ─────────────────────────────────────────────────────────


def _effect(
    effect: Effect | None, vocabulary: Vocabulary, zone: ZoneInfo, now: datetime
) -> list[Component]:
    if effect is None:
        return [_told(_("no customer saw it"))]
    if effect.at > now:
        return [_told(_("begins {time}", time=date_time(effect.at, zone)))]
    if not effect.lanes:
        return [_told(_still(effect))]
    columns = [
        html.Td(
            [_lane(lane, vocabulary, keys, write, first=not at) for lane in effect.lanes],
            className="vg-effect",
            **{"data-label": _(title)},
        )
        for at, (title, keys, write) in enumerate(_FIGURES)
    ]
    if effect.left_s > 0:
        columns[0].children.append(html.Div(_still(effect), className="vg-cell-more"))
    return columns


def _told(words: str) -> Component:
    return html.Td(words, colSpan=len(_FIGURES), className="vg-effect vg-quiet")


def _still(effect: Effect) -> str:
    minutes = max(1, round(effect.left_s / 60))
    return _("still measuring, {count} min left", count=integer(minutes))


def _lane(
    lane: Lane,
    vocabulary: Vocabulary,
    keys: tuple[str, ...],
    write: Callable[[Number | None], str],
    *,
    first: bool,
) -> Component:
    """One channel's figure; counts are told of few contacts too, rates are not."""
    others = lane.channel is None
    name = _("other channels") if others else vocabulary.name("channel", str(lane.channel))
    mark = [channel_icon(str(lane.channel), size=12) if not others else icon("switches", size=12)]
    label = [html.Span([*mark, name], className="vg-lane-name")] if first else []
    key = next((key for key in keys if lane.before[key] is not None), keys[0])
    counts = catalogue()[key].unit == "count"
    if lane.few and not counts:
        words = _("too few contacts") if keys[0] == "service_level" else NOTHING
        return html.Div(html.Span(words, className="vg-quiet"), className="vg-lane")
    return html.Div([*label, *_figure(lane, key, write)], className="vg-lane")


def _figure(lane: Lane, key: str, write: Callable[[Number | None], str]) -> list[Component]:
    """«61 % → 78 %», with a word and an arrow where it is better or worse."""
    before, after = lane.before[key], lane.after[key]
    figures = html.Span(f"{write(before)} → {write(after)}", className="vg-number")
    direction = catalogue()[key].direction
    if direction == "neutral" or before is None or after is None or before == after:
        return [figures]
    better = (after > before) == (direction == "up")
    name, words = ("up", _("better")) if better else ("down", _("worse"))
    mark = icon("rise" if after > before else "fall", size=12, label=words)
    return [figures, html.Span(mark, className=f"vg-trend-{name}")]
