"""Exceptional days: closed, or with other hours than the week says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from app.calendar_book import DayHours
from app.calendar_views import days
from app.i18n import N_, _
from app.site.errors import Refused
from app.site.opening import (
    CHANNEL,
    QUEUE,
    REASON,
    SCOPE_FIELDS,
    foreseen_hours,
    parsed,
    scope_cells,
    scope_of,
    scope_words,
    set_hours,
)
from app.site.part import Act, Asked, Column, Field, Foreseen, Part, Standing, Told, Values, Version
from app.site.values import day
from app.site.versions import OF_DAYS
from kpis.opening_hours import CLOSED, day_hours

_DAY, _HOURS = N_("Day"), N_("Hours of the day")
_SYNTAX = N_("Hours «{hours}»: write 09:00-12:00, or closed; empty for as usual.")


def _standing(asked: Asked) -> Sequence[Standing]:
    """Those of today and later."""
    today = asked.now.astimezone(asked.zone).date()
    rows = []
    for each in days(asked.connection):
        if not isinstance(each["day"], date) or each["day"] < today:
            continue
        scope = {name: str(each[name]) for name in ("channel", "queue", "reason")}
        hours = str(each["hours"])
        cells = (str(each["day"]), *scope_cells(scope), _("closed") if hours == CLOSED else hours)
        values = {
            **{name: "" if word == "*" and name == "queue" else word
               for name, word in scope.items()},
            "day": str(each["day"]), "hours": hours,
        }  # fmt: skip
        at = each["decided_at"]
        rows.append(Standing(cells, values, at, str(each["decided_by"]), str(each["why"])))  # type: ignore[arg-type]
    return rows


def _wanted(values: Values) -> DayHours:
    when = day(values, "day", _(_DAY))
    if when is None:
        raise Refused(N_("Say which day it is."), "day")
    hours = values.get("hours", "")
    if hours:
        parsed(day_hours, hours, _SYNTAX, "hours", hours=hours)
    return DayHours(day=when, hours=hours or None, **scope_of(values))


def _save(act: Act) -> str:
    return set_hours(act, [], [_wanted(act.values)])


def _foresee(asked: Asked, values: Values, decision: object) -> Foreseen:
    wanted = _wanted(values)
    return foreseen_hours(asked, [], [wanted], first=wanted.day, count=1)


def _told(version: Version, _zone: ZoneInfo) -> Told:
    scope, _slash, when = version.subject.rpartition("/")
    before, after = (_words(text) for text in (version.before, version.after))
    return Told(f"{when} · {scope_words(scope)}", before, after)


def _words(hours: str | None) -> str:
    if hours is None:
        return _("as usual")
    return _("closed") if hours == CLOSED else hours


PART = Part(
    key="days",
    title=N_("Exceptional days"),
    purpose=N_("Days that are not as the week says; they go before weeks and public holidays."),
    order=55,
    right="set_hours",
    columns=(
        Column(_DAY, "moment"), Column(CHANNEL), Column(QUEUE), Column(REASON), Column(_HOURS),
    ),
    fields=(
        Field("day", _DAY, "day"),
        *SCOPE_FIELDS,
        Field("hours", _HOURS, "text", CLOSED,
              hint=N_("closed, or 09:00-12:00. Empty: as usual after all.")),
    ),
    standing=_standing,
    save=_save,
    versions=OF_DAYS,
    told=_told,
    subject=lambda values: "/".join([*scope_of(values).values(), values.get("day", "")]),
    foresee=_foresee,
    channels=lambda values: [scope_of(values)["channel"]],
    add=N_("Make a day an exception"),
)  # fmt: skip
