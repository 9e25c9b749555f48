"""Reports on their page: every schedule with its next run and last outcome, and the archive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from app.components import report_words as words
from app.components.icons import icon
from app.components.panel import Part
from app.i18n import NOTHING, _, date_time, integer, name_of
from app.reports.sending.book import Sent
from app.reports.sending.model import Schedule
from app.reports.sending.occurrences import following
from app.reports.sending.runs import State
from app.reports.sending.schedules import Kept

_MARKS = {"good": "check", "near": "clock", "bad": "alert"}


def schedules_table(
    schedules: Sequence[Kept], last: Mapping[str, Sent], now: datetime, *, acts: bool
) -> Component:
    """Every schedule: what goes to whom, when next, how it went last; managers may act."""
    if not schedules:
        empty = _("Nothing is sent by itself yet: write the first schedule below.")
        return html.P(empty if acts else _("Nothing is sent by itself yet."), className="vg-empty")
    titles = [_("Schedule"), _("When"), _("Sends"), _("To whom"), _("Next"), _("Last")]
    rows = [_schedule(each, last.get(each.schedule.name), now, acts) for each in schedules]
    return _table(titles + ([_("Change")] if acts else []), rows, _("Schedules"))


def _schedule(kept: Kept, sent: Sent | None, now: datetime, acts: bool) -> Component:
    schedule = kept.schedule
    zone = ZoneInfo(schedule.zone)
    due = date_time(following(schedule, now).at, zone) if kept.enabled else _("Off")
    cells: list[tuple[str, Sequence[Part]]] = [
        (_("When"), [words.when(schedule), _more(schedule.zone)]),
        (_("Sends"), [words.report(schedule.report), _more(_sends(schedule))]),
        (_("To whom"), _people(schedule.recipients) if acts else [_many(schedule.recipients)]),
        (_("Next"), [due]),
        (_("Last"), [_last(sent, zone)]),
    ]
    named = [schedule.name, _more(_("version {number}", number=kept.version))]
    told = [html.Td(list(cell), **{"data-label": label}) for label, cell in cells]
    change = [html.Td(_changes(kept))] if acts else []
    return html.Tr([html.Th(named, scope="row"), *told, *change])


def _sends(schedule: Schedule) -> str:
    parts = (
        words.of_what(schedule),
        words.files(schedule.formats),
        name_of(schedule.language),
    )
    return " · ".join(parts)


def _people(recipients: Sequence[str]) -> list[Part]:
    """The first, and how many more; all of them where one looks closer."""
    first, *others = recipients
    if not others:
        return [first]
    more = html.Details(
        [html.Summary(_("and {count} more", count=len(others))), ", ".join(others)],
        className="vg-cell-more",
    )
    return [first, more]


def _many(recipients: Sequence[str]) -> str:
    """Who writes no schedules is not told to whom they go."""
    return _("people: {count}", count=integer(len(recipients)))


def _last(sent: Sent | None, zone: ZoneInfo) -> Component:
    if sent is None:
        return html.Span(_("nothing yet"), className="vg-quiet")
    return html.Span([_mood(sent), _more(date_time(sent.run.due_at, zone))])


def _changes(kept: Kept) -> Component:
    name = kept.schedule.name
    switch = ask(name, "off" if kept.enabled else "on", _("On"), pressed=kept.enabled)
    edit, remove = ask(name, "edit", _("Edit")), ask(name, "remove", _("Remove"), sure=True)
    return html.Div([switch, edit, remove], className="vg-acts")


def archive_table(archive: Sequence[Sent], zone: ZoneInfo, *, acts: bool) -> Component:
    """What was due, the newest first: its files, what became of its letters, send it again."""
    if not archive:
        return html.P(_("Nothing has been sent yet."), className="vg-empty")
    titles = [_("Due"), _("Report"), _("Schedule"), _("Files"), _("Outcome")]
    rows = [_sent(each, zone, acts) for each in archive]
    return _table(titles + ([_("Again")] if acts else []), rows, _("Archive"))


def _sent(sent: Sent, zone: ZoneInfo, acts: bool) -> Component:
    run = sent.run
    told = words.period(run.first, run.last)
    cells: list[tuple[str, Sequence[Part]]] = [
        (_("Report"), [words.report(run.schedule.report), _more(told)]),
        (_("Schedule"), [run.schedule.name, _more(words.of_what(run.schedule))]),
        (_("Files"), _files(sent)),
        (_("Outcome"), _outcome(sent, zone)),
    ]
    due = html.Th(date_time(run.due_at, zone), scope="row")
    row = [due, *(html.Td(list(cell), **{"data-label": label}) for label, cell in cells)]
    return html.Tr([*row, *([html.Td(_again(sent))] if acts else [])])


def _files(sent: Sent) -> list[Part]:
    if not sent.formats:
        return [NOTHING]
    links = [
        html.A(
            words.format_name(format), href=f"/api/v1/reports/archive/{sent.run.id}/{format}",
            className="vg-file", download=True,
            **{"aria-label": _("Download {format}, {days}", format=words.format_name(format),
                               days=words.period(sent.run.first, sent.run.last))},
        )
        for format in sent.formats
    ]  # fmt: skip
    return [html.Span(links, className="vg-files")]


def _outcome(sent: Sent, zone: ZoneInfo) -> list[Part]:
    """In a word; letter by letter where one looks closer."""
    lines = [words.letter_line(letter, zone) for letter in sent.letters]
    if sent.run.error and sent.run.state is not State.WRITTEN:
        lines = [sent.run.error]
    if not lines:
        return [_mood(sent)]
    told = html.Ul([html.Li(line) for line in lines])
    return [html.Details([html.Summary(_mood(sent)), told], className="vg-letters")]


def _mood(sent: Sent) -> Component:
    """An icon and words: never colour alone."""
    mood = words.mood(sent)
    return html.Span(
        [icon(_MARKS[mood], size=13), words.outcome(sent)], className=f"vg-outcome vg-is-{mood}"
    )


def _again(sent: Sent) -> Component:
    """Whoever did not get it gets it; else all of them once more, which takes a second press."""
    failed = words.mood(sent) == "bad"
    shown = _("Send again") if failed else _("Send to all again")
    name = sent.run.schedule.name
    return html.Div(
        ask(name, "again", shown, run=sent.run.id, strong=failed, sure=not failed),
        className="vg-acts",
    )


def ask(
    name: str, act: str, shown: str, *, run: int = 0, strong: bool = False, sure: bool = False,
    pressed: bool | None = None,
) -> Component:  # fmt: skip
    """A button; the browser tells it to the server (``assets/reports.js``).

    `sure`: what it asks for is done at its second press.
    """
    told = {"data-report": name, "data-act": act, "data-run": str(run)}
    armed = {"data-sure": _("Sure? Press again")} if sure else {}
    state = {} if pressed is None else {"aria-pressed": "true" if pressed else "false"}
    label = {"aria-label": _("{act}: {name}", act=shown, name=name)}
    className = "vg-act vg-act-strong" if strong else "vg-act"
    return html.Button(shown, type="button", className=className, **(told | armed | state | label))


def _table(titles: Sequence[str], rows: Sequence[Component], name: str) -> Component:
    head = html.Thead(html.Tr([html.Th(title, scope="col") for title in titles]))
    return html.Div(
        html.Table([head, html.Tbody(list(rows))], className="vg-table vg-stackable vg-reports"),
        className="vg-table-wrap", tabIndex="0", role="region", **{"aria-label": name},
    )  # fmt: skip


def _more(text: str) -> Component:
    return html.Span(text, className="vg-cell-more")
