"""Every part of the settings: its versions are its audit."""

from __future__ import annotations

from functools import partial

from msgspec.structs import asdict

from app.audit.source import Line, Reader, Source, Told
from app.components.setting_views import address
from app.i18n import N_
from app.site.discovery import parts
from app.site.part import Part, Version

_ACTS = {"set": N_("changed"), "unset": N_("taken away"), "guardrails": N_("changed")}


def _told(part: Part, line: Line, reader: Reader) -> Told:
    raw = {name: value for name, value in asdict(line).items() if name != "source"}
    told = part.told(Version(**raw), reader.zone)
    return Told(told.thing, told.before, told.after)


def _link(part: Part, _line: Line) -> str:
    return address(part)


SOURCES = tuple(
    Source(
        key=part.key,
        title=part.title,
        right="see_audit",
        sql=part.versions,
        told=partial(_told, part),
        acts=_ACTS,
        link=partial(_link, part),
    )
    for part in parts()
)
