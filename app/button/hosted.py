"""The same offers as a page of its own: for a QR code, an e-mail, and who has no script.

The list is written by the server; where the script runs, it takes the list's place and keeps
it up to date.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from html import escape
from math import ceil
from zoneinfo import ZoneInfo

from babel import dates

from app.button.place import Place
from app.button.script import drawings
from app.button.words import words
from app.exposure.effective import Context, Offer
from app.exposure.model import State
from app.exposure.modes import Word
from app.hub.decision import Hub
from app.hub.known import Snapshot
from app.i18n import N_, _

#: Answered some time after they are written; of the others one is told how long the wait is.
WRITTEN = frozenset({"email", "form", "messaging", "letter"})
_HELP = N_("How can we help you?")
_TODAY, _TOMORROW = N_("today"), N_("tomorrow")
_IN_SIGHT = (State.PROMOTED, State.OPEN)


def hosted_page(hub: Hub, place: Place, now: datetime, *, preview: bool) -> str:
    """The document in the place's language; a `preview` tells and books nothing."""
    language = place.language or "fr"
    told = {**place.told(), "into": "offers", **({"preview": ""} if preview else {})}
    data = "".join(f' data-{name}="{escape(value)}"' for name, value in told.items())
    return f"""<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{escape(_(_HELP))}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="page.css">
</head>
<body>
<main>
<h1>{escape(_(_HELP))}</h1>
<div id="offers"><div class="r in">
{_Listed(hub, place, now, preview).html()}
</div></div>
</main>
<script src="button.js" defer{data}></script>
</body>
</html>"""


class _Listed:
    """The offers of one place at one moment, as a list that needs no script."""

    def __init__(self, hub: Hub, place: Place, now: datetime, preview: bool) -> None:
        self._place, self._now = place, now
        self._preview = "1" if preview else ""
        self._language = place.language or "fr"
        self._says = words(self._language)
        self._zone = ZoneInfo(zone_of(hub.snapshot) or "UTC")
        context = Context(place.surface, place.reason, place.segment, language=self._language)
        self._offers = hub.offers(context, now).offers
        words_known = hub.snapshot.exposure.words
        self._reasons = [one for one in words_known if one.kind == "reason" and not one.retired]

    def html(self) -> str:
        tucked = self._rows(State.TUCKED)
        closed = self._rows(State.CLOSED)
        more = f"{escape(self._says['more'])} ({tucked.count('<li ')})"
        return "\n".join(
            [
                self._menu(),
                f"<ul>{self._rows(*_IN_SIGHT)}</ul>",
                f'<details><summary class="more">{more}</summary><ul>{tucked}</ul></details>'
                if tucked
                else "",
                f"<h3>{escape(self._says['shut'])}</h3><ul>{closed}</ul>" if closed else "",
            ]
        )

    def _menu(self) -> str:
        if not self._reasons:
            return ""
        links = "".join(self._reason(word) for word in self._reasons)
        return f"<nav><p>{escape(self._says['about'])}</p><ul>{links}</ul></nav>"

    def _reason(self, word: Word) -> str:
        told = {**self._place.told(), "reason": word.word}
        query = escape(Place.of(told).query(preview=self._preview))
        here = ' aria-current="page"' if word.word == self._place.reason else ""
        label = word.label_en if self._language == "en" else word.label_fr
        return f'<li><a href="page{query}"{here}>{escape(label)}</a></li>'

    def _rows(self, *states: State) -> str:
        return "".join(self._row(offer) for offer in self._offers if offer.state in states)

    def _row(self, offer: Offer) -> str:
        path = escape(drawings().get(offer.channel, drawings()["messaging"]))
        best = f"<i>{escape(self._says['best'])}</i>" if offer.state is State.PROMOTED else ""
        lines = "".join(f"<small>{escape(line)}</small>" for line in self._lines(offer) if line)
        inside = (
            f'<svg viewBox="0 0 24 24" aria-hidden="true"><path d="{path}"/></svg>'
            f"<span>{best}<b>{escape(offer.label)}</b>{lines}</span>"
        )
        if offer.link and offer.selectable:
            way = f'<a class="o" href="{escape(offer.link)}">{inside}</a>'
        else:
            way = f'<div class="o">{inside}</div>'
        return f'<li class="{offer.state}">{way}</li>'

    def _lines(self, offer: Offer) -> list[str | None]:
        if offer.state is not State.CLOSED:
            return [offer.message, self._wait(offer), self._hours(offer)]
        by_hours = offer.decided_by.startswith("calendar")
        opens = offer.next_opening or offer.until
        other = next((one for one in self._offers if one.selectable), None)
        return [
            offer.message or self._says["hours_over" if by_hours else "not_now"],
            self._says["opens"].format(when=self._when(opens)) if opens else None,
            self._says["instead"].format(label=other.label) if other else None,
        ]

    def _hours(self, offer: Offer) -> str | None:
        hours = offer.opening_hours
        if hours is None or hours in ("closed", "00:00-24:00"):
            return None
        return self._says["today"].format(hours=hours.replace("-", "–").replace(",", ", "))

    def _wait(self, offer: Offer) -> str | None:
        if offer.wait_s is None:
            return None
        written = offer.channel in WRITTEN
        if offer.wait_s < 60 and not written:
            return self._says["wait_now"]
        minutes = max(1, ceil(offer.wait_s / 60))
        rounded = ceil(minutes / 5) * 5 if minutes > 10 else minutes
        kind = "reply" if written else "wait"
        if rounded < 60:
            return self._says[f"{kind}_min"].format(n=rounded)
        return self._says[f"{kind}_h"].format(n=ceil(offer.wait_s / 3600))

    def _when(self, at: datetime) -> str:
        local, today = at.astimezone(self._zone), self._now.astimezone(self._zone).date()
        ahead = local.date() - today
        if ahead < timedelta(days=2):
            day = _(_TODAY) if not ahead else _(_TOMORROW)
        else:
            day = dates.format_skeleton("MMMMEEEEd", local, locale=self._language)
        return self._says["at"].format(day=day, time=f"{local:%H:%M}")


def zone_of(snapshot: Snapshot) -> str | None:
    """The site's IANA zone as its calendars say it."""
    return next((week.zone for week in snapshot.rows.weeks), None)
