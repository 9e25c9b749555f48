"""The answer says which switch, rule or calendar decided; no operator's word makes a rule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.components.exposure_board import read_board
from app.components.exposure_matrix import _decider
from app.exposure.effective import Context
from app.exposure.model import Actor, Change, State
from app.exposure.service import ExposureService
from app.exposure.sight import sights
from app.exposure.surroundings import surroundings
from app.hub.deciding import Decider
from app.hub.decision import Offers
from app.hub.ivr import spoken
from app.hub.known import Snapshot, packed, unpacked
from app.hub.reading import read_rows
from ingest.database import Database

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
OPERATOR = ("viewer", "operator")
ANA = Actor("user", "ana", OPERATOR)
RULE = Actor("rule", "phone-overload", OPERATOR, "ana")
SCOPE = "phone × billing × any × any"


@pytest.fixture
def service(database: Database) -> ExposureService:
    return ExposureService(database)


def tucked(**told: object) -> Change:
    given = {"state": State.TUCKED, "why": "calls", "expires_at": NOW + 5 * HOUR}
    return Change(channel="phone", reason="billing", **given | told)  # type: ignore[arg-type]


def snapshot(database: Database) -> Snapshot:
    with database.connect() as connection:
        return Snapshot(ExposureService(database).read(), NOW, read_rows(connection))


def told(known: Snapshot, now: datetime, visitor: str | None = None) -> str:
    """What hub and voice menu say decided; the same."""
    decider = Decider(known, surroundings(known.rows))
    made = decider.decide(Context(reason="billing", visitor=visitor), now)
    offer = next(one for one in made.offers if one.channel == "phone")
    answer = spoken(Offers(known.exposure.revision, NOW, made.offers), "phone")
    assert answer.decided_by == offer.decided_by
    assert f'"decided_by":"{offer.decided_by}"'.encode() in made.json
    return offer.decided_by


def by(database: Database, now: datetime) -> str:
    """rule or person, as the cockpit has it."""
    board = read_board(database, now)
    found = sights(board.exposure, board.around, Context(reason="billing"), now)
    return _decider(next(one for one in found if one.offer.channel == "phone"), board)


def test_a_switch_that_a_rule_has_set_names_the_rule(
    service: ExposureService, database: Database
) -> None:
    service.set(tucked(owner=RULE.name), RULE, NOW)
    assert told(snapshot(database), NOW) == f"rule phone-overload by switch 1 ({SCOPE})"
    assert by(database, NOW) == "rule"


def test_who_is_outside_of_its_share_reads_the_rule_too(
    service: ExposureService, database: Database
) -> None:
    service.set(tucked(owner=RULE.name, share=0), RULE, NOW)
    outside = f"outside the 0 % of rule phone-overload by switch 1 ({SCOPE})"
    assert told(snapshot(database), NOW, "v-1") == outside


def test_an_owner_is_a_word_and_makes_no_rule(service: ExposureService, database: Database) -> None:
    service.set(tucked(owner="phone-overload"), ANA, NOW)
    assert told(snapshot(database), NOW) == f"switch 1 ({SCOPE})"
    assert by(database, NOW) == "person"
    service.set(tucked(owner="rule phone-overload", share=50), Actor("cli", "rule", OPERATOR), NOW)
    assert told(snapshot(database), NOW).endswith(f"switch 1 ({SCOPE})")
    assert "rule" not in told(snapshot(database), NOW)


def test_who_takes_a_rules_switch_over_decides_from_then_on(
    service: ExposureService, database: Database
) -> None:
    service.set(tucked(owner=RULE.name), RULE, NOW)
    before = snapshot(database)
    service.set(tucked(owner=RULE.name, share=50), ANA, NOW + MINUTE)
    assert told(snapshot(database), NOW + MINUTE, "v-1").endswith(f"switch 1 ({SCOPE})")
    assert "rule" not in told(snapshot(database), NOW + MINUTE)
    # What is known of before does not make the new one a rule's.
    mixed = Snapshot(snapshot(database).exposure, NOW, before.rows)
    assert "rule" not in told(mixed, NOW + MINUTE)


def test_a_hub_without_a_database_still_names_the_rule(
    service: ExposureService, database: Database
) -> None:
    service.set(tucked(owner=RULE.name), RULE, NOW)
    kept = unpacked(packed(snapshot(database)), NOW)
    assert told(kept, NOW) == f"rule phone-overload by switch 1 ({SCOPE})"
