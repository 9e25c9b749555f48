"""Where the demo's customers find its modes: addresses that belong to nobody."""

from __future__ import annotations

from datetime import datetime

from app.bootstrap import House
from app.decision import Decision
from app.hub.places import LinkWanted, PlacesChange, read_places, replace_places

#: Numbers and names that are kept free for such use (ARCEP, RFC 2606).
LINKS = {
    "phone": "tel:+33199000000",
    "email": "mailto:contact@example.com",
    "form": "https://example.com/contact",
    "selfcare": "https://example.com/help",
    "appointment": "https://example.com/appointment",
}


def seed_links(house: House, now: datetime) -> None:
    """Give the modes their links, where nobody has given any."""
    links = [LinkWanted(channel=channel, link=link) for channel, link in LINKS.items()]
    with house.database.connect() as connection:
        if not read_places(connection).links:
            change = PlacesChange(links=links, clues=None, why="the demo’s own addresses")
            replace_places(connection, change, Decision("demo", change.why, now))
