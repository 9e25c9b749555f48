"""The tour: six looks at the real screen, once, for whoever comes for the first time.

Steps are declared here; ``assets/tour.js`` walks them and keeps that they were walked.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from dash import html
from dash.development.base_component import Component

from app.i18n import N_, _

#: The place under which it is kept that the tour was seen (:mod:`app.kept`).
TOURED = "tour"


@dataclass(frozen=True, slots=True)
class Step:
    """A place on the overview (the first of the selectors that is in sight) and what it is."""

    at: str
    title: str
    words: str


STEPS = (
    Step(
        "#vigie-connection", N_("Everything here is live"),
        N_("This light says so, with the time of the last figures. If news stops, the screen says "
           "since when, and the figures turn pale."),
    ),
    Step(
        ".vg-cards", N_("The day in numbers"),
        N_("Each number says what it counts: press the little “i”. What misses its target is "
           "marked with a word and a sign, never by colour alone."),
    ),
    Step(
        "#channels", N_("One promise for every channel"),
        N_("Calls and mails on one scale: answered in time. What waits, and for how long, stands "
           "beside it."),
    ),
    Step(
        "#queues", N_("Which queue needs help"),
        N_("Sorted by who waits. Choose your columns once: they come back on every screen of "
           "yours, and go out as CSV or XLSX."),
    ),
    Step(
        "#exposure", N_("Act on it"),
        N_("Move customers from one channel to another: always with a reason and an end, within "
           "limits that hold. The effect is measured afterwards."),
    ),
    Step(
        "#vigie-palette-open", N_("Anywhere by a few letters"),
        N_("Press Ctrl-K and type: a page, a channel, a queue, a figure, a customer. “?” shows the "
           "other keys, and this tour again."),
    ),
)  # fmt: skip


def tour(*, greets: bool) -> Component:
    """The place of the tour, with its words; it begins by itself where it `greets`."""
    steps = [{"at": one.at, "title": _(one.title), "words": _(one.words)} for one in STEPS]
    return html.Div(
        id="vigie-tour", hidden=True,
        **{"data-steps": json.dumps(steps), "data-greets": "yes" if greets else ""},
    )  # fmt: skip
