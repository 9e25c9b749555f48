"""Half of the simulated centre's visitors: half of them, and always the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from app.demo.asking import HubClient
from app.exposure.model import Actor, Change, State
from app.exposure.service import ExposureService
from app.hub.decision import Hub
from ingest.database import Database
from sample_data.simulator import Need, Simulator
from tests.app.demo.test_asking import served
from tests.extent import extent

#: A Tuesday, 10:00 in Paris.
START = datetime(2026, 11, 17, 9, 0, tzinfo=UTC)
OTTO = Actor("user", "otto", ("viewer", "operator"))
#: So many that 3 points are more than three standard deviations.
VISITORS = extent(2600, 6000)


@dataclass(slots=True)
class Asked:
    """The customers of the simulator ask the hub; what each saw of the phone is noted."""

    hub: HubClient
    seen: dict[str, dict[str, list[str]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )

    def __call__(self, need: Need, now: datetime) -> Mapping[str, str]:
        states = self.hub(need, now)
        self.seen[need.reason][need.customer.crm].append(states["phone"])
        return states


def half_of_the_phone_for_billing(database: Database, state: State) -> None:
    now = datetime.now(UTC)
    change = Change(
        channel="phone", reason="billing", state=state, share=50, why="overload",
        expires_at=now + timedelta(hours=1),
    )  # fmt: skip
    ExposureService(database).set(change, OTTO, now, emergency=state is State.CLOSED)


@pytest.mark.parametrize("state", [State.TUCKED, State.CLOSED])
def test_at_a_share_of_50_half_of_the_visitors_see_it_and_always_the_same(
    database: Database, state: State
) -> None:
    half_of_the_phone_for_billing(database, state)
    hub = Hub(database.conninfo)
    with served(hub) as port, closing(HubClient("127.0.0.1", port)) as client:
        assert hub.wait_for(lambda snapshot: bool(snapshot.exposure.switches), 10)
        asked = Asked(client)
        simulator = Simulator(11, START - timedelta(hours=1))
        simulator.advance(START)
        simulator.live(asked, 20)
        now = START
        while len(asked.seen["billing"]) < VISITORS:
            now += timedelta(minutes=5)
            simulator.advance(now)
    billing = asked.seen["billing"]
    inside = {crm for crm, states in billing.items() if state.value in states}
    assert abs(len(inside) / len(billing) - 0.5) <= 0.03
    assert all(len(set(states)) == 1 for states in billing.values())
    assert sum(len(states) > 1 for states in billing.values()) > 300
    assert {one for states in billing.values() for one in states} == {"open", state.value}
    others = (told for reason, told in asked.seen.items() if reason != "billing")
    assert {one for told in others for states in told.values() for one in states} == {"open"}
