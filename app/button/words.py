"""Every sentence that customers read: in the script, and on the page without it."""

from __future__ import annotations

from functools import cache

from app.i18n import N_, _, speaking

#: The languages of the button; a page in any other is spoken to in English.
LANGUAGES = ("fr", "en")
_TEXTS = {
    "launch": N_("Need help?"),
    "title": N_("Contact us"),
    "close": N_("Close"),
    "back": N_("Back"),
    "about": N_("What is it about?"),
    "anything": N_("Any question"),
    "best": N_("Advised"),
    "more": N_("More ways"),
    "shut": N_("Closed for now"),
    "hours_over": N_("Outside opening hours."),
    "not_now": N_("Not available for the moment."),
    "opens": N_("Opens again {when}."),
    "at": N_("{day} at {time}"),
    "instead": N_("Meanwhile: {label}."),
    "wait_now": N_("Less than a minute of wait"),
    "wait_min": N_("About {n} min of wait"),
    "wait_h": N_("About {n} h of wait"),
    "reply_min": N_("Reply within about {n} min"),
    "reply_h": N_("Reply within about {n} h"),
    "today": N_("Today {hours}"),
    "unsure": N_("Opening hours and waits cannot be checked at the moment."),
    "changed": N_("The ways to reach us have changed."),
    "wait": N_("One moment…"),
    "no_way": N_("{label} cannot be opened from this page."),
    "cb_when": N_("When shall we call you?"),
    "cb_best": N_("{time} (less wait)"),
    "cb_phone": N_("Your phone number"),
    "cb_name": N_("Your name (optional)"),
    "cb_go": N_("Call me back"),
    "cb_why": N_("Your number serves this call only."),
    "cb_zone": N_("Times are those of {zone}."),
    "cb_need": N_("Enter the number at which we reach you."),
    "cb_none": N_("No time is free at the moment."),
    "cb_full": N_("That time was just taken: choose another one."),
    "cb_off": N_("Nothing was booked: we could not be reached. Try again in a moment."),
    "cb_test": N_("Preview: nothing is booked."),
    "cb_done": N_("We call you back"),
}


@cache
def words(language: str) -> dict[str, str]:
    """The sentences in that language, by key, with their ``{places}`` open."""
    with speaking(language):
        return {key: _(text) for key, text in _TEXTS.items()}


def language_of(asked: str | None) -> str | None:
    """fr-CA → fr, en → en; None where it is neither."""
    primary = (asked or "").lower().partition("-")[0]
    return primary if primary in LANGUAGES else None
