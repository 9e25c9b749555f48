"""Exposure: what customers are offered now, what changes it next, and what changes did."""

from __future__ import annotations

import asyncio

import dash_mantine_components as dmc
from dash import Input, Output, dcc, html
from dash.development.base_component import Component

from app import access
from app.callbacks import callback
from app.components.exposure_acts import all_open_form, approvals_acts
from app.components.exposure_board import Board, read_board
from app.components.exposure_cell import cell_editor
from app.components.exposure_form import exposure_form, read_only, reverted, seen
from app.components.exposure_history import explanation, history
from app.components.exposure_matrix import matrix
from app.components.exposure_pending import approvals_list
from app.components.filter_bar import declare_filters
from app.components.icons import icon
from app.components.live import listing
from app.components.panel import page_head, panel
from app.components.rule_acts import declare_rules, declare_rules_table
from app.components.rule_views import rules_panel
from app.components.switching import declare_cells, declare_form
from app.components.takeaway import takeaway
from app.components.vocabulary import ANY, Vocabulary, with_any
from app.context import current_house
from app.exposure.effect_counts import read_effects
from app.exposure.rules.book import RuleBook
from app.exposure.service import ExposureService
from app.i18n import N_, _
from app.palette import Action
from app.places import queues
from app.present import current_moment
from kpis.snapshot import snapshot

PATH = "/exposure"
TITLE = N_("Exposure")
ORDER = 30
ICON = "switches"
PAST = N_(
    "In which mode a rule was, and what it would have done next, is not written down: "
    "rules are shown as they are switched now."
)
ACTIONS = (
    Action(N_("Change what customers are offered"), "#whole-why"),
    Action(N_("See it as a customer"), "#matrix-see"),
    Action(N_("Open everything"), "#all-open-why"),
    Action(N_("Write a rule"), "#rules-form > summary"),
)

FORM, RULES = "whole", "rules"
#: Set by the live feed whenever anything on this page may have changed (``assets/switching.js``).
MOVED = "exposure-moved"
ENTRIES = 30
_CUSTOMER = ("segment", "surface")


def layout() -> Component:
    """The page as the visitor may see it, whole at once; viewers get no form."""
    board = _board()
    vocabulary = board.vocabulary
    user = access.current()
    acts = user is not None and user.may("flip")
    acting = [_pending_panel(board, acts), _active_panel(), *([_all_open_panel()] if acts else [])]
    rules = RuleBook(current_house().database).list()
    written = rules_panel(RULES, vocabulary, rules, acts=acts, queues=_queues() if acts else ())
    more = [written, _change_panel(vocabulary, acts)]
    columns = [
        _matrix_panel(board, acts),
        html.Div(acting, className="vg-stack vg-side"),
        html.Div(more, className="vg-stack"),
    ]
    purpose = _("What customers are offered, by reason and channel, and who decided it.")
    return html.Div(
        [
            page_head(_("Exposure"), purpose),
            html.Div(
                [html.Div(columns, className="vg-columns"), _history_panel()], className="vg-stack"
            ),
            *([cell_editor()] if acts else []),
            _customer(),
            vocabulary.for_browser(),
            seen(FORM),
            html.Div(dcc.Store(id=MOVED), hidden=True, **{"data-mark": board.mark}),
        ]
    )


def _queues() -> list[str]:
    """The queues that a rule can watch."""
    with current_house().database.engine.connect() as connection:
        return queues(connection, current_moment())


def _board() -> Board:
    return read_board(current_house().database, current_moment())


def _matrix_panel(board: Board, acts: bool) -> Component:
    vocabulary = board.vocabulary
    seeing = html.Button(
        [icon("eye", size=15), _("See it as a customer")], type="button", id="matrix-see",
        className="vg-act", **{"data-preview": ""},
    )  # fmt: skip
    choosers = html.Div(
        [
            _chooser("segment", _("Segment"), vocabulary),
            _chooser("surface", _("Surface"), vocabulary),
            seeing,
            takeaway("matrix", _("What customers see now")),
        ],
        className="vg-choosers", id="matrix-filters",
        **{"data-filters": "", **{f"data-usual-{kind}": ANY for kind in _CUSTOMER}},
    )  # fmt: skip
    shown = matrix(board, ANY, ANY, current_house().settings.tz, acts=acts)
    body = html.Div(shown, id="exposure-matrix", className="vg-matrix-place")
    title = _("What customers see now")
    return panel(title, body, name="matrix", aside=choosers, className="vg-flush")


def _chooser(kind: str, label: str, vocabulary: Vocabulary) -> Component:
    return dmc.Select(
        id=f"matrix-{kind}",
        data=with_any(kind, vocabulary.of_kind(kind)),
        value=ANY,
        size="xs",
        className="vg-chooser",
        **{"aria-label": label},
    )


def _change_panel(vocabulary: Vocabulary, acts: bool) -> Component:
    body = exposure_form(FORM, vocabulary, whole=True) if acts else read_only()
    return panel(_("Change exposure"), body, name="change")


def _all_open_panel() -> Component:
    return panel(_("Everything open"), all_open_form(), name="all-open")


def _pending_panel(board: Board, acts: bool) -> Component:
    waiting = html.Div(_waiting(board), id="approvals-list")
    body = [waiting, *([approvals_acts()] if acts else [])]
    return panel(_("Waiting for a second person"), body, name="pending")


def _active_panel() -> Component:
    body = [reverted(FORM), listing("exposure")]
    return panel(_("Active and planned switches"), body, name="active")


def _history_panel() -> Component:
    body = html.Div(_history_now(), id="exposure-history", className="vg-matrix-place")
    title = _("History and effect")
    aside = [explanation(), takeaway("history", title)]
    return panel(title, body, name="history", aside=aside, className="vg-flush")


def _customer() -> Component:
    """The real button, in a frame that opens over the page (``assets/switching.js``)."""
    close = html.Button(
        icon("cross", size=16), type="button", className="vg-close",
        **{"data-close": "customer", "aria-label": _("Close this")},
    )  # fmt: skip
    head = html.Div([html.Strong(id="customer-title"), close], className="vg-cell-head")
    frame = html.Div(id="customer-frame", **{"data-title": _("The button, as a customer sees it")})
    return html.Div(
        [head, frame], id="customer", className="vg-popover vg-customer", role="dialog",
        hidden=True, **{"aria-labelledby": "customer-title"},
    )  # fmt: skip


declare_form(FORM)
# Whose exposure is looked at stands in the address: a link shares the view, «back» works.
declare_filters("matrix", _CUSTOMER)
declare_cells(FORM)
declare_rules(RULES)
declare_rules_table(RULES, MOVED)


@callback(
    Output("exposure-matrix", "children"),
    Input("matrix-segment", "value"),
    Input("matrix-surface", "value"),
    Input(MOVED, "data"),
    prevent_initial_call=True,
)
async def show_matrix(segment: str | None, surface: str | None, moved: object) -> Component:
    """The matrix for the chosen customer, again whenever something moved."""
    acts = access.require("see").may("flip")
    return await asyncio.to_thread(_matrix_now, segment or ANY, surface or ANY, acts)


def _matrix_now(segment: str, surface: str, acts: bool) -> Component:
    return matrix(_board(), segment, surface, current_house().settings.tz, acts=acts)


@callback(Output("approvals-list", "children"), Input(MOVED, "data"), prevent_initial_call=True)
async def show_pending(moved: object) -> Component:
    """What waits for a second person, again whenever something moved."""
    access.require("see")
    return await asyncio.to_thread(lambda: _waiting(_board()))


def _waiting(board: Board) -> Component:
    return approvals_list(board, access.current(), current_house().settings.tz)


@callback(Output("exposure-history", "children"), Input(MOVED, "data"), prevent_initial_call=True)
async def show_history(moved: object) -> Component:
    """The last changes and what followed, again whenever something moved and every minute."""
    access.require("see")
    return await asyncio.to_thread(_history_now)


def _history_now() -> Component:
    house, now = current_house(), current_moment()
    service = ExposureService(house.database)
    entries = service.history(limit=ENTRIES)
    with snapshot(house.database.engine) as connection:
        found = read_effects(connection, entries, now)
    vocabulary = Vocabulary.of(service.read())
    return history(entries, vocabulary, house.settings.tz, found, now)
