"""An invented shop that carries the button: what a customer sees, without a site of one's own.

It is strict as a good shop is: no inline script, no inline style, nothing from elsewhere.
"""

from __future__ import annotations

from html import escape

from app.button.place import Place
from app.i18n import N_, _

_TEXTS = {
    "name": N_("Lampe Aube"),
    "bar": N_("Free delivery from 60 € · Returns within 30 days"),
    "lamps": N_("Lamps"),
    "workshop": N_("The workshop"),
    "orders": N_("My orders"),
    "crumbs": N_("Home › Lamps › Table lamps"),
    "stars": N_("★★★★★ 4.8 · 212 reviews"),
    "price": N_("129 €"),
    "stock": N_("In stock, shipped tomorrow"),
    "lead": N_(
        "A table lamp in spun steel, turned and painted in our workshop. Warm light, dimmed "
        "with one finger, repairable for ten years."
    ),
    "buy": N_("Add to basket"),
    "fact1": N_("Delivered in 48 hours"),
    "fact1_more": N_("To your door or to a collection point."),
    "fact2": N_("Two-year guarantee"),
    "fact2_more": N_("And spare parts for ten."),
    "fact3": N_("Advice from the workshop"),
    "fact3_more": N_("By chat, by phone or by video."),
    "invented": N_("This shop is invented: it shows Vigie’s button as your customers see it."),
    "opened": N_("On your site «{label}» opens here."),
    "answered": N_("I have my answer"),
    "picture": N_("A green table lamp on a wooden table"),
}
_LAMP = """<svg viewBox="0 0 560 440" role="img" aria-label="{picture}">
<rect class="wall" width="560" height="440"/><circle class="halo" cx="280" cy="215" r="170"/>
<rect class="table" y="350" width="560" height="90"/>
<path class="glow" d="M205 210h150l36 140H169z" opacity=".55"/>
<rect class="stem" x="274" y="200" width="12" height="150"/>
<rect class="stem" x="215" y="342" width="130" height="14" rx="7"/>
<path class="shade" d="M232 90h96l46 124H186z"/><rect class="glow" x="186" y="210" width="188" height="9" rx="4"/>
</svg>"""  # noqa: E501


def shop_page(place: Place, settings: dict[str, str]) -> str:
    """The document in the place's language, with the button set as `settings` say."""
    says = {key: escape(_(text)) for key, text in _TEXTS.items()}
    told = {"surface": "web", **place.told(), **settings}
    data = "".join(f' data-{name}="{escape(value)}"' for name, value in told.items())
    facts = "".join(
        f"<li><b>{says[key]}</b><span>{says[f'{key}_more']}</span></li>"
        for key in ("fact1", "fact2", "fact3")
    )
    return f"""<!DOCTYPE html>
<html lang="{place.language or "fr"}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{says["name"]} – Maison Clairière</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="demo.css">
</head>
<body>
<div class="bar">{says["bar"]}</div>
<header class="top">
<a class="brand" href="#shop"><svg viewBox="0 0 24 24" aria-hidden="true"><path class="shade"
 d="M9 4h6l3 8H6z"/><path class="stem" d="M11 12h2v6h4v2H7v-2h4z"/></svg>Maison Clairière</a>
<nav aria-label="Maison Clairière"><a href="#shop">{says["lamps"]}</a>
<a href="#shop">{says["workshop"]}</a><a href="#shop">{says["orders"]}</a></nav>
</header>
<main id="shop">
<p class="crumbs">{says["crumbs"]}</p>
<div class="product">
<div class="picture">{_LAMP.format(picture=says["picture"])}</div>
<div>
<h1>{says["name"]}</h1>
<p class="stars">{says["stars"]}</p>
<p class="price">{says["price"]}</p>
<p class="stock">{says["stock"]}</p>
<p class="lead">{says["lead"]}</p>
<button type="button" class="buy">{says["buy"]}</button>
</div>
</div>
<ul class="facts">{facts}</ul>
</main>
<footer class="foot">{says["invented"]}</footer>
<div id="opened" class="toast" role="status" hidden data-words="{says["opened"]}">
<p></p><button type="button">{says["answered"]}</button></div>
<script src="demo.js" defer></script>
<script src="button.js" async{data}></script>
</body>
</html>"""
