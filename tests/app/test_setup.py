"""The set-up page: who sees it, when, what it writes down, and a file that is loaded there."""

from __future__ import annotations

import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app import uploads
from app.access.accounts import Accounts
from app.bootstrap import House
from app.errors import WrongUse
from app.first_source import Draft, guides
from app.settings import Settings, Tables
from ingest.connector import connectors
from tests.app.conftest import Login
from tests.house import PASSWORD
from tests.journeys.test_cockpit import call, store

FILES, LOAD = "/api/v1/setup/files", "/api/v1/setup/load"
LOG = Path(__file__).parents[2] / "sample_data" / "asterisk"


@pytest.fixture
def ann(house: House, log_in: Login) -> TestClient:
    """An administrator's browser."""
    Accounts(house.database.engine).add("ann", "admin", PASSWORD, datetime.now(UTC))
    return log_in("ann")


def shown(browser: TestClient, path: str = "/") -> str:
    """The layout that the cockpit draws for a path."""
    asked = {
        "output": "vigie-page.children",
        "outputs": {"id": "vigie-page", "property": "children"},
        "inputs": [{"id": "vigie-url", "property": "pathname", "value": path}],
        "changedPropIds": ["vigie-url.pathname"],
    }
    answer = browser.post("/_dash-update-component", json=asked)
    assert answer.status_code == 200
    return answer.text


def test_an_empty_house_shows_its_administrator_the_way_to_a_first_source(
    ann: TestClient, log_in: Login, house: House
) -> None:
    assert "setup-connector" in shown(ann)
    assert "setup-connector" not in shown(log_in("otto"))
    store(house, [call("a", datetime.now(UTC))])
    assert "setup-connector" not in shown(ann)
    assert "setup-connector" in shown(ann, "/setup")
    assert "setup-connector" not in shown(log_in("otto"), "/setup")


def test_every_connector_is_offered_with_the_settings_of_its_documentation() -> None:
    offered = guides()
    assert set(offered) == set(connectors()) - {"simulator"}
    assert all(guide.ways and guide.told for guide in offered.values())
    assert list(offered["asterisk-queue-log"].options) == ["path", "channel", "site"]
    assert [
        guide.secret for guide in map(offered.get, ("imap", "chatwoot", "table", "mbox")) if guide
    ] == [True, True, False, False]
    assert not offered["asterisk-queue-log"].secret
    assert {"host", "user", "port", "folders"} <= set(offered["imap"].options)
    assert offered["zendesk"].options["history_days"] == "of the first reading, 7"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("/var/log/queue_log", "/var/log/queue_log"), ('a "b" \\ é', 'a "b" \\ é'), ("993", 993),
     ("true", True), ("[INBOX, Sent]", ["INBOX", "Sent"]), ("0033 1", "0033 1")],
)  # fmt: skip
def test_what_is_written_down_is_read_back_as_it_was_typed(typed: str, kept: object) -> None:
    draft = Draft("imap", "Paris é/1", {"path": typed, "site": " "})
    read = tomllib.loads(draft.toml())
    assert read == {"sources": {"Paris é/1": {"connector": "imap", "path": kept}}}
    Tables.model_validate(read)
    assert draft.source(Settings(home=Path("/tmp"))).options == {"path": kept}


def test_the_page_writes_down_what_is_typed_and_checks_it(ann: TestClient) -> None:
    told = [("setup-connector", "imap"), ("setup-name", "support")]
    fields = {"host": "mail.example.org", "user": "u"}
    ids = [{"type": "setup-option", "name": name} for name in fields]
    options = [
        [{"id": id, "property": kind, "value": value} for id, value in zip(ids, held, strict=True)]
        for kind, held in (("value", list(fields.values())), ("id", ids))
    ]
    state = [*({"id": id, "property": "value", "value": value} for id, value in told), *options]
    written = asked(ann, "setup-written", inputs=state, changed="setup-name.value")
    assert '[sources.support]\\nconnector = \\"imap\\"' in written
    assert "VIGIE_SOURCE_SUPPORT_SECRET" in written
    pressed = [{"id": "setup-check", "property": "n_clicks", "value": 1}]
    checked = asked(
        ann, "setup-checked", inputs=pressed, state=state, changed="setup-check.n_clicks"
    )
    assert "VIGIE_SOURCE_SUPPORT_SECRET" in checked


def asked(
    browser: TestClient, output: str, *, inputs: list[object], changed: str, state: object = ()
) -> str:
    """What a callback of the page answers."""
    request = {
        "output": f"{output}.children",
        "outputs": {"id": output, "property": "children"},
        "inputs": inputs,
        "state": state,
        "changedPropIds": [changed],
    }
    answer = browser.post("/_dash-update-component", json=request)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_a_name_that_no_screen_could_show_is_refused() -> None:
    for name in ("", "  ", "x" * 101, "a\nb"):
        with pytest.raises(WrongUse):
            Draft("imap", name, {}).toml()


def test_a_file_goes_in_piece_by_piece_and_twice_changes_nothing(ann: TestClient) -> None:
    content = next(LOG.glob("regular*")).read_bytes()
    first, again = (loaded(ann, content, 100) for _time in range(2))
    assert first["new"] == first["received"] > 0
    assert first["contacts"] > 0
    assert (again["duplicate"], again["new"]) == (first["new"], 0)
    assert again["contacts"] == 0


def loaded(browser: TestClient, content: bytes, piece: int) -> dict[str, int]:
    ticket = browser.post(FILES, json={"name": "queue_log"}).json()["ticket"]
    for at in range(0, len(content), piece):
        sent = browser.put(f"{FILES}/{ticket}?at={at}", content=content[at : at + piece])
        assert sent.json() == {"bytes": min(at + piece, len(content))}
    told = {"ticket": ticket, "connector": "asterisk-queue-log", "source": "pbx"}
    answer = browser.post(LOAD, json=told)
    assert answer.status_code == 200, answer.text
    ledger = answer.json()
    assert isinstance(ledger, dict)
    return ledger


def test_a_file_of_another_kind_is_refused_in_words_and_is_gone(
    ann: TestClient, house: House
) -> None:
    ticket = ann.post(FILES, json={"name": "x.txt"}).json()["ticket"]
    ann.put(f"{FILES}/{ticket}?at=0", content=b"nothing of the kind\n" * 60)
    told = {"ticket": ticket, "connector": "asterisk-queue-log", "source": "pbx"}
    refused = ann.post(LOAD, json=told)
    assert refused.status_code == 422
    assert "this file" in json.dumps(refused.json())
    assert str(house.settings.home) not in refused.text
    assert list((house.settings.home / "uploads").iterdir()) == []
    assert ann.post(LOAD, json=told).status_code == 404


def test_pieces_that_miss_grow_too_large_or_are_nobodys_are_refused(
    ann: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = ann.post(FILES, json={"name": "../../x"}).json()["ticket"]
    assert ann.put(f"{FILES}/{ticket}?at=5", content=b"x").status_code == 409
    assert ann.put(f"{FILES}/{'0' * 32}?at=0", content=b"x").status_code == 404
    assert ann.put(f"{FILES}/..%2F..%2Fvigie.toml?at=0", content=b"x").status_code == 404
    monkeypatch.setattr(uploads, "MOST_BYTES", 3)
    assert ann.put(f"{FILES}/{ticket}?at=0", content=b"four").status_code == 422


def test_only_who_may_add_sources_sends_files(log_in: Login) -> None:
    otto = log_in("otto")
    assert otto.post(FILES, json={"name": "a"}).status_code == 403
    assert otto.put(f"{FILES}/{'0' * 32}?at=0", content=b"x").status_code == 403
    told = {"ticket": "0" * 32, "connector": "asterisk-queue-log", "source": "pbx"}
    assert otto.post(LOAD, json=told).status_code == 403
