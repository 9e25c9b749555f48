"""Alerts on their page: what fires now, every alert with where it stands, what has fired."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from app.alerts.leads import contacts_of, page_of
from app.alerts.model import Alert, Severity
from app.alerts.records import Firing, Kept, Status
from app.components import alert_words as words
from app.components.icons import icon
from app.components.live import Format, live
from app.components.table import Column, Table, table
from app.i18n import NOTHING, _, date_time
from kpis.kpi import Unit

#: As the browser shows the live value of a KPI.
_LIVE: dict[Unit, Format] = {
    "count": "integer", "fraction": "percent", "seconds": "duration", "money": "decimal",
    "number": "decimal",
}  # fmt: skip
_SNOOZES = ("15", "60", "tomorrow")
HISTORY = "alerts-history"


def firing_list(
    firing: Sequence[Firing], now: datetime, zone: ZoneInfo, *, acts: bool
) -> Component:
    """What fires now, the newest first; those that nobody has seen to stand before the others."""
    if not firing:
        quiet = _("Nothing fires now.")
        return html.P([icon("check"), quiet], className="vg-empty vg-all-quiet")
    ordered = sorted(
        firing, key=lambda each: (each.status(now) is not Status.FIRING, not _grave(each.alert))
    )
    items = [_firing(each, now, zone, acts) for each in ordered]
    return html.Ul(items, className="vg-firings")


def _firing(firing: Firing, now: datetime, zone: ZoneInfo, acts: bool) -> Component:
    alert, status = firing.alert, firing.status(now)
    since = _("since {time}", time=date_time(firing.fired_at, zone))
    head = [
        severity(alert.severity),
        html.A(words.watched(alert), href=page_of(alert), className="vg-drill vg-strong"),
        html.Span(words.place(alert), className="vg-quiet"),
        html.Span([_now(firing)], className="vg-firing-value"),
    ]
    told = [alert.name, words.condition(alert), words.stretch(alert), since]
    seen = _seen(firing, status, zone)
    return html.Li(
        [
            html.Div(head, className="vg-firing-head"),
            html.Div(" · ".join(told), className="vg-quiet vg-small"),
            html.Div(seen, className="vg-small vg-strong") if seen else None,
            _acts(firing, status) if acts else None,
        ],
        className="vg-firing",
        **{"data-severity": alert.severity.value, "data-status": status.value},
    )


def _now(firing: Firing) -> Component | str:
    """The value as it is now, by the live feed; against a forecast what made it fire."""
    alert = firing.alert
    if firing.reading.band is not None:
        return _behind(alert, words.read(alert, firing.reading))
    return _value(alert)


def _value(alert: Alert) -> Component | str:
    return _behind(alert, live(f"alert.{alert.name}.value", _LIVE[words.unit(alert)]))


def _behind(alert: Alert, shown: Component | str) -> Component | str:
    """The value, which leads to the contacts that make it."""
    leads = contacts_of(alert)
    return shown if leads is None else html.A(shown, href=leads, className="vg-drill")


def _seen(firing: Firing, status: Status, zone: ZoneInfo) -> str:
    """Who has seen to it, or for how long nothing is told."""
    if status is Status.SNOOZED and firing.snoozed_until is not None:
        until = date_time(firing.snoozed_until, zone)
        return _("Snoozed until {time} by {who}", time=until, who=firing.snoozed_by or NOTHING)
    if status is Status.ACKNOWLEDGED and firing.acknowledged_at is not None:
        at = date_time(firing.acknowledged_at, zone)
        return _("{who} sees to it, since {time}", time=at, who=firing.acknowledged_by or NOTHING)
    return ""


def _acts(firing: Firing, status: Status) -> Component:
    """Seen to by one press; snoozed by one press."""
    name = firing.alert.name
    buttons: list[Component] = []
    if firing.acknowledged_at is None:
        buttons.append(ask(name, "ack", _("Acknowledge"), strong=True, firing=firing.id))
    if status is Status.SNOOZED:
        buttons.append(ask(name, "snooze", _("End the snooze"), span="0"))
    else:
        buttons.append(html.Span(_("Snooze"), className="vg-quiet vg-small"))
        buttons += [snooze_button(name, span) for span in _SNOOZES]
    return html.Div(buttons, className="vg-acts")


def snooze_button(name: str, span: str) -> Component:
    """«15 min», «1 h», «until tomorrow»."""
    short = {"15": _("15 min"), "60": _("1 h"), "tomorrow": _("until tomorrow 8:00")}[span]
    return ask(name, "snooze", short, span=span)


def ask(
    name: str, act: str, shown: str, *, strong: bool = False, firing: int = 0, span: str = "",
    pressed: bool | None = None,
) -> Component:  # fmt: skip
    """A button of an alert; the browser tells it to the server (``assets/standing_alerts.js``)."""
    told = {"data-alert": name, "data-act": act, "data-firing": str(firing), "data-span": span}
    state = {} if pressed is None else {"aria-pressed": "true" if pressed else "false"}
    label = _("{act}: {name}", act=shown, name=name)
    className = "vg-act vg-act-strong" if strong else "vg-act"
    return html.Button(
        shown, type="button", className=className, **(told | state | {"aria-label": label})
    )


def severity(level: Severity) -> Component:
    """An icon and a word: never colour alone."""
    mark = "alert" if level is Severity.CRITICAL else "near"
    return html.Span(
        [icon(mark, size=13), _(words.SEVERITIES[level])], className="vg-severity",
        **{"data-severity": level.value},
    )  # fmt: skip


def alerts_table(alerts: Sequence[Kept], now: datetime, zone: ZoneInfo, *, acts: bool) -> Component:
    """Every alert: what it watches, when it fires, where it stands; operators may act."""
    if not alerts:
        empty = _("No alert is written yet: write the first one below.")
        return html.P(empty if acts else _("No alert is written yet."), className="vg-empty")
    titles = [_("Alert"), _("Watches"), _("Fires"), _("Where it stands"), _("Tells")]
    titles += [_("Change")] if acts else []
    head = html.Thead(html.Tr([html.Th(title, scope="col") for title in titles]))
    ordered = sorted(alerts, key=_urgency)
    rows = [_row(each, now, zone, acts) for each in ordered]
    return html.Div(
        html.Table([head, html.Tbody(rows)], className="vg-table vg-stackable vg-alerts"),
        className="vg-table-wrap", tabIndex="0", role="region", **{"aria-label": _("Alerts")},
    )  # fmt: skip


def _urgency(kept: Kept) -> tuple[bool, bool, bool, str]:
    """What fires first, then what is graver; what is off last."""
    return not kept.enabled, not kept.state.firing, not _grave(kept.alert), kept.alert.name


def _grave(alert: Alert) -> bool:
    return alert.severity is Severity.CRITICAL


def _row(kept: Kept, now: datetime, zone: ZoneInfo, acts: bool) -> Component:
    alert = kept.alert
    watched = html.A(words.watched(alert), href=page_of(alert), className="vg-drill")
    watches = [watched, _more(f"{words.place(alert)} · {words.stretch(alert)}")]
    named = [alert.name, _more(_("version {number}", number=kept.version))]
    cells = [
        html.Th([severity(alert.severity), html.Span(named)], scope="row", className="vg-alert"),
        html.Td(watches, **{"data-label": _("Watches")}),
        html.Td([words.condition(alert), _more(_details(alert))], **{"data-label": _("Fires")}),
        html.Td(_standing(kept, now, zone), **{"data-label": _("Where it stands")}),
        html.Td(_tells(alert, acts), **{"data-label": _("Tells")}),
    ]
    return html.Tr([*cells, *([html.Td(_changes(kept, now))] if acts else [])])


def _details(alert: Alert) -> str:
    """«held for 60 s, from 10 contacts on»."""
    held = _("at once") if not alert.held_s else _("held for {time}", time=words.time(alert.held_s))
    if not alert.min_volume:
        return held
    return _("{held}, from {count} contacts on", held=held, count=alert.min_volume)


def _standing(kept: Kept, now: datetime, zone: ZoneInfo) -> list[Component | str]:
    told: list[Component | str] = [words.standing(kept)]
    if kept.enabled and not words.of_forecast(kept.alert):
        told.append(html.Span([_("now"), " ", _value(kept.alert)], className="vg-cell-more"))
    if kept.snoozed(now) and kept.snoozed_until is not None:
        told.append(_more(_("Snoozed until {time}", time=date_time(kept.snoozed_until, zone))))
    return told


def _tells(alert: Alert, acts: bool) -> list[Component | str]:
    """Whom it mails, for who writes alerts; webhooks go to all who asked for them."""
    if not alert.mail:
        return [_("webhooks")]
    return [_("webhooks, e-mail"), *([_more(", ".join(alert.mail))] if acts else [])]


def _changes(kept: Kept, now: datetime) -> Component:
    name = kept.alert.name
    switch = ask(name, "off" if kept.enabled else "on", _("On"), pressed=kept.enabled)
    tries = [ask(name, "edit", _("Edit")), ask(name, "try", _("Try on 14 days"))]
    buttons = [switch] if words.of_incident(kept.alert) else [switch, *tries]
    if kept.snoozed(now):
        buttons.append(ask(name, "snooze", _("End the snooze"), span="0"))
    return html.Div(buttons, className="vg-acts")


def _more(text: str) -> Component:
    return html.Span(text, className="vg-cell-more")


def history(firings: Sequence[Firing], now: datetime) -> Component:
    """What has fired, over or not, the newest first; to be taken away."""
    columns = [
        Column(_("Alert")), Column(_("Fired"), "moment"), Column(_("Watches")),
        Column(_("Read")), Column(_("Severity")), Column(_("Seen to by")),
        Column(_("Over"), "moment"), Column(_("Why")), Column(_("Lasted"), "duration"),
    ]  # fmt: skip
    rows = [_past(each, now) for each in firings]
    if not firings:
        return html.P(_("Nothing has fired yet."), className="vg-empty")
    return table(Table("alerts", _("What has fired"), columns, rows))


def _past(firing: Firing, now: datetime) -> list[str | int | float | None]:
    alert, over = firing.alert, firing.over_at
    return [
        alert.name, firing.fired_at.isoformat(), f"{words.watched(alert)} · {words.place(alert)}",
        words.read(alert, firing.reading), _(words.SEVERITIES[alert.severity]),
        firing.acknowledged_by, over.isoformat() if over else None,
        words.over(firing) or _(words.STATUSES[firing.status(now)]),
        round(((over or now) - firing.fired_at).total_seconds()),
    ]  # fmt: skip
