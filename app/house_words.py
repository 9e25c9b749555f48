"""The house's own words for channels, reasons, segments, surfaces and states.

They are open lists: a name we do not know is shown as the data writes it, made readable.
"""

from __future__ import annotations

from app.i18n import N_, _, spoken
from kpis.service_level import FORMULAS

CHANNELS = {
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
MODALITIES = {
    "sync": N_("Sync"),
    "near-sync": N_("Near-sync"),
    "async": N_("Async"),
    "bot": N_("Bot"),
}
STATES = {
    "promoted": N_("Promoted"),
    "open": N_("Open"),
    "tucked": N_("Tucked"),
    "closed": N_("Closed"),
}
REASONS = {
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
SEGMENTS = {
    "traditional": N_("Traditional"),
    "online": N_("Online only"),
    "online-only": N_("Online only"),
    "online_only": N_("Online only"),
    "premium": N_("Premium"),
    "standard": N_("Standard"),
    "business": N_("Business"),
}
SURFACES = {
    "web": N_("Web site"),
    "client_area": N_("Client area"),
    "client-area": N_("Client area"),
    "app": N_("Mobile app"),
    "email_signature": N_("E-mail signature"),
    "email-signature": N_("E-mail signature"),
    "qr": N_("QR code"),
    "ivr": N_("Voice menu"),
}

#: What a site may name otherwise, by kind.
NAMED = {"channel": CHANNELS, "reason": REASONS, "segment": SEGMENTS, "surface": SURFACES}


def plain(kind: str, name: str) -> str:
    """What the house calls it where the site has no name of its own."""
    return said(NAMED[kind], name)


def formula(name: str) -> str:
    """A service-level formula's id → its name in words."""
    return spoken(FORMULAS[name].labels) if name in FORMULAS else readable(name)


def said(words: dict[str, str], name: str) -> str:
    """The word in the reader's language."""
    return _(words[name]) if name in words else readable(name)


def readable(name: str) -> str:
    """A name of the data as a person writes it: «new_contract» → «New contract»."""
    words = name.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:]
