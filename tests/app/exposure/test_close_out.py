"""What is over is written down once: by any number at once, killed or not, on the longest night."""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.bootstrap import House
from app.duties import close_out
from app.exposure import carrying
from app.exposure.effective import Context, effective
from app.exposure.model import Actor, Change, State
from app.exposure.service import ExposureService
from app.outbox import subscribers
from app.outbox.addresses import Reach

PARIS = ZoneInfo("Europe/Paris")
ANA = Actor("user", "ana", ("operator",))
MINUTE = timedelta(minutes=1)
#: Clocks go forward from 2 to 3, back from 3 to 2; the hour from 2 to 3 is there twice then.
NIGHTS = [
    datetime(2026, 3, 29, 3, 30, tzinfo=PARIS),
    datetime(2026, 10, 25, 2, 30, tzinfo=PARIS),
    datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=PARIS),
]


def closed_until(house: House, end: datetime) -> ExposureService:
    """The phone is closed for the last half hour before `end`; other systems listen."""
    service, utc = ExposureService(house.database), end.astimezone(UTC)
    with house.database.connect() as rows:
        subscribers.add(rows, "widget", "https://chat.example.org/", (), "ana", utc, Reach())
    change = Change(channel="phone", state=State.CLOSED, why="the line is cut", expires_at=end)
    service.set(change, ANA, utc - 30 * MINUTE, emergency=True)
    return service


def told(house: House) -> list[str]:
    """The kinds of the messages, oldest first."""
    with house.database.connect() as rows:
        found = rows.execute("select kind from webhook_deliveries order by id").fetchall()
    return [row[0].rpartition(".")[2] for row in found]


def shown(service: ExposureService, now: datetime) -> State:
    exposure = service.read()
    offers = effective(exposure.switches, exposure.modes, Context(), now)
    return next(offer.state for offer in offers if offer.channel == "phone")


@pytest.mark.parametrize("end", NIGHTS, ids=["forward", "first", "second"])
def test_it_ends_on_the_minute_and_is_written_down_later(house: House, end: datetime) -> None:
    service, utc = closed_until(house, end), end.astimezone(UTC)
    close_out.run(house, utc - MINUTE)
    assert (shown(service, utc - MINUTE), told(house)) == (State.CLOSED, ["changed"])
    assert shown(service, utc) is State.OPEN  # nobody has written anything down yet
    for minutes in (0, 1, 90):
        close_out.run(house, utc + minutes * MINUTE)
    assert told(house) == ["changed", "expired"]
    last, _first = service.history()
    assert (last.action, last.actor_name, last.at) == ("close_out", "vigie", utc)
    assert service.verify().problems == ()


def forked(work: object) -> int:
    if (pid := os.fork()) == 0:
        try:
            work()  # type: ignore[operator]
        except Exception:
            os._exit(1)
        os._exit(0)
    return pid


def test_of_many_at_once_one_writes_it_down_though_others_are_killed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    end = datetime(2026, 11, 22, 12, tzinfo=UTC)
    service = closed_until(house, end)
    house.database.engine.dispose()

    def die(_desk: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)  # all is written, nothing committed

    def work(dies: bool) -> None:
        if dies:
            monkeypatch.setattr(carrying, "tell", die)
        close_out.run(house, end + MINUTE)

    pids = [forked(lambda: work(True)) for _ in range(2)]
    for pid in pids:
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
    assert told(house) == ["changed"]
    pids = [forked(lambda: work(False)) for _ in range(4)]
    assert {os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids} == {0}
    assert told(house) == ["changed", "expired"]
    assert [entry.action for entry in service.history()] == ["close_out", "emergency"]
    assert service.verify().problems == ()
