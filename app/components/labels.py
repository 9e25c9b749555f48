"""The words of the floor in the reader's language, for Python and for the browser alike.

Channels, reasons, segments and surfaces are open lists: a name we do not know is shown as
the data writes it, made readable.
"""

from __future__ import annotations

from app.components.habit_words import habit_texts
from app.components.icons import channel_icons
from app.components.source_words import source_texts
from app.components.standstill import standstill_texts
from app.i18n import N_, _, language, spoken
from app.site.own_names import own_name, own_of
from kpis.catalogue import catalogue
from kpis.service_level import FORMULAS

ANY = "*"

_CHANNELS = {
    "phone": N_("Phone"),
    "callback": N_("Callback"),
    "video": N_("Video"),
    "chat": N_("Chat"),
    "email": N_("E-mail"),
    "form": N_("Form"),
    "messaging": N_("Messaging"),
    "whatsapp": N_("WhatsApp"),
    "sms": N_("SMS"),
    "telegram": N_("Telegram"),
    "social": N_("Social networks"),
    "chatbot": N_("Chatbot"),
    "voicebot": N_("Voicebot"),
    "selfcare": N_("Self-care"),
    "letter": N_("Letter"),
    "branch": N_("Branch"),
    "appointment": N_("Appointment"),
}
_MODALITIES = {
    "sync": N_("Sync"),
    "near-sync": N_("Near-sync"),
    "async": N_("Async"),
    "bot": N_("Bot"),
}
_STATES = {
    "promoted": N_("Promoted"),
    "open": N_("Open"),
    "tucked": N_("Tucked"),
    "closed": N_("Closed"),
}
_REASONS = {
    "billing": N_("Billing"),
    "delivery": N_("Delivery"),
    "subscription": N_("Subscription"),
    "complaint": N_("Complaint"),
    "complaints": N_("Complaints"),
    "contract": N_("Contract"),
    "technical": N_("Technical help"),
    "information": N_("Information"),
    "account": N_("Account"),
    "payment": N_("Payment"),
    "sale": N_("Sale"),
    "sales": N_("Sales"),
    "closing_sale": N_("Closing a sale"),
    "card": N_("Card"),
    "loan": N_("Loan"),
    "returns": N_("Returns"),
    "cancellation": N_("Cancellation"),
}
_SEGMENTS = {
    "traditional": N_("Traditional"),
    "online": N_("Online only"),
    "online-only": N_("Online only"),
    "online_only": N_("Online only"),
    "premium": N_("Premium"),
    "standard": N_("Standard"),
    "business": N_("Business"),
}
_SURFACES = {
    "web": N_("Web site"),
    "client_area": N_("Client area"),
    "client-area": N_("Client area"),
    "app": N_("Mobile app"),
    "email_signature": N_("E-mail signature"),
    "email-signature": N_("E-mail signature"),
    "qr": N_("QR code"),
    "ivr": N_("Voice menu"),
}

_NAMED = {"channel": _CHANNELS, "reason": _REASONS, "segment": _SEGMENTS, "surface": _SURFACES}


def channel(name: str) -> str:
    """«phone» → «Téléphone», or as the site calls it; any channel → «All channels»."""
    return _("All channels") if name == ANY else _named("channel", name)


def modality(name: str) -> str:
    """«near-sync» → «Quasi-synchrone»."""
    return _known(_MODALITIES, name)


def modalities() -> tuple[str, ...]:
    """How channels are judged."""
    return tuple(_MODALITIES)


def state(name: str) -> str:
    """«tucked» → «En retrait»."""
    return _known(_STATES, name)


def reason(name: str) -> str:
    """«billing» → «Facturation»; any reason → «All reasons»."""
    return _("All reasons") if name == ANY else _named("reason", name)


def segment(name: str) -> str:
    """«premium» → «Premium»; any segment → «All segments»."""
    return _("All segments") if name == ANY else _named("segment", name)


def surface(name: str) -> str:
    """«ivr» → «Serveur vocal»; any surface → «All surfaces»."""
    return _("All surfaces") if name == ANY else _named("surface", name)


def formula(name: str) -> str:
    """A service-level formula's id → its name in words."""
    return spoken(FORMULAS[name].labels) if name in FORMULAS else readable(name)


def states() -> tuple[str, ...]:
    """The four states, most to least visible."""
    return tuple(_STATES)


def known_channels() -> tuple[str, ...]:
    """The channels we have words for; sources may bring others."""
    return tuple(_CHANNELS)


def plain(kind: str, name: str) -> str:
    """What the house calls it where the site has no name of its own."""
    return _known(_NAMED[kind], name)


def _named(kind: str, name: str) -> str:
    return own_name(kind, name) or plain(kind, name)


def _known(words: dict[str, str], name: str) -> str:
    return _(words[name]) if name in words else readable(name)


def readable(name: str) -> str:
    """A name of the data as a person writes it: «new_contract» → «New contract»."""
    words = name.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:]


def for_browser() -> dict[str, object]:
    """Everything ``assets/*.js`` needs to speak: one JSON object in the shell."""
    return {
        "language": language(),
        "channels": _all(_CHANNELS) | own_of("channel"),
        "icons": channel_icons(),
        "modalities": _all(_MODALITIES),
        "states": _all(_STATES),
        "reasons": _all(_REASONS) | own_of("reason"),
        "segments": _all(_SEGMENTS) | own_of("segment"),
        "surfaces": _all(_SURFACES) | own_of("surface"),
        "formulas": {name: formula(name) for name in FORMULAS},
        "kpis": {key: spoken(kpi.labels) for key, kpi in catalogue().items()},
        "texts": _texts(),
    }


def _all(words: dict[str, str]) -> dict[str, str]:
    return {name: _(text) for name, text in words.items()}


def _texts() -> dict[str, str]:
    """Sentences the browser fills in itself; ``{…}`` are its places."""
    return {
        "live": _("Live"),
        "connecting": _("Connecting…"),
        "stale": _("Stale"),
        "stale_since": _("Stale since {time}"),
        "stale_why": _("no news from the server: the figures below are the last known ones"),
        "good": _("On target"),
        "near": _("Near target"),
        "bad": _("Below target"),
        "promise": _("{goal} within {time}"),
        "against_last_week": _("{change} on last week at this time"),
        "same_as_last_week": _("as last week at this time"),
        "nothing_last_week": _("nothing to compare with last week"),
        "time_left": _("{time} left"),
        "no_expiry": _("no end set"),
        "over": _("over"),
        "any_channel": channel(ANY),
        "any_reason": reason(ANY),
        "any_segment": segment(ANY),
        "any_surface": surface(ANY),
        "no_switches": _("No switch is set: every channel is offered as usual."),
        "no_channels": _("No contact yet today."),
        "no_alerts": _("Nothing fires now."),
        "alerts_fire": _("{count} alerts"),
        "warning": _("Warning"),
        "critical": _("Critical"),
        "no_sources": _("No source is connected yet."),
        "lag": _("{time} behind"),
        "oldest": _("oldest {time}"),
        "nobody_waits": _("nobody is waiting"),
        "on": _("on {queue}"),
        "revert": _("Revert"),
        "revert_switch": _("Revert: {scope}"),
        "by": _("by {who}"),
        "today": _("Today"),
        "so_far": _("Today, quarter still running"),
        "last_week": _("Last week"),
        "last_four": _("Same weekday, last 4"),
        "from_to": _("{least} to {most}"),
        "others": _("Other"),
        "share": _("{share} of visitors"),
        "from": _("from {time}"),
        "in_force": _("{count} in force"),
        "confirm": _("Confirm?"),
        **source_texts(),
        **standstill_texts(),
        **habit_texts(),
    }
