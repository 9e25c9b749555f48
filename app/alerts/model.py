"""Alerts as data: what is watched, of whom, from which value on it fires, who is mailed.

Times are seconds, shares fractions, as the KPI's unit says.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from app.alerts.errors import InvalidAlert
from app.hysteresis import Threshold
from app.smtp import may_be_mailed
from kpis.catalogue import catalogue
from kpis.contact_counts import CONTACTS
from kpis.kpi import Kpi

ANY = "*"
#: What an alert may be narrowed to.
SCOPE = ("channel", "queue", "reason", "segment", "site")
#: A departure from the forecast: 1 is the edge of the band, and it ends well within.
BAND = Threshold(enter=1.0, exit=0.7)
MOST_RECIPIENTS = 20
_WORD_CHARS = 100
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,47}")
_DAY_S = 86_400


class Kind(StrEnum):
    """By what an alert judges: a threshold of its own, the forecast, or what the house reports."""

    THRESHOLD = "threshold"
    FORECAST = "forecast"
    INCIDENT = "incident"


class Side(StrEnum):
    """Where it fires: beyond the threshold or the band, on which side."""

    ABOVE = "above"
    BELOW = "below"
    EITHER = "either"


class Severity(StrEnum):
    """How grave it is; only what is shown and told differs."""

    WARNING = "warning"
    CRITICAL = "critical"


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One alert: `kpi` of the scope, `side` of `enter` for `held_s`, fires; back at `exit` ends it.

    `window_s`: of the last so many seconds, 0 for today; a KPI of the live state is that of now.
    `min_volume`: with fewer contacts offered (of a forecast: expected in the quarter hour) nothing
    is judged.  `stale_s`: a feed silent for longer is not believed.  `mail`: addresses.
    Of the kind forecast the KPI is what was offered, and the thresholds are the band's.
    """

    name: str
    kpi: str
    kind: Kind = Kind.THRESHOLD
    channel: str = ANY
    queue: str = ANY
    reason: str = ANY
    segment: str = ANY
    site: str = ANY
    side: Side = Side.ABOVE
    enter: float = BAND.enter
    exit: float = BAND.exit
    window_s: int = 1800
    held_s: int = 60
    min_volume: int = 0
    stale_s: int = 300
    severity: Severity = Severity.WARNING
    mail: tuple[str, ...] = ()

    @property
    def threshold(self) -> Threshold:
        return Threshold(enter=self.enter, exit=self.exit, falls=self.falls)

    @property
    def falls(self) -> bool:
        """Whether less is worse; a departure below the band is a departure that grows."""
        return self.side is Side.BELOW and self.kind is Kind.THRESHOLD

    @property
    def live(self) -> bool:
        """Whether it reads what is open now rather than a stretch of time."""
        return self.kind is Kind.THRESHOLD and is_live(catalogue()[self.kpi])

    @property
    def scope(self) -> dict[str, str]:
        """What it is narrowed to, by dimension."""
        return {name: word for name in SCOPE if (word := getattr(self, name)) != ANY}


def is_live(kpi: Kpi) -> bool:
    """Whether the KPI is one of open contacts; those of agents are read over the window."""
    return kpi.live and kpi.reads is CONTACTS


#: (field, least, most)
_RANGES = (
    ("held_s", 0, 14_400),
    ("min_volume", 0, 1_000_000),
    ("stale_s", 60, 3600),
)


def tidy_alert(alert: Alert, domains: Iterable[str]) -> Alert:
    """The alert, checked and trimmed.  Raises InvalidAlert, saying what to do.

    `domains`: those that may be mailed.
    """
    if not _NAME.fullmatch(alert.name):
        told = f"«{alert.name}» is no name of an alert: use a to z, 0 to 9 and -, at most 48"
        raise InvalidAlert("alert_name", told, "name")
    for name, least, most in _RANGES:
        if not least <= getattr(alert, name) <= most:
            told = f"{name} {getattr(alert, name)} is out of range: use {least} to {most}"
            raise InvalidAlert("alert_range", told, name)
    if alert.window_s and not 900 <= alert.window_s <= _DAY_S:
        told = f"window_s {alert.window_s} is out of range: use 900 to {_DAY_S}, or 0 for today"
        raise InvalidAlert("alert_range", told, "window_s")
    if alert.kind is Kind.INCIDENT:
        told = "incidents are raised by the house itself: set a threshold or watch the forecast"
        raise InvalidAlert("alert_incident", told, "kind")
    scoped = replace(alert, **{name: _word(name, getattr(alert, name)) for name in SCOPE})
    judged = _of_forecast(scoped) if alert.kind is Kind.FORECAST else _of_threshold(scoped)
    return replace(judged, mail=_recipients(alert.mail, frozenset(domains)))


def _word(name: str, word: str) -> str:
    trimmed = word.strip() or ANY
    if len(trimmed) > _WORD_CHARS or not trimmed.isprintable():
        told = f"{name} has at most {_WORD_CHARS} printable characters"
        raise InvalidAlert("alert_scope", told, name)
    return trimmed


def _of_forecast(alert: Alert) -> Alert:
    """The forecast knows what is offered: in all, of a channel, or of a reason of one."""
    if alert.kpi != "offered":
        told = f"there is no forecast of {alert.kpi}: watch offered, or set a threshold"
        raise InvalidAlert("alert_forecast_kpi", told, "kpi")
    scope = set(alert.scope)
    if scope not in (set(), {"channel"}, {"channel", "reason"}):
        told = "a forecast is of all, of a channel, or of a reason of a channel: narrow it so"
        raise InvalidAlert("alert_forecast_scope", told, "queue")
    return replace(alert, enter=BAND.enter, exit=BAND.exit)


def _of_threshold(alert: Alert) -> Alert:
    if alert.kpi not in catalogue():
        told = f"no KPI «{alert.kpi}»; there are: {', '.join(catalogue())}"
        raise InvalidAlert("alert_kpi", told, "kpi")
    if alert.side is Side.EITHER:
        told = "a threshold is above or below: either side is for a forecast band"
        raise InvalidAlert("alert_side", told, "side")
    if not (math.isfinite(alert.enter) and math.isfinite(alert.exit)):
        raise InvalidAlert("alert_number", "enter and exit are numbers", "enter")
    apart = alert.exit > alert.enter if alert.falls else alert.exit < alert.enter
    if not apart:
        side = "above" if alert.falls else "below"
        told = f"exit {alert.exit:g} must lie {side} enter {alert.enter:g}, or the alert flaps"
        raise InvalidAlert("alert_exit", told, "exit")
    if catalogue()[alert.kpi].unit == "fraction" and max(alert.enter, alert.exit) > 1:
        told = f"{alert.kpi} is a fraction: write 0.8 for 80 %"
        raise InvalidAlert("alert_fraction", told, "enter")
    return alert


def _recipients(told: Iterable[str], domains: frozenset[str]) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(filter(None, (each.strip() for each in told))))
    if len(found) > MOST_RECIPIENTS:
        raise InvalidAlert("alert_mail_many", f"at most {MOST_RECIPIENTS} addresses", "mail")
    for each in found:
        if not may_be_mailed(each, domains):
            known = ", ".join(sorted(domains)) or "none (set VIGIE_MAIL_DOMAINS)"
            told_so = f"«{each}» may not be mailed: allowed domains are {known}"
            raise InvalidAlert("alert_mail", told_so, "mail")
    return found
