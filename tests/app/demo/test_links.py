"""The demo's modes are found somewhere, unless somebody has said where."""

from __future__ import annotations

from datetime import UTC, datetime

from app.bootstrap import House
from app.decision import Decision
from app.demo.links import LINKS, seed_links
from app.hub.places import LinkWanted, PlacesChange, read_places, replace_places

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_a_new_demo_has_links_and_keeps_those_that_were_given(house: House) -> None:
    seed_links(house, NOW)
    with house.database.connect() as connection:
        assert len(read_places(connection).links) == len(LINKS)
        own = PlacesChange(links=[LinkWanted(channel="phone", link="tel:+33170000000")], why="ours")
        replace_places(connection, own, Decision("otto", own.why, NOW))
    seed_links(house, NOW)
    with house.database.connect() as connection:
        [link] = read_places(connection).links
    assert link.link == "tel:+33170000000"
