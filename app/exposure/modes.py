"""What there is to offer: contact modes, and the words of a scope.  Both are rows."""

from __future__ import annotations

import msgspec


class Mode(msgspec.Struct, frozen=True):
    """One way to reach us; `human` says that people answer there."""

    channel: str
    human: bool
    label_fr: str
    label_en: str

    def label(self, language: str) -> str:
        """The customer's words for it: English when asked for, else French."""
        return self.label_en if language == "en" else self.label_fr


class Word(msgspec.Struct, frozen=True):
    """A reason, segment or surface (`kind`) that a scope may name."""

    kind: str
    word: str
    label_fr: str
    label_en: str
    #: Known, and offered for no new choice.
    retired: bool = False


#: What the hub offers before it has ever read the database: everything, so that every human
#: channel is reachable.  The same as a new database holds.
DEFAULT_MODES = (
    Mode("phone", True, "Téléphone", "Phone"),
    Mode("callback", True, "Être rappelé", "Call me back"),
    Mode("chat", True, "Chat", "Chat"),
    Mode("messaging", True, "Messagerie", "Messaging"),
    Mode("video", True, "Visio", "Video call"),
    Mode("email", True, "E-mail", "E-mail"),
    Mode("form", True, "Formulaire", "Contact form"),
    Mode("appointment", True, "Rendez-vous", "Appointment"),
    Mode("chatbot", False, "Assistant virtuel", "Virtual assistant"),
    Mode("selfcare", False, "Aide en ligne", "Online help"),
)
