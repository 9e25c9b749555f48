"""Numbers that stand still: held by a person, or of a past moment (``assets/standstill.js``)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Protocol

from dash import html
from dash.development.base_component import Component

from app.components.icons import icon
from app.i18n import N_, _

#: What is pressed to hold the numbers, for the help.
KEYS: tuple[tuple[str, ...], str] = (("Alt", "P"), N_("Hold the numbers still, and let them go"))


class PageLike(Protocol):
    """What is asked of a page."""

    @property
    def path(self) -> str: ...
    @property
    def past(self) -> str | None: ...


def holding() -> Component:
    """The button of the header: the numbers stand still until it is pressed again."""
    return html.Button(
        [icon("pause"), icon("start-again")],
        type="button",
        className="vg-hold",
        title=_("Hold the numbers still (Alt P)"),
        **{
            "data-hold": "",
            "aria-label": _("Hold the numbers still"),
            "aria-pressed": "false",
            "aria-keyshortcuts": "Alt+P",
        },
    )


def in_the_menu() -> list[Component]:
    """The same and the past, among what the user's menu holds."""
    return [
        html.Button(
            [icon("pause"), _("Hold the numbers still")], type="button", className="vg-menu-item",
            **{"data-hold": "", "aria-pressed": "false"},
        ),
        html.Button(
            [icon("past"), _("Look at a past moment")], type="button", className="vg-menu-item",
            **{"data-moment": "", "aria-haspopup": "dialog"},
        ),
    ]  # fmt: skip


def to_the_past() -> Component:
    """The other button of the header: opens the choice of a moment."""
    words = _("Look at a past moment")
    return html.Button(
        icon("past"), type="button", className="vg-hold", title=words,
        **{"data-moment": "", "aria-label": words, "aria-haspopup": "dialog"},
    )  # fmt: skip


def held_banner() -> Component:
    """Says since when the numbers stand still, or which moment they are of; and the way out."""
    acts = [
        _act("start-again", _("Resume"), "data-resume", "data-of-held"),
        _act("past", _("Another moment"), "data-moment", "data-of-past"),
        _act("undo", _("Back to now"), "data-to-now", "data-of-past"),
    ]
    return html.Div(
        [
            html.Span(icon("pause"), **{"data-of-held": ""}),
            html.Span(icon("past"), **{"data-of-past": ""}),
            html.Strong(id="vigie-held-since", role="status"),
            html.Span(id="vigie-held-why", className="vg-held-why"),
            html.Span(acts, className="vg-held-acts"),
        ],
        id="vigie-held",
        className="vg-held",
        role="region",
        hidden=True,
        **{"aria-label": _("Numbers that stand still")},
    )


def moment_dialog(zone: str) -> Component:
    """Which moment; the browser makes the field, so that React leaves its value alone."""
    close = html.Button(
        icon("cross"), type="button", className="vg-close",
        **{"data-close-dialog": "", "aria-label": _("Close this")},
    )  # fmt: skip
    head = html.Div(
        [html.H2(_("Look at a past moment"), id="vigie-moment-title"), close],
        className="vg-dialog-head",
    )
    label = html.Label(_("Day and time, in the zone {zone}", zone=zone), id="vigie-moment-label")
    go = html.Button(_("Look"), id="vigie-moment-go", type="button", className="vg-act")
    note = _("Every page then shows what was known up to that moment; nothing can be changed.")
    return html.Dialog(
        [
            head,
            html.Div([label, html.Span(id="vigie-moment-field"), go], className="vg-chosen-moment"),
            html.P(note, className="vg-quiet vg-small"),
        ],
        id="vigie-moment",
        className="vg-dialog",
        **{"aria-labelledby": "vigie-moment-title"},
    )


def notes_of_the_past(pages: Sequence[PageLike]) -> str:
    """JSON: by path, what the page cannot tell of a past moment; others know the present only."""
    return json.dumps(
        {page.path: page.past and _(page.past) for page in pages if page.past is not None}
    )


def standstill_texts() -> dict[str, str]:
    """What the browser says itself."""
    return {
        "held": _("Paused"),
        "held_since": _("Paused since {time}"),
        "held_none": _("nothing has changed since"),
        "held_one": _("1 change waiting"),
        "held_many": _("{count} changes waiting"),
        "past": _("Past"),
        "past_at": _("You are looking at {time}"),
        "past_why": _("What the facts up to then say; nothing can be changed here."),
        "past_present": _("This page only knows the present: it shows now."),
        "past_refused": _("This moment cannot be looked at"),
    }


def _act(drawn: str, words: str, does: str, when: str) -> Component:
    return html.Button(
        [icon(drawn, size=15), words], type="button", className="vg-act",
        **{does: "", when: ""},
    )  # fmt: skip
