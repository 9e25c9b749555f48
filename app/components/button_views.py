"""How the omnichannel button is set, what to copy of it, and its QR code."""

from __future__ import annotations

from base64 import b64encode

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from app.button.place import Place, page_address, script_tag, signature
from app.button.qr import SIZES, qr_svg
from app.components.vocabulary import Vocabulary, with_any
from app.i18n import _, name_of

#: Fields of the form, in the order the callback receives them.
FIELDS = ("surface", "reason", "segment", "language", "position", "open", "storage", "hub")
_LEFT = "left"
_ALLOWED = "allowed"


def settings_form(vocabulary: Vocabulary) -> Component:
    """What its tag and its address tell; nothing of it is kept here."""
    scope = [
        _select(kind, label, with_any(kind, vocabulary.of_kind(kind)))
        for kind, label in (
            ("surface", _("Surface")), ("reason", _("Reason")), ("segment", _("Segment")),
        )
    ]  # fmt: skip
    look = [
        _select("language", _("Language"), _languages()),
        _select("position", _("Corner"), _options({"": _("Right"), _LEFT: _("Left")})),
        _select("open", _("Opens by itself"), _delays()),
        _select("storage", _("Kept in the browser"), _options(
            {"": _("Nothing"), _ALLOWED: _("The visitor’s number (consent)")})),
    ]  # fmt: skip
    address = dmc.TextInput(
        id="button-hub", label=_("Address customers reach the hub at"), value="", size="sm"
    )
    return html.Div([*scope, *look, address], className="vg-form")


def snippets(hub: str, place: Place, settings: dict[str, str]) -> Component:
    """Three texts to copy: the tag, the address of the page, the link below an e-mail."""
    parts = [
        (_("On a page"), _("Before the end of its body."), script_tag(hub, place, **settings)),
        (_("A page of its own"), _("For letters, messages and QR codes."),
         page_address(hub, place)),
        (_("Below an e-mail"), _("A link and its QR code, in the signature."),
         signature(hub, place)),
    ]  # fmt: skip
    return html.Div([_snippet(*part) for part in parts], className="vg-snippets")


def qr_code(hub: str, place: Place) -> Component:
    """The code as a picture, and as files to print."""
    address = page_address(hub, place)
    picture = html.Img(
        src=_as_data(qr_svg(address)), alt=_("QR code of the page"), width=180, height=180
    )
    files = [
        html.A(
            _("{n} mm", n=size),
            href=_as_data(qr_svg(address, size)),
            download=f"vigie-qr-{size}mm.svg",
        )
        for size in SIZES
    ]
    note = html.P(_("SVG files for print, by the length of a side:"), className="vg-quiet")
    links = html.Div([note, html.Div(files, className="vg-button-row")])
    return html.Div([picture, links], className="vg-button-row")


def previewed(place: Place, settings: dict[str, str]) -> str:
    """The address of the demo shop with this button; nothing in it is told or booked."""
    return f"/hub/demo{place.query(**settings, preview='1')}"


def _snippet(title: str, use: str, text: str) -> Component:
    copy = dmc.CopyButton(
        _("Copy"), value=text, copiedChildren=_("Copied"), size="compact-sm", variant="default",
        **{"aria-label": f"{_('Copy')}: {title}"},
    )  # fmt: skip
    told = html.Span(use, className="vg-quiet vg-small")
    head = html.Div([html.H3(title), told, copy], className="vg-button-row")
    return html.Div([head, dmc.Code(text, block=True, className="vg-snippet")])


def _select(name: str, label: str, options: list[dict[str, str]]) -> Component:
    return dmc.Select(id=f"button-{name}", label=label, data=options, value=options[0]["value"])


def _options(labels: dict[str, str]) -> list[dict[str, str]]:
    return [{"value": value, "label": label} for value, label in labels.items()]


def _languages() -> list[dict[str, str]]:
    return _options({"": _("The page’s"), **{code: name_of(code) for code in ("fr", "en")}})


def _delays() -> list[dict[str, str]]:
    waits = {str(n): _("After {n} seconds of hesitation", n=n) for n in (10, 20, 40)}
    return _options({"": _("Never"), **waits})


def _as_data(svg: bytes) -> str:
    return f"data:image/svg+xml;base64,{b64encode(svg).decode()}"
