"""Overview: today at one look, and the quickest way to act."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from app import access
from app.components.cards import Explanation, card, note, of_kpi
from app.components.exposure_form import exposure_form, read_only, reverted, seen
from app.components.live import listing, live
from app.components.panel import page_head, panel
from app.components.queues import queues
from app.components.strips import strips
from app.components.switching import declare_form
from app.components.trend import trend
from app.components.vocabulary import Vocabulary
from app.context import current_house
from app.exposure.service import ExposureService
from app.i18n import N_, NOTHING, _
from app.libraries import CHARTS, GRIDS
from app.palette import Action

PATH = "/"
TITLE = N_("Overview")
ORDER = 10
ICON = "gauge"
LIBRARIES = (CHARTS, GRIDS)
PAST = N_(
    "Of sources only their last event is known: their ledger of the day, pace and errors "
    "of then are not kept. Who is one customer is told as it is known now."
)
ACTIONS = (
    Action(N_("Change what customers are offered"), "#quick-why"),
    Action(N_("Revert a switch"), "#exposure [data-revert]"),
)

FORM = "quick"


def layout() -> Component:
    """The page; every number in it arrives by the live feed."""
    vocabulary = Vocabulary.of(ExposureService(current_house().database).read())
    acting = [_alerts(), _exposure(vocabulary), _sources()]
    side = html.Div(acting, className="vg-stack vg-side")
    following = html.Div([trend(), queues()], className="vg-stack")
    return html.Div(
        [
            page_head(_("Overview"), _today()),
            html.Section(_cards(), className="vg-cards", **{"aria-label": _("Today in numbers")}),
            html.Div([strips(), side, following], className="vg-columns"),
            vocabulary.for_browser(),
            seen(FORM),
        ]
    )


def _today() -> Component:
    """«Sunday, November 22, 2026, time zone Europe/Paris»: the day every figure is of.

    It comes with the figures (``assets/live.js``): a screen stays on the wall past midnight.
    """
    words = _("{day}, time zone {zone}", day="\0", zone=current_house().settings.zone)
    before, _sep, after = words.partition("\0")
    return html.Span([before, html.Span(NOTHING, id="vigie-day"), after])


def _cards() -> list[Component]:
    waiting = Explanation(
        _("Waiting now"),
        _("Contacts in a queue at this moment on the live channels (phone, chat, video). "
          "Ghosts, open since before their source restarted, are left out."),
    )  # fmt: skip
    return [
        of_kpi("service_level", "percent",
               [_("live channels, each by its target"), live("formula", "formula")],
               lead=True),
        card(_("Waiting now"), "total.waiting", "integer", waiting, [_("live channels")]),
        of_kpi("longest_wait_s", "duration", [note("longest-where")]),
        of_kpi("asa_s", "duration", [_within(_("half within {time}"), "total.wait_p50_s"),
                                     _within(_("9 in 10 within {time}"), "total.wait_p90_s")]),
        of_kpi("answer_rate", "percent", [_("all channels, no time limit")]),
        of_kpi("async_service_level", "percent", [_("written, each channel by its target")]),
        of_kpi("backlog", "integer", [note("oldest-backlog")]),
        of_kpi("offered", "integer", [_("today, all channels"), note("against-last-week")]),
    ]  # fmt: skip


def _within(words: str, path: str) -> Component:
    """The words with the live duration in the place of their {time}."""
    before, _sep, after = words.partition("{time}")
    return html.Span([before, live(path, "duration"), after])


def _alerts() -> Component:
    more = html.A(_("Every alert"), href="/alerts")
    return panel(_("Alerts"), listing("alerts"), name="alerts", aside=more)


def _exposure(vocabulary: Vocabulary) -> Component:
    user = access.current()
    acts = user is not None and user.may("flip")
    form = exposure_form(FORM, vocabulary, whole=False) if acts else read_only()
    body = [
        reverted(FORM),
        _switches(),
        html.Hr(className="vg-rule"),
        form,
    ]
    more = [note("in-force"), html.A(_("All of exposure"), href="/exposure")]
    return panel(_("Exposure"), body, name="exposure", aside=more)


def _switches() -> Component:
    """The switches in force; many of them scroll, so that the form stays within reach."""
    return html.Div(
        listing("exposure"),
        className="vg-switches",
        role="region",
        tabIndex="0",
        **{"aria-label": _("Active switches")},
    )


def _sources() -> Component:
    more = html.A(_("Every source"), href="/sources")
    return panel(_("Sources"), listing("sources"), name="sources", aside=more)


declare_form(FORM)
