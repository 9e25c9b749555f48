"""The views of the wall: places that ``assets/wall.js`` and the live feed fill."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dash import html
from dash.development.base_component import Component

from app.components.cards import note
from app.components.icons import icon
from app.components.live import Format, live, verdict
from app.i18n import N_, NOTHING, _, percent, spoken
from kpis.catalogue import catalogue


def head(views: Sequence[str]) -> Component:
    """The view's name, its place among the others, what fires, the day."""
    title = html.H1(_(VIEWS[views[0]][0]), id="wall-title")
    turns = html.Span(
        [html.I(**{"data-turn": name}) for name in views],
        className="vg-wall-turns",
        hidden=len(views) < 2,
        **{"aria-hidden": "true"},
    )
    part = html.Span(id="wall-part", className="vg-wall-part")
    fires = html.Span(id="wall-alerts", className="vg-wall-alerts", role="status", hidden=True)
    day = html.Span(NOTHING, id="vigie-day", className="vg-wall-day")
    return html.Header([title, part, turns, fires, day], className="vg-wall-head")


def foot() -> Component:
    """Is it true, and as of when."""
    light = html.Span(className="vg-wall-light", **{"aria-hidden": "true"})
    return html.Footer(
        [
            html.Span(
                [light, html.Span(_("Connecting…"), id="vigie-state", role="status")],
                id="vigie-connection",
                className="vg-wall-connection",
                **{"data-state": "connecting"},
            ),
            note("in-force"),
            html.Span(
                [_("as of"), " ", html.Span(NOTHING, id="vigie-as-of", className="vg-number")]
            ),
        ],
        className="vg-wall-foot",
    )


def stale() -> Component:
    """Over everything, where the numbers are no longer true."""
    return html.Div(
        [html.Strong(id="vigie-stale-since"), html.Span(id="vigie-stale-why")],
        id="vigie-stale",
        role="alert",
        className="vg-wall-stale",
        hidden=True,
    )


def held() -> Component:
    """Over everything, where the numbers are of a past moment."""
    return html.Div(
        [html.Strong(id="vigie-held-since"), html.Span(id="vigie-held-why")],
        id="vigie-held",
        role="status",
        className="vg-wall-stale vg-wall-held",
        hidden=True,
    )


def view(name: str, *, hidden: bool) -> Component:
    """One view, which only the wall turns to."""
    title, make = VIEWS[name]
    return html.Section(
        make(),
        className=f"vg-wall-view vg-wall-{name}",
        hidden=hidden,
        **{"data-view": name, "data-title": _(title), "aria-label": _(title)},
    )


def _overview() -> list[Component]:
    tiles = [
        _of_kpi("service_level", "percent", _("live channels, each by its target")),
        _tile(_("Waiting now"), "total.waiting", "integer", _("live channels")),
        _of_kpi("longest_wait_s", "duration", note("longest-where")),
        _of_kpi("async_service_level", "percent", _("written, each channel by its target")),
        _of_kpi("backlog", "integer", note("oldest-backlog")),
        _of_kpi("offered", "integer", _("Today")),
    ]
    keys = [
        html.Span(_("Today"), className="vg-wall-today"),
        html.Span(_("Last week"), className="vg-wall-last"),
    ]
    told = html.Div(
        [html.Span(_("Offered per quarter hour")), html.Span(keys, className="vg-wall-keys")],
        className="vg-wall-trend-head",
    )
    label = _("Offered contacts per quarter hour: today and last week")
    drawn = html.Div(id="wall-trend", role="img", **{"aria-label": label})
    return [
        html.Div(tiles, className="vg-wall-tiles"),
        html.Div([told, drawn], className="vg-wall-trend"),
    ]


def _of_kpi(key: str, form: Format, foot: Component | str) -> Component:
    """The tile of a KPI of the catalogue, judged where it has thresholds."""
    kpi = catalogue()[key]
    judged: list[Component] = []
    if kpi.thresholds:
        # Short: the word of the verdict stands before it, and both are read from afar.
        sign = "≥" if kpi.direction == "up" else "≤"
        target = f"{sign}\N{NO-BREAK SPACE}{percent(kpi.thresholds[0], 0)}"
        judged = [verdict(f"total.{key}", kpi.thresholds), html.Span(target)]
    return _tile(spoken(kpi.labels), f"total.{key}", form, *(judged or [foot]))


def _tile(label: str, path: str, form: Format, *foot: Component | str) -> Component:
    return html.Article(
        [
            html.H2(label),
            html.Div(live(path, form), className="vg-wall-value"),
            html.Div(list(foot), className="vg-wall-note"),
        ],
        className="vg-wall-tile",
        **{"data-card": path},
    )


def _channels() -> list[Component]:
    return [_rows("channels", _("Channel"), _("No contact yet today."))]


def _queues() -> list[Component]:
    return [_rows("queues", _("Queue"), _("No queue has seen a contact today."))]


def _rows(name: str, first: str, nothing: str) -> Component:
    """A table whose rows the browser keeps."""
    titles = {
        "name": first,
        "quality": _("Quality of service"),
        "waits": _("Waiting"),
        "oldest": _("Oldest"),
    }
    heads = [
        html.Span(title, role="columnheader", className=f"vg-wall-{column}")
        for column, title in titles.items()
    ]
    rows = html.Div(
        role="rowgroup", className="vg-wall-rows", **{"data-rows": name, "data-nothing": nothing}
    )
    return html.Div(
        [
            html.Div(
                html.Div(heads, role="row", className="vg-wall-row vg-wall-heads"), role="rowgroup"
            ),
            rows,
        ],
        role="table",
        className="vg-wall-table",
        **{"aria-label": first},
    )


def _exposure() -> list[Component]:
    as_usual = html.Div(
        [icon("check"), html.P(_("No switch is set: every channel is offered as usual."))],
        id="wall-as-usual",
        className="vg-wall-usual",
        hidden=True,
    )
    return [as_usual, html.Div(className="vg-wall-switches", **{"data-rows": "exposure"})]


#: By name: its title (a message id) and what it shows.  Shown in this order unless told.
VIEWS: dict[str, tuple[str, Callable[[], list[Component]]]] = {
    "overview": (N_("Overview"), _overview),
    "channels": (N_("Channels"), _channels),
    "queues": (N_("Queues"), _queues),
    "exposure": (N_("Exposure"), _exposure),
}
