"""Preferences: the language, the colours, help, leaving."""

from __future__ import annotations

from collections.abc import Iterator

from app.i18n import N_, _, language, languages, name_of
from app.palette import Asked, Target

ORDER = 70
TITLE = N_("Preferences")
_THEMES = {
    "light": N_("Light colours"),
    "dark": N_("Dark colours"),
    "auto": N_("Colours as the device has them"),
}


def targets(asked: Asked) -> Iterator[Target]:
    """Every other language, every scheme of colours; what has no address of its own."""
    for code in languages():
        if code != language():
            yield Target(name_of(code).capitalize(), act=f"language:{code}", more=_("Language"))
    for scheme, title in _THEMES.items():
        yield Target(_(title), act=f"theme:{scheme}", words=f"theme {scheme}")
    yield Target(_("Keyboard shortcuts"), act="press:#vigie-help", more="?")
    yield Target(_("Take the tour"), act="tour:")
    yield Target(_("Forget my filters and columns"), act="forget:")
    yield Target(_("Log out"), act="press:#vigie-logout", words="logout exit")
