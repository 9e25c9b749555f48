"""What customers are offered: every change of a switch, out of the hash-chained audit."""

from __future__ import annotations

from app import labels
from app.audit.source import Line, Reader, Source, Told
from app.components.exposure_words import end_words, scope_words, switch_of
from app.exposure.model import Switch
from app.i18n import N_, _

_SQL = """
    select seq as number, at, actor_name as who, action as act, 'switch/' || switch_id as subject,
        before, after, why
    from exposure_audit where switch_id > 0
"""
_ACTS = {
    "set": N_("set"),
    "revert": N_("reverted"),
    "emergency": N_("emergency"),
    "all_open": N_("all open"),
    "undo": N_("undo of all open"),
    "close_out": N_("ran out"),
}


def _told(line: Line, reader: Reader) -> Told:
    before, after = switch_of(line.before), switch_of(line.after)
    touched = after or before
    thing = scope_words(touched, reader.vocabulary) if touched else line.subject
    return Told(thing, _state(before, line, reader), _state(after, line, reader))


def _state(switch: Switch | None, line: Line, reader: Reader) -> str:
    if switch is None or switch.over(line.at):
        return _("no switch")
    state = labels.state(switch.state.value)
    share = f" {switch.share} %" if switch.share < 100 else ""
    return f"{state}{share}, {end_words(switch.expires_at, line.at, reader.zone)}"


SOURCES = (
    Source(
        key="exposure",
        title=N_("Exposure"),
        right="see_audit",
        sql=_SQL,
        told=_told,
        acts=_ACTS,
        link=lambda line: "/exposure",
    ),
)
