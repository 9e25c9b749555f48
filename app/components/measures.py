"""The measures of :mod:`kpis.measures` in the reader's words, for the worked examples."""

from __future__ import annotations

from app.house_words import readable
from app.i18n import N_, _, spoken
from kpis.catalogue import catalogue

_MEASURES = {
    "answered_in_target": N_("answered within target"),
    "abandoned_in_target": N_("abandoned within target"),
    "wait_answered_ms": N_("wait of the answered"),
    "handled": N_("handled"),
    "handle_ms": N_("handling time"),
    "responses": N_("first responses"),
    "response_ms": N_("time to first response"),
    "resolutions": N_("resolved"),
    "resolution_ms": N_("time to resolution"),
    "due": N_("due"),
    "not_due": N_("not due yet"),
    "due_in_target": N_("due and answered in time"),
    "waiting": N_("waiting"),
    "cost_units": N_("millionths of the currency × 60,000"),
    "priced": N_("contacts with a price"),
    "priced_resolved": N_("resolved with a price"),
    "displays": N_("displays"),
    "displayed": N_("displays that showed it"),
    "engaged_ms": N_("engaged time"),
    "available_ms": N_("available time"),
    "held_ms": N_("time of the contacts"),
    "holding_ms": N_("time with a contact"),
    "identified": N_("contacts of known customers"),
    "identified_answered": N_("answered contacts of known customers"),
    "identified_abandoned": N_("abandoned contacts of known customers"),
    "repeated": N_("repeated within the window"),
    "repeated_answered": N_("answered, then repeated"),
    "repeated_abandoned": N_("abandoned, then repeated"),
    "repeated_elsewhere": N_("repeated on another channel"),
    "firsts": N_("first contacts"),
    "firsts_ripe": N_("first contacts older than the window"),
    "firsts_repeated": N_("of these, repeated on the same channel"),
    "firsts_ripe_anywhere": N_("first contacts on any channel, older than the window"),
    "firsts_repeated_anywhere": N_("of these, repeated on any channel"),
}


def measure(key: str) -> str:
    """«due_in_target» → «dus et répondus à temps»; a measure that is a KPI wears its name."""
    if key in _MEASURES:
        return _(_MEASURES[key])
    name = spoken(catalogue()[key].labels) if key in catalogue() else readable(key)
    return name[:1].lower() + name[1:]
