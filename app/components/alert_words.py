"""Alerts in the reader's words: what is watched, where it stands, what a trial found, e-mails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from app import labels
from app.alerts.deciding import Note, Reading
from app.alerts.model import Alert, Kind, Severity, Side
from app.alerts.records import Firing, Kept, Status, Why
from app.alerts.trial import Trial
from app.house_words import readable
from app.i18n import N_, NOTHING, _, date_time, decimal, duration, integer, percent, spoken
from kpis.catalogue import catalogue
from kpis.kpi import Unit

SEVERITIES = {Severity.WARNING: N_("Warning"), Severity.CRITICAL: N_("Critical")}
STATUSES = {
    Status.FIRING: N_("Firing"),
    Status.ACKNOWLEDGED: N_("Acknowledged"),
    Status.SNOOZED: N_("Snoozed"),
    Status.OVER: N_("Over"),
}
SIDES = {Side.ABOVE: N_("above"), Side.BELOW: N_("below"), Side.EITHER: N_("above or below")}
#: As the form offers them.
SIDE_CHOICES = {
    Side.ABOVE: N_("Above"),
    Side.BELOW: N_("Below"),
    Side.EITHER: N_("Above or below (forecast)"),
}
#: Over which stretch of time, in seconds; 0 is the local day.
WINDOWS = {
    900: N_("Last 15 minutes"),
    1800: N_("Last 30 minutes"),
    3600: N_("Last hour"),
    7200: N_("Last 2 hours"),
    0: N_("Today"),
}
NOTES = {
    Note.STALE: N_("The feed is silent: nothing is judged."),
    Note.MISSING: N_("No value: there is nothing to judge."),
    Note.FEW: N_("Too few contacts to judge."),
}
_OVER = {
    Why.BACK: N_("back to normal"),
    Why.UNJUDGED: N_("nothing left to judge"),
    Why.OFF: N_("switched off"),
}
_WORDS: dict[str, Callable[[str], str]] = {
    "channel": labels.channel, "reason": labels.reason, "segment": labels.segment,
}  # fmt: skip
_SHOWN: dict[Unit, Callable[[float], str]] = {
    "count": integer, "fraction": percent, "seconds": duration, "money": decimal,
    "number": decimal,
}  # fmt: skip


def shown(alert: Alert, value: float | None) -> str:
    """A value or a threshold: «6:10», «80 %», «12»."""
    return NOTHING if value is None else _SHOWN[unit(alert)](value)


def unit(alert: Alert) -> Unit:
    """Of its value; incidents are counted."""
    return "count" if of_incident(alert) else catalogue()[alert.kpi].unit


def place(alert: Alert) -> str:
    """«Phone · Billing»; «All channels» where it is narrowed to nothing; an incident's name."""
    if of_incident(alert):
        return alert.name.partition("-")[2]
    named = [_WORDS.get(name, readable)(word) for name, word in alert.scope.items()]
    return " · ".join(named) or labels.channel(labels.ANY)


def watched(alert: Alert) -> str:
    """«Longest wait»; «Offered against the forecast»; «Reports not sent»."""
    if of_incident(alert):
        return _("Reports not sent")
    label = spoken(catalogue()[alert.kpi].labels)
    return _("{kpi} against the forecast", kpi=label) if of_forecast(alert) else label


def arrivals_against_forecast() -> str:
    """What the form calls it."""
    return _("{kpi} against the forecast", kpi=spoken(catalogue()["offered"].labels))


def condition(alert: Alert) -> str:
    """«above 5:00, back at 3:20»; «above or below the band»."""
    if of_incident(alert):
        return _("one or more")
    side = _(SIDES[alert.side])
    if of_forecast(alert):
        return _("{side} the forecast band", side=side)
    return _(
        "{side} {enter}, back at {exit}",
        side=side, enter=shown(alert, alert.enter), exit=shown(alert, alert.exit),
    )  # fmt: skip


def stretch(alert: Alert) -> str:
    """Over which time it is read: «Last 30 minutes», «Now»."""
    if of_forecast(alert):
        return _("Each quarter hour")
    if alert.live or of_incident(alert):
        return _("Now")
    named = WINDOWS.get(alert.window_s)
    return _(named) if named else _("Last {time}", time=duration(alert.window_s))


def read(alert: Alert, reading: Reading) -> str:
    """What was read: «6:10»; «412 instead of 210 to 330»."""
    band = reading.band
    if not of_forecast(alert) or band is None or reading.count is None:
        return shown(alert, reading.value)
    return _(
        "{count} instead of {low} to {high}",
        count=integer(reading.count), low=integer(band.low), high=integer(band.high),
    )  # fmt: skip


def spell_words(alert: Alert, value: float) -> str:
    """What a trial read when it would have fired; of a forecast, how far outside it was."""
    if not of_forecast(alert):
        return shown(alert, value)
    return _("{times} times the way to the edge of the band", times=decimal(value, 1))


def standing(kept: Kept) -> str:
    """Why an alert tells nothing, or that it is quiet or fires."""
    if not kept.enabled:
        return _("Off")
    if kept.state.note in NOTES:
        return _(NOTES[kept.state.note])
    if kept.seen_at is None:
        return _("Not read yet")
    return _("Firing") if kept.state.firing else _("Quiet")


def over(firing: Firing) -> str:
    """Why it is over."""
    return _(_OVER[firing.over_why]) if firing.over_why else ""


def would_have(trial: Trial, days: int) -> str:
    """«On the last 14 days it would have fired 6 times, for 3 h 10 in all.»"""
    if not trial.fired:
        return _("On the last {days} days it would not have fired.", days=integer(days))
    times = _("once") if trial.fired == 1 else _("{count} times", count=integer(trial.fired))
    return _(
        "On the last {days} days it would have fired {times}, for {long} in all.",
        days=integer(days), times=times, long=duration(trial.firing_s),
    )  # fmt: skip


def mailed(firing: Firing, zone: ZoneInfo) -> tuple[str, str]:
    """Subject and text of the e-mail that tells of it."""
    alert = firing.alert
    subject = _(
        "Vigie: {what}, {where}: {value}",
        what=watched(alert), where=place(alert), value=read(alert, firing.reading),
    )  # fmt: skip
    lines = [
        _("{severity}: {name}", severity=_(SEVERITIES[alert.severity]), name=alert.name),
        _("Fires {condition}.", condition=condition(alert)),
        _("Read: {value}", value=read(alert, firing.reading)),
        _("Since: {time}", time=_moment(firing.fired_at, zone)),
        "",
        _("Acknowledge or snooze it on the page “Alerts” of Vigie."),
    ]
    return subject, "\n".join(lines) + "\n"


def time(seconds: float) -> str:
    """A span of time: «1:00», «30 s»."""
    return duration(seconds)


def of_forecast(alert: Alert) -> bool:
    """Whether it judges by the forecast."""
    return alert.kind is Kind.FORECAST


def of_incident(alert: Alert) -> bool:
    """Whether the house raises it by itself."""
    return alert.kind is Kind.INCIDENT


def _moment(at: datetime, zone: ZoneInfo) -> str:
    return f"{date_time(at, zone)} ({zone.key})"
