"""Opening hours: the week of a channel, queue or reason, from a day on."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import msgspec

from app.calendar_book import WeekHours
from app.calendar_views import weeks
from app.i18n import N_, NOTHING, _
from app.site.opening import (
    CHANNEL,
    QUEUE,
    REASON,
    SCOPE_FIELDS,
    foreseen_hours,
    no_hours,
    parsed,
    scope_cells,
    scope_of,
    scope_words,
    set_hours,
)
from app.site.part import Act, Asked, Column, Field, Foreseen, Part, Standing, Told, Values, Version
from app.site.values import day
from app.site.versions import OF_HOURS
from kpis.opening_hours import CLOSED, day_hours, week_hours
from kpis.public_holidays import holiday_on

_HOURS, _FROM, _COUNTRY = N_("Hours of the week"), N_("From the day"), N_("Public holidays of")
_REGION, _HOLIDAY = N_("Region"), N_("Hours on public holidays")
_SYNTAX = N_("Hours «{hours}»: write mon-fri 08:00-18:00; sat 09:00-12:30, or 24/7, or closed.")
_NO_COUNTRY = N_("No public holidays of «{place}» are known: write a country such as FR or BE.")


def _standing(asked: Asked) -> Sequence[Standing]:
    return [_row(week) for week in weeks(asked.connection) if week["hours"] is not None]


def _row(week: dict[str, object]) -> Standing:
    country = "-".join(str(week[name]) for name in ("country", "region") if week[name])
    scope = {name: str(week[name]) for name in ("channel", "queue", "reason")}
    cells = (
        *scope_cells(scope), str(week["hours"]), str(week["from"]), country or None,
        str(week["holiday_hours"]) if country else None, str(week["zone"]),
    )  # fmt: skip
    values = {
        **{name: "" if word == "*" and name == "queue" else word for name, word in scope.items()},
        "hours": str(week["hours"]), "from": "", "country": str(week["country"] or ""),
        "region": str(week["region"] or ""), "holiday_hours": str(week["holiday_hours"]),
    }  # fmt: skip
    at = week["decided_at"]
    return Standing(cells, values, at, str(week["decided_by"]), str(week["why"]))  # type: ignore[arg-type]


def _wanted(asked_values: Values) -> WeekHours:
    hours = asked_values.get("hours", "")
    country = asked_values.get("country", "").upper() or None
    region = asked_values.get("region") or None
    from_ = day(asked_values, "from", _(_FROM))
    if hours:
        parsed(week_hours, hours, _SYNTAX, "hours", hours=hours)
    holiday = asked_values.get("holiday_hours", CLOSED)
    parsed(day_hours, holiday, _SYNTAX, "holiday_hours", hours=holiday)
    if country:
        parsed(lambda place: holiday_on(no_hours(from_), place, region), country, _NO_COUNTRY,
               "country", place="-".join(filter(None, [country, region])))  # fmt: skip
    return WeekHours(
        **scope_of(asked_values), hours=hours or None, from_=from_, country=country,
        region=region if country else None, holiday_hours=holiday,
    )  # fmt: skip


def _save(act: Act) -> str:
    return set_hours(act, [_wanted(act.values)], [])


def _foresee(asked: Asked, values: Values, decision: object) -> Foreseen:
    return foreseen_hours(asked, [_wanted(values)], [])


def _told(version: Version, _zone: ZoneInfo) -> Told:
    before, after = (_words(text) for text in (version.before, version.after))
    return Told(scope_words(version.subject), before, after)


def _words(text: str | None) -> str:
    if text is None:
        return NOTHING
    week = msgspec.json.decode(text, type=dict[str, str | None])
    if week["hours"] is None:
        return _("no hours of its own, from {day}", day=week["from"])
    told = _("{hours}, from {day}", hours=week["hours"], day=week["from"])
    if not week["country"]:
        return told
    holidays = _("public holidays of {country}: {hours}", country=week["country"],
                 hours=week["holiday_hours"])  # fmt: skip
    return f"{told}; {holidays}"


PART = Part(
    key="hours",
    title=N_("Opening hours"),
    purpose=N_("When somebody is there. What no line names is always open; the most specific "
               "line counts."),
    order=50,
    right="set_hours",
    columns=(
        Column(CHANNEL), Column(QUEUE), Column(REASON), Column(_HOURS), Column(_FROM, "moment"),
        Column(_COUNTRY), Column(_HOLIDAY), Column(N_("Time zone")),
    ),
    fields=(
        *SCOPE_FIELDS,
        Field("hours", _HOURS, "text", hint=N_("mon-fri 08:00-18:00; sat 09:00-12:30. Empty: no "
                                               "hours of its own any more.")),
        Field("from", _FROM, "day", hint=N_("Empty: today.")),
        Field("country", _COUNTRY, hint=N_("FR, BE, DE… Empty: holidays count as any day.")),
        Field("region", _REGION),
        Field("holiday_hours", _HOLIDAY, "text", CLOSED),
    ),
    standing=_standing,
    save=_save,
    versions=OF_HOURS,
    told=_told,
    subject=lambda values: "/".join(scope_of(values).values()),
    foresee=_foresee,
    channels=lambda values: [scope_of(values)["channel"]],
    add=N_("Set the hours of a channel, queue or reason"),
)  # fmt: skip
