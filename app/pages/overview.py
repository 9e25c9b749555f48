"""Overview: today at one look, and the quickest way to act."""

from __future__ import annotations

from datetime import UTC, datetime

from babel.dates import format_date
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
from app.i18n import N_, _, language

PATH = "/"
TITLE = N_("Overview")
ORDER = 10

FORM = "quick"


def layout() -> Component:
    """The page; every number in it arrives by the live feed."""
    vocabulary = Vocabulary.of(ExposureService(current_house().database).read())
    watching = html.Div([strips(), trend(), queues()], className="vg-stack")
    acting = html.Div([_exposure(vocabulary), _sources()], className="vg-stack")
    return html.Div(
        [
            page_head(_("Overview"), _today()),
            html.Section(_cards(), className="vg-cards", **{"aria-label": _("Today in numbers")}),
            html.Div([watching, acting], className="vg-columns"),
            vocabulary.for_browser(),
            seen(FORM),
        ]
    )


def _today() -> str:
    """«Sunday, 22 November 2026, time of Europe/Paris»: the day every figure is of."""
    settings = current_house().settings
    now = datetime.now(UTC).astimezone(settings.tz)
    day = format_date(now, "full", locale=language())
    return _("{day}, time of {zone}", day=day[:1].upper() + day[1:], zone=settings.zone)


def _cards() -> list[Component]:
    waiting = Explanation(
        _("Waiting now"),
        _("Contacts in a queue at this moment on the live channels (phone, chat, video). "
          "Ghosts, open since before their source restarted, are left out."),
    )  # fmt: skip
    own = _("each channel by its own target")
    formula = live("formula", "formula")
    return [
        of_kpi("offered", _("Offered today"), "integer", [note("against-last-week")]),
        of_kpi("service_level", _("Service level"), "percent", [own, formula]),
        of_kpi("answer_rate", _("Answer rate"), "percent", [_("without a time limit")]),
        of_kpi("asa_s", _("Average speed of answer"), "duration", [_nine_in_ten()]),
        card(_("Waiting now"), "total.waiting", "integer", waiting, [_("live channels")]),
        of_kpi("longest_wait_s", _("Longest wait"), "duration", [note("longest-where")]),
        of_kpi("backlog", _("Written backlog"), "integer", [note("oldest-backlog")]),
        of_kpi("async_service_level", _("Written answered in time"), "percent", [own]),
    ]


def _nine_in_ten() -> Component:
    words, _sep, rest = _("9 in 10 within {time}").partition("{time}")
    return html.Span([words, live("total.wait_p90_s", "duration"), rest])


def _exposure(vocabulary: Vocabulary) -> Component:
    user = access.current()
    acts = user is not None and user.may("operator")
    form = exposure_form(FORM, vocabulary, whole=False) if acts else read_only()
    body = [
        reverted(FORM),
        listing("exposure", className="vg-switches"),
        html.Hr(className="vg-rule"),
        form,
    ]
    more = html.A(_("All of exposure"), href="/exposure")
    return panel(_("Exposure"), body, name="exposure", aside=more)


def _sources() -> Component:
    return panel(_("Sources"), listing("sources"), name="sources")


declare_form(FORM)
