"""What the parts of opening hours share: whose they are, what would open and close."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from app import labels
from app.calendar_book import DayHours, WeekHours, put
from app.decision import Decision
from app.exposure.hours import first_lost, setting
from app.exposure.service import ExposureService
from app.i18n import N_, _, date_time
from app.site.errors import Refused
from app.site.part import KEPT, Act, Asked, Column, Field, Foreseen, Values
from app.site.seen import seen_words
from app.site.values import ANY, optional
from kpis.calendars import Calendars, Scope, read
from kpis.errors import WrongQuery
from kpis.intervals import midnight

CHANNEL, QUEUE, REASON = N_("Channel"), N_("Queue"), N_("Reason")
WAITS = N_("Proposed: it shortens the hours of the next 24 hours, so a second person has to "
           "approve it, under Exposure.")  # fmt: skip
_DAYS = 7


def _channels(asked: Asked) -> Sequence[tuple[str, str]]:
    from app.site.names import read_channels

    known = read_channels(asked.connection)
    return [(ANY, labels.channel(ANY)), *((word, labels.channel(word)) for word in known)]


def _reasons(asked: Asked) -> Sequence[tuple[str, str]]:
    from app.site.names import read_words

    known = read_words(asked.connection, "reasons")
    return [(ANY, labels.reason(ANY)), *((word, labels.reason(word)) for word in known)]


def _queues(asked: Asked) -> Sequence[tuple[str, str]]:
    return [(queue, queue) for queue in sorted(seen_words(asked, "queue"))]


SCOPE_FIELDS = (
    Field("channel", CHANNEL, "choice", ANY, options=_channels),
    Field("queue", QUEUE, "suggest", options=_queues, hint=N_("Empty: all queues.")),
    Field("reason", REASON, "choice", ANY, options=_reasons),
)


def scope_of(values: Values) -> dict[str, str]:
    """Whose hours: channel, queue, reason.  Raises Refused."""
    named = {"channel": CHANNEL, "queue": QUEUE, "reason": REASON}
    return {name: optional(values, name, _(label)) for name, label in named.items()}


def scope_cells(scope: Mapping[str, str]) -> tuple[str, str, str]:
    """The same in the reader's words."""
    queue = scope["queue"]
    return (
        labels.channel(scope["channel"]),
        _("All queues") if queue == ANY else queue,
        labels.reason(scope["reason"]),
    )


def scope_words(subject: str) -> str:
    """«Phone · billing»: what a version's subject says, without what is any."""
    channel, queue, reason = (*subject.split("/"), ANY, ANY)[:3]
    told = [labels.channel(channel) if channel != ANY else "", queue if queue != ANY else "",
            labels.reason(reason) if reason != ANY else ""]  # fmt: skip
    return " · ".join(filter(None, told)) or labels.channel(ANY)


def parsed(
    read_it: Callable[[str], object], text: str, message: str, field: str, **places: object
) -> None:
    """Raises Refused with that message where it cannot be read."""
    try:
        read_it(text)
    except WrongQuery as error:
        raise Refused(message, field, **places) from error


def no_hours(day: date | None) -> date:
    """A day to look holidays up on."""
    return day or date(2026, 1, 1)


def set_hours(act: Act, weeks: Sequence[WeekHours], days: Sequence[DayHours]) -> str:
    """Put them in force, or have them wait for a second person; which of it, as a message id."""
    house, decision = act.house, act.decision
    wanted = setting(weeks, days, house.settings.zone, decision)
    service = ExposureService(house.database)
    found = service.set_hours(wanted, act.actor, decision.why, decision.at)
    return KEPT if found is None else WAITS


def foreseen_hours(
    asked: Asked,
    weeks: Sequence[WeekHours],
    days: Sequence[DayHours],
    *,
    first: date | None = None,
    count: int = _DAYS,
) -> Foreseen:
    """The hours of the coming days as they are and as they would be; nothing is kept."""
    before = read(asked.connection)
    decision = Decision("nobody", "", asked.now)
    with asked.connection.begin_nested() as tried:
        put(asked.connection, weeks, days, asked.zone.key, decision)
        after = read(asked.connection)
        tried.rollback()
    changed = (weeks or days)[0]
    scope = Scope(changed.channel, changed.queue, changed.reason)
    begin = first or (weeks[0].from_ if weeks else None) or asked.now.astimezone(asked.zone).date()
    rows = [
        (str(day), _open(before, scope, day, asked), _open(after, scope, day, asked))
        for day in (begin + timedelta(days=number) for number in range(count))
    ]
    columns = (Column(N_("Day"), "moment"), Column(N_("Hours as they are")),
               Column(N_("as they would be")))  # fmt: skip
    return Foreseen(_words(before, after, scope, asked), columns, rows)


def _open(calendars: Calendars, scope: Scope, day: date, asked: Asked) -> str:
    start, end = midnight(day, asked.zone), midnight(day + timedelta(days=1), asked.zone)
    spans = calendars.open_spans(scope, start.astimezone(UTC), end.astimezone(UTC))
    clock = [f"{_clock(begins, asked)}–{_clock(ends, asked, end)}" for begins, ends in spans]
    return ", ".join(clock) or _("closed")


def _clock(at: datetime, asked: Asked, end: datetime | None = None) -> str:
    return "24:00" if end is not None and at >= end else f"{at.astimezone(asked.zone):%H:%M}"


def _words(before: Calendars, after: Calendars, scope: Scope, asked: Asked) -> str:
    lost = first_lost(before, after, [scope], asked.now)
    if lost is None:
        return _("It shortens nothing of the next 24 hours: it holds as soon as it is kept.")
    _whose, at = lost
    return _("It closes what is open at {time}: a second person has to approve it.",
             time=date_time(at, asked.zone))  # fmt: skip
