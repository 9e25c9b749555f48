"""Icons drawn by us, inline: a span whose mask is an SVG of ``assets/icons.css``.

Nothing is fetched, the colour is the text's.  A new icon is one line in that stylesheet.
"""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

#: Pixels, as in ``icons.css``.
_USUAL = 16
#: Channels that have a drawing of their own; the others wear the bubble.
_CHANNELS = {
    "phone": "phone",
    "callback": "callback",
    "video": "video",
    "chat": "chat",
    "email": "mail",
    "form": "form",
    "letter": "mail",
    "messaging": "message",
    "whatsapp": "message",
    "sms": "message",
    "telegram": "message",
    "chatbot": "bot",
    "voicebot": "bot",
    "selfcare": "screen",
    "branch": "home",
    "appointment": "calendar",
}


def icon(name: str, *, size: int = _USUAL, label: str | None = None) -> Component:
    """The icon ``name``; hidden from screen readers unless it carries a label."""
    spoken = {"role": "img", "aria-label": label} if label else {"aria-hidden": "true"}
    # The usual size is the style sheet's: pages that are not drawn by scripts have no other.
    sized = {} if size == _USUAL else {"style": {"width": f"{size}px", "height": f"{size}px"}}
    return html.Span(className="vg-icon", **{"data-icon": name}, **spoken, **sized)


def channel_icon(channel: str, *, size: int = _USUAL) -> Component:
    """The icon of a channel, known or not."""
    return icon(_CHANNELS.get(channel, "message"), size=size)


def channel_icons() -> dict[str, str]:
    """Icon names by channel, for the browser."""
    return dict(_CHANNELS)
