"""The steps of the set-up page: pure views, and the forms whose answers they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from app.components.icons import icon
from app.components.live import listing, live
from app.components.panel import Part, panel
from app.first_source import Draft, Guide
from app.i18n import N_, _
from app.sources import Way

#: The first way of a connector is the one it is listed under.
WAYS: Mapping[Way, str] = {
    "file": N_("From a file, loaded here"),
    "pull": N_("Asked or followed by Vigie"),
    "push": N_("Told by its vendor’s webhooks"),
}
OPTION = "setup-option"
_SECRETS = {
    "pull": N_("its password or client secret"),
    "push": N_("what proves that a delivery is the vendor’s"),
}


def connector_options(guides: Mapping[str, Guide]) -> list[dict[str, object]]:
    """Every connector under the way that it can be tried by, files first."""
    groups: list[dict[str, object]] = []
    for way, title in WAYS.items():
        items = [{"value": name, "label": name} for name, guide in guides.items()
                 if first_way(guide) == way]  # fmt: skip
        if items:
            groups.append({"group": _(title), "items": items})
    return groups


def first_way(guide: Guide) -> Way:
    """A file can be tried at once; else as it will be used."""
    return "file" if "file" in guide.ways else guide.ways[0]


def step(number: int, title: str, body: Sequence[Part], *, name: str) -> Component:
    """One step: its number, what to do, the place to do it."""
    told = _("{number}. {title}", number=number, title=title)
    return panel(told, list(body), name=name)


def settings_fields(guide: Guide) -> list[Component]:
    """A field for each setting that the connector's documentation names."""
    if not guide.options:
        return [html.P(_("This connector needs no settings."), className="vg-quiet vg-small")]
    return [
        dmc.TextInput(
            id={"type": OPTION, "name": name}, label=name, size="sm",
            description=_(told) if told else None,
            inputProps={"autoComplete": "off", "spellCheck": "false", "maxLength": 500},
        )
        for name, told in guide.options.items()
    ]  # fmt: skip


def documentation(guide: Guide) -> Component:
    """What the connector is, in the words of its documentation: where nobody has translated
    them, in English."""
    told = _(guide.told)
    spoken = "en" if told == guide.told else None
    ways = " · ".join(_(WAYS[way]) for way in guide.ways)
    return html.Div(
        [html.P(ways, className="vg-strong"), html.P(told.replace("``", ""), lang=spoken)],
        className="vg-small vg-setup-told",
    )


def written(draft: Draft, toml: str, path: str, variables: Sequence[tuple[str, str]]) -> Component:
    """The piece of vigie.toml and the variables, each to be copied."""
    parts: list[Component] = [
        html.P(_("Add this to {path}:", path=path), className="vg-small"),
        copied(toml, "setup-toml"),
    ]
    if variables:
        parts.append(html.P(_("Set in the environment of `vigie serve` and `vigie work`, never in "
                              "the file:"), className="vg-small"))  # fmt: skip
    for variable, what in variables:
        parts.append(copied(f"export {variable}='…'", f"setup-{variable}"))
        parts.append(html.P(what, className="vg-quiet vg-small"))
    restart = _("Then start both again: they read their sources when they start.")
    return html.Div([*parts, html.P(restart, className="vg-small")], className="vg-form")


def secret_words(way: Way) -> str:
    """What the secret of a source is for."""
    return _(_SECRETS.get(way, _SECRETS["pull"]))


def copied(text: str, name: str) -> Component:
    """Text to copy, with the button that does it."""
    button = dmc.CopyButton(
        value=text, children=_("Copy"), copiedChildren=_("Copied"), size="compact-xs",
        variant="default",
    )  # fmt: skip
    return html.Div(
        [html.Pre(text, id=name, className="vg-formula", tabIndex="0"), button],
        className="vg-copied",
    )


def upload(connector: str) -> Component:
    """A file of one's own disk, sent in pieces and loaded (``assets/setup.js``)."""
    words = {
        "sending": _("Sending… {share}"),
        "loading": _("Loading…"),
        "wrong": _("That did not work: reload the page and try again."),
        "none": _("Choose a file first."),
        "equation": _("{received} received = {new} new + {duplicate} duplicate + {superseded} "
                      "superseded + {quarantined} quarantined"),
        "contacts": _("{contacts} contacts more than before."),
        "channels": _("See them over time"),
        "list": _("See each of them"),
        "quarantine": _("See what could not be used, and why"),
    }  # fmt: skip
    choose = html.Label(
        [html.Span(_("File")), html.Span(id="setup-file-place")], className="vg-setup-file"
    )
    button = html.Button(
        [icon("source", size=15), _("Load the file")], type="button", id="setup-load",
        className="vg-act vg-act-strong",
    )  # fmt: skip
    said = html.Div(id="setup-loaded", className="vg-said", role="status")
    note = _("The same as `vigie load`: loading a file twice changes nothing.")
    return html.Div(
        [choose, html.Div(button, className="vg-acts"), said,
         html.P(note, className="vg-quiet vg-small")],
        id="setup-upload",
        className="vg-form",
        **{"data-connector": connector}
        | {f"data-{name}": text for name, text in words.items()},
    )  # fmt: skip


def arriving() -> Component:
    """The first contacts, as they come in: live."""
    count = live("total.offered", "integer", className="vg-setup-count")
    today = html.P([html.Span(_("Contacts today")), count], className="vg-setup-today")
    return html.Div([today, listing("sources"), html.A(_("Every source"), href="/sources")],
                    className="vg-form")  # fmt: skip
