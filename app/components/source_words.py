"""What the browser says of the sources: their states in a word, and what to do about each."""

from __future__ import annotations

from app.i18n import _


def source_texts() -> dict[str, str]:
    """Sentences of ``assets/sources.js`` and ``assets/standings.js``; ``{…}`` are their places."""
    return {**_states(), **_ledger(), **_what_to_do()}


def _states() -> dict[str, str]:
    return {
        "source_live": _("Live"),
        "source_quiet": _("Quiet"),
        "source_silent": _("Silent"),
        "source_failing": _("Failing"),
        "source_unattended": _("Unattended"),
        "source_imported": _("Imported"),
        "source_waiting": _("Never heard"),
        "way_pull": _("pulled"),
        "way_push": _("pushed"),
        "way_file": _("files"),
        "per_minute": _("{rate} / min"),
        "spark": _("Contacts today, by quarter hour"),
    }


def _ledger() -> dict[str, str]:
    return {
        "ledger_received": _("received"),
        "ledger_new": _("new"),
        "ledger_duplicate": _("duplicate"),
        "ledger_superseded": _("superseded"),
        "ledger_quarantined": _("quarantined"),
        "ledger_nothing": _("nothing received today"),
        "ledger_closes": _("it closes"),
        "ledger_astray": _("{count} astray"),
    }


def _what_to_do() -> dict[str, str]:
    return {
        "why_quiet": _("Nothing to tell, as usual at this time."),
        "why_silent": _(
            "Nothing for {time}, although it talks at this time as a rule: look at the tool, "
            "then at its link to Vigie."
        ),
        "why_unattended": _(
            "No worker has been at it for {time}: its news waits there. Start one, or look at "
            "its log:"
        ),
        "why_imported": _("Loaded from files; nothing of it comes in live."),
        "first_push": _("Give its vendor this address:"),
        "first_pull": _("Nothing received yet. Start the worker:"),
        "first_file": _("Nothing received yet. Load a file:"),
        "lacks_secret": _("Its secret is missing. Set this variable, then start again:"),
        "failing_since": _("Since {time}:"),
        "asked_again": _("It asked for a pause: asked again at {time}."),
        "inbox": _("Deliveries waiting to be stored: {count}, the oldest for {time}."),
    }
