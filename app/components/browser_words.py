"""Everything ``assets/*.js`` needs to speak."""

from __future__ import annotations

from app import access
from app.components.habit_words import habit_texts
from app.components.icons import channel_icons
from app.components.source_words import source_texts
from app.components.standstill import standstill_texts
from app.house_words import CHANNELS, MODALITIES, REASONS, SEGMENTS, STATES, SURFACES, formula
from app.i18n import _, language, spoken
from app.labels import ANY, channel, no_sources, reason, segment, surface
from app.site.own_names import own_of
from kpis.catalogue import catalogue
from kpis.service_level import FORMULAS


def browser_words() -> dict[str, object]:
    """One JSON object, in the frame of each page."""
    return {
        "language": language(),
        "channels": _all(CHANNELS) | own_of("channel"),
        "icons": channel_icons(),
        "modalities": _all(MODALITIES),
        "states": _all(STATES),
        "reasons": _all(REASONS) | own_of("reason"),
        "segments": _all(SEGMENTS) | own_of("segment"),
        "surfaces": _all(SURFACES) | own_of("surface"),
        "formulas": {name: formula(name) for name in FORMULAS},
        "kpis": {key: spoken(kpi.labels) for key, kpi in catalogue().items()},
        "texts": _texts(),
    }


def _all(words: dict[str, str]) -> dict[str, str]:
    return {name: _(text) for name, text in words.items()}


def _texts() -> dict[str, str]:
    """Sentences the browser fills in itself; ``{…}`` are its places."""
    return {
        "live": _("Live"),
        "connecting": _("Connecting…"),
        "stale": _("Stale"),
        "stale_since": _("Stale since {time}"),
        "stale_why": _("no news from the server: the figures below are the last known ones"),
        "good": _("On target"),
        "near": _("Near target"),
        "bad": _("Below target"),
        "promise": _("{goal} within {time}"),
        "against_last_week": _("{change} on last week at this time"),
        "same_as_last_week": _("as last week at this time"),
        "nothing_last_week": _("nothing to compare with last week"),
        "time_left": _("{time} left"),
        "no_expiry": _("no end set"),
        "over": _("over"),
        "any_channel": channel(ANY),
        "any_reason": reason(ANY),
        "any_segment": segment(ANY),
        "any_surface": surface(ANY),
        "no_switches": _("No switch is set: every channel is offered as usual."),
        "no_channels": _("No contact yet today."),
        "no_alerts": _("Nothing fires now."),
        "alerts_fire": _("{count} alerts"),
        "warning": _("Warning"),
        "critical": _("Critical"),
        "no_sources": no_sources(whole=access.scope().whole),
        "lag": _("{time} behind"),
        "oldest": _("oldest {time}"),
        "nobody_waits": _("nobody is waiting"),
        "on": _("on {queue}"),
        "revert": _("Revert"),
        "revert_switch": _("Revert: {scope}"),
        "by": _("by {who}"),
        "today": _("Today"),
        "so_far": _("Today, quarter still running"),
        "last_week": _("Last week"),
        "last_four": _("Same weekday, last 4"),
        "from_to": _("{least} to {most}"),
        "others": _("Other"),
        "share": _("{share} of visitors"),
        "from": _("from {time}"),
        "in_force": _("{count} in force"),
        "confirm": _("Confirm?"),
        **source_texts(),
        **standstill_texts(),
        **habit_texts(),
    }
