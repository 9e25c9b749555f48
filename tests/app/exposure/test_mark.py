"""Whatever the exposure page shows of the database changes its mark, and nothing else does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from app.exposure.approvals import Pending
from app.exposure.mark import read_mark
from app.exposure.model import Actor, Change, State
from app.exposure.rules.book import RuleBook
from app.exposure.rules.model import Condition, Measure, Rule, RuleMode
from app.exposure.service import ExposureService
from ingest.database import Database

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ANA, BOB = (Actor("user", name, ("operator",)) for name in ("ana", "bob"))
CLOSING = Change(
    channel="video", state=State.CLOSED, why="x", expires_at=NOW + timedelta(hours=1)
)  # fmt: skip
RULE = Rule(
    name="r", channel="phone",
    conditions=(Condition(measure=Measure.LONGEST_WAIT, enter=300, exit=180),),
)  # fmt: skip


def test_every_act_gives_another_mark_and_looking_gives_the_same(database: Database) -> None:
    service, book = ExposureService(database), RuleBook(database)
    marks: list[str] = []

    def look(now: datetime = NOW) -> None:
        with database.engine.connect() as connection:
            found = {read_mark(connection, now) for _ in range(2)}
        assert len(found) == 1
        marks.extend(found)

    look()
    pending = service.propose(CLOSING, ANA, NOW)
    assert isinstance(pending, Pending)
    look()
    (switch,) = service.approve(pending.id, BOB, NOW)
    look()
    service.revert(switch.id, ANA, NOW)
    look()
    book.save(RULE, ANA, NOW)
    look()
    book.try_on("r", 1, ANA, NOW)
    look()
    book.switch("r", RuleMode.AUTO, ANA, NOW)
    look()
    look(NOW + timedelta(minutes=1))
    assert len(set(marks)) == len(marks)
