"""The audit gives away every change that did not go through the service."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from app.exposure.audit import sealed
from app.exposure.model import Actor, Change, State
from app.exposure.service import ExposureService
from ingest.database import Database
from tests.app.exposure.agreed import Agreed

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ANA = Actor("user", "ana", ("operator",))


@pytest.fixture
def service(database: Database) -> ExposureService:
    """Switch 1 changed twice, switch 2 once: entries 1, 2, 3."""
    service = Agreed(database)
    for reason, share in (("billing", 10), ("billing", 50), ("delivery", 100)):
        change = Change(
            channel="phone", reason=reason, state=State.CLOSED, share=share, why="it burns",
            expires_at=NOW + timedelta(hours=1),
        )  # fmt: skip
        service.set(change, ANA, NOW)
    return service


def problems_after(service: ExposureService, database: Database, tampering: str) -> str:
    with database.connect() as connection:
        touched = connection.execute(tampering)
        assert touched.rowcount > 0
    return "; ".join(service.verify().problems)


def test_an_untouched_audit_holds(service: ExposureService) -> None:
    found = service.verify()
    assert (found.entries, found.problems) == (3, ())


@pytest.mark.parametrize(
    "changed",
    [
        "at = at + interval '1 microsecond'",
        "actor_kind = 'User'",
        "actor_name = 'anb'",
        "action = 'revert'",
        "switch_id = 2",
        "before = replace(before, '10', '11')",
        "after = replace(after, 'closed', 'opened')",
        "after = after || ' '",
        "why = 'it burnt'",
        "previous = overlay(previous placing '0' from 1 for 2)",
        "hash = translate(hash, '0123456789abcdef', '123456789abcdef0')",
    ],
)
def test_one_changed_byte_is_found_and_its_entry_named(
    service: ExposureService, database: Database, changed: str
) -> None:
    tampering = f"update exposure_audit set {changed} where seq = 2"
    assert "entry 2" in problems_after(service, database, tampering)


def test_a_removed_entry_is_found(service: ExposureService, database: Database) -> None:
    tampering = "delete from exposure_audit where seq = 2"
    assert "entry 3 stands where entry 2 should" in problems_after(service, database, tampering)


def test_a_removed_last_entry_is_found(service: ExposureService, database: Database) -> None:
    tampering = "delete from exposure_audit where seq = 3"
    assert "switch 2 is not what the audit made it" in problems_after(service, database, tampering)


@pytest.mark.parametrize(
    "tampering",
    [
        "update exposure_switches set share = 99 where id = 2",
        "update exposure_switches set expires_at = expires_at + interval '1 hour' where id = 2",
        "delete from exposure_switches where id = 2",
        "insert into exposure_switches select 3, 'chat', reason, segment, surface, state, share,"
        " message_fr, message_en, why, owner, starts_at, expires_at, version, updated_at"
        " from exposure_switches where id = 2",
    ],
)
def test_a_switch_changed_behind_the_audits_back_is_found(
    service: ExposureService, database: Database, tampering: str
) -> None:
    assert "is not what the audit made it" in problems_after(service, database, tampering)


def test_an_entry_hashed_anew_breaks_the_chain_behind_it(
    service: ExposureService, database: Database
) -> None:
    forged = sealed(msgspec.structs.replace(service.history()[1], why="calm"))
    changed = f"why = 'calm', hash = '{forged.hash}'"
    tampering = f"update exposure_audit set {changed} where seq = 2"
    assert problems_after(service, database, tampering) == (
        "entry 3 does not follow the entry before it"
    )
