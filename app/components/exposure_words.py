"""States, scopes and ends of switches in the reader's words."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
from dash import html
from dash.development.base_component import Component

from app import labels
from app.components.icons import icon
from app.components.vocabulary import ANY, Vocabulary
from app.exposure.model import Change, Switch
from app.i18n import _, clock, date_time

STATE_ICONS = {"promoted": "star", "open": "open", "tucked": "tucked", "closed": "closed"}


def state_badge(state: str) -> Component:
    """The state as icon and word; the colour only repeats them."""
    return html.Span(
        [icon(STATE_ICONS.get(state, "dot"), size=13), labels.state(state)],
        className="vg-state-badge",
        **{"data-state": state},
    )


def until_words(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """«14:30»; with its day where that is another than today."""
    return clock(at, zone)[:5] if _today(at, now, zone) else date_time(at, zone)


def end_words(end: datetime | None, now: datetime, zone: ZoneInfo) -> str:
    """«until 14:30», «until changed»."""
    if end is None:
        return _("until changed")
    if _today(end, now, zone):
        return _("until {hour}", hour=clock(end, zone)[:5])
    return _("until {time}", time=date_time(end, zone))


def opening_words(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """«opens at 08:00», «opens Nov 23, 08:00»."""
    if _today(at, now, zone):
        return _("opens at {hour}", hour=clock(at, zone)[:5])
    return _("opens {time}", time=date_time(at, zone))


def _today(at: datetime, now: datetime, zone: ZoneInfo) -> bool:
    return at.astimezone(zone).date() == now.astimezone(zone).date()


def scope_words(change: Change, vocabulary: Vocabulary) -> str:
    """«Phone · Billing»; what is «any» is left out at the end."""
    named = [vocabulary.name("channel", change.channel), vocabulary.name("reason", change.reason)]
    rest = (("segment", change.segment), ("surface", change.surface))
    named.extend(vocabulary.name(kind, word) for kind, word in rest if word != ANY)
    return " · ".join(named)


def switch_of(text: str | None) -> Switch | None:
    """The switch that an audit entry holds."""
    return None if text is None else msgspec.json.decode(text, type=Switch)
