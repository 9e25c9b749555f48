"""Incidents: what the house could not do is an alert as every other, and nobody's to write."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from app.alerts import incidents
from app.alerts.book import AlertBook
from app.alerts.errors import InvalidAlert
from app.alerts.model import Kind
from app.alerts.records import Status, Why
from app.bootstrap import House
from app.errors import Conflict
from app.exposure.desk import reading
from tests.app.alerts.conftest import ANA, WAITS, Look, after

NAME = "report-board"


def undone(house: House, many: int, minutes: int) -> None:
    with reading(house.database) as desk:
        incidents.tell(desk.rows, NAME, many, after(minutes), mails=False)


def test_it_fires_while_something_is_undone_and_is_over_when_nothing_is(
    house: House, book: AlertBook, look: Look
) -> None:
    undone(house, 0, 1)
    assert book.list() == ()
    undone(house, 2, 2)
    undone(house, 3, 3)
    [firing] = book.firing()
    assert (firing.alert.name, firing.value, firing.status(after(3))) == (NAME, 2, Status.FIRING)
    assert firing.told_at == after(2)
    book.acknowledge(firing.id, ANA, after(4))
    look(5)  # nobody reads it: it is told
    assert len(book.firing()) == 1
    undone(house, 0, 6)
    assert book.firing() == ()
    [over] = book.history()
    assert (over.over_why, over.over_at) == (Why.BACK, after(6))


def test_nobody_writes_one_or_takes_its_name(house: House, book: AlertBook) -> None:
    with pytest.raises(InvalidAlert, match="raised by the house itself"):
        book.save(replace(WAITS, kind=Kind.INCIDENT), ANA, after(0))
    undone(house, 1, 1)
    with pytest.raises(Conflict, match="take another name"):
        book.save(replace(WAITS, name=NAME), ANA, after(2))
    book.switch(NAME, False, ANA, after(3))
    undone(house, 5, 4)
    assert book.firing() == ()
