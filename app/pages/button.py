"""Button: the omnichannel button as customers see it, and what to copy to carry it."""

from __future__ import annotations

import asyncio
import re

import dash_mantine_components as dmc
from dash import Input, Output, html
from dash.development.base_component import Component

from app import access
from app.button.place import Place
from app.callbacks import callback, clientside
from app.components.button_views import (
    FIELDS,
    previewed,
    qr_code,
    settings_form,
    snippets,
)
from app.components.panel import page_head, panel
from app.components.vocabulary import ANY, Vocabulary
from app.context import current_house
from app.errors import WrongUse
from app.exposure.service import ExposureService
from app.i18n import N_, _
from app.palette import Action

PATH = "/button"
TITLE = N_("Button")
ORDER = 32
ICON = "chat"
ACTIONS = (
    Action(N_("Open it in a tab of its own"), "#button-alone"),
)

_ADDRESS = re.compile(r"https?://[!-~]{1,200}", re.ASCII)
_FRAME = "vg-shop"


def layout() -> Component:
    """The preview, what to copy, and the settings of both."""
    vocabulary = Vocabulary.of(ExposureService(current_house().database).read())
    purpose = _("One access point for every channel: what your customers see, and how it is set.")
    copies = panel(_("Carry it"), html.Div(id="button-snippets"), name="carry")
    code = panel(_("QR code"), html.Div(id="button-qr"), name="qr")
    settings = panel(_("Settings"), settings_form(vocabulary), name="button-settings")
    side = html.Div([settings, code], className="vg-stack vg-side")
    return html.Div(
        [
            page_head(_("Button"), purpose),
            html.Div([_preview(), side, copies], className="vg-columns"),
        ]
    )


def _preview() -> Component:
    sizes = [{"value": "wide", "label": _("Desktop")}, {"value": "phone", "label": _("Phone")}]
    chooser = dmc.SegmentedControl(
        id="button-size", data=sizes, value="wide", size="xs", **{"aria-label": _("Screen")}
    )
    link = html.A(_("Open it in a tab of its own"), id="button-alone", target="_blank")
    frame = html.Iframe(id="button-frame", title=_("The button on a shop’s page"), className=_FRAME)
    note = html.P(
        _("A real button on an invented shop: click it. Nothing is counted or booked here."),
        className="vg-quiet vg-small",
    )
    aside = html.Div([link, chooser], className="vg-choosers")
    return panel(_("Try it as a customer"), [frame, note], name="preview", aside=aside)


# The address that this page was reached at, until another one is said.
clientside(
    "(_id) => window.location.origin", Output("button-hub", "value"), Input("button-hub", "id")
)


@callback(
    Output("button-frame", "src"),
    Output("button-alone", "href"),
    Output("button-snippets", "children"),
    Output("button-qr", "children"),
    Output("button-hub", "error"),
    *(Input(f"button-{name}", "value") for name in FIELDS),
)
async def show(*values: str | None) -> tuple[str, str, Component | str, Component | str, str]:
    """The preview, the snippets and the code as they are set."""
    access.require("see")
    told = {name: "" if value in (None, ANY) else str(value)
            for name, value in zip(FIELDS, values, strict=True)}  # fmt: skip
    return await asyncio.to_thread(_shown, told)


def _shown(told: dict[str, str]) -> tuple[str, str, Component | str, Component | str, str]:
    place = Place.of(told)
    settings = {
        "position": told["position"], "open_after": told["open"], "storage": told["storage"],
    }  # fmt: skip
    frame = previewed(place, settings)
    alone = frame.replace("preview=1", "").rstrip("?&")
    hub = told["hub"].strip().rstrip("/")
    if not _ADDRESS.fullmatch(hub):
        wrong = _("Write it like https://contact.example.com") if hub else ""
        return frame, alone, "", "", wrong
    try:
        return frame, alone, snippets(hub, place, settings), qr_code(hub, place), ""
    except WrongUse:
        return frame, alone, "", "", _("This address is too long for a QR code.")


@callback(Output("button-frame", "className"), Input("button-size", "value"))
async def resize(size: str) -> str:
    """The frame as wide as the screen that was chosen."""
    access.require("see")
    return f"{_FRAME} vg-shop-phone" if size == "phone" else _FRAME
