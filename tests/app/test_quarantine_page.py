"""The page of the quarantine: whatever a record holds is text, and viewers only look."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from app import access, context, i18n
from app.access import User
from app.bootstrap import House
from app.components import quarantine_acts
from app.components.quarantine_views import Look, entry_table, pile_table, record
from ingest.quarantine import entries, entry, piles
from ingest.reasons import REASONS
from tests.app.conftest import Login
from tests.app.test_pages import Marking, nodes, plain
from tests.app.test_quarantine_api import GOOD, refuse

PARIS = ZoneInfo("Europe/Paris")
ATTACK = b"<img src=x onerror=alert(1)><script>alert(1)</script>"


@pytest.fixture
def inside(house: House) -> Iterator[House]:
    """The context of a request of an operator."""
    entered, known = context.enter(house), access.enter(User("otto", "operator"))
    yield house
    access.leave(known)
    context.leave(entered)


def asked(output: str, clicked: str, state: dict[str, object]) -> dict[str, object]:
    """A hand-made callback request: the button was pressed."""
    properties = {"quarantine-days": "value", "vigie-url": "search"}
    return {
        "output": output,
        "outputs": {"id": output.split(".")[0], "property": "children"},
        "inputs": [{"id": clicked, "property": "n_clicks", "value": 1}],
        "changedPropIds": [f"{clicked}.n_clicks"],
        "state": [
            {"id": id, "property": properties.get(id, "data"), "value": value}
            for id, value in state.items()
        ],
    }


# --- the address --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("search", "look"),
    [
        (None, Look()),
        ("?source=pbx&reason=bad_time", Look("pbx", "bad_time")),
        ("?entry=12&before=40", Look(None, None, 40, 12)),
        ("?entry=-1&before=%00&source=%00", Look()),
        ("?entry=99999999999999999999&before=²", Look()),
        ("?source=a%26b%3Dc", Look("a&b=c")),
    ],
)
def test_the_address_says_what_is_looked_at(search: str | None, look: Look) -> None:
    assert Look.of(search) == look
    assert Look.of(look.href.partition("?")[2]) == look


# --- views --------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_reason_has_its_meaning_and_its_remedy_in_the_readers_language(
    inside: House, language: str
) -> None:
    for number, code in enumerate(REASONS):
        refuse(inside, b"%d" % number, reason=code)
    with i18n.speaking(language), inside.database.engine.connect() as connection:
        shown = json.dumps(plain(pile_table(piles(connection), Look())), ensure_ascii=False)
        for reason in REASONS.values():
            for told in (reason.meaning, reason.remedy):
                assert json.dumps(i18n.spoken(told), ensure_ascii=False) in shown


def test_a_code_of_another_version_is_shown_all_the_same(inside: House) -> None:
    refuse(inside, b"?", reason="of_tomorrow")
    with inside.database.engine.connect() as connection:
        table = json.dumps(plain(pile_table(piles(connection), Look())))
        one = json.dumps(plain(record(entry(connection, 1), PARIS)))
    assert "of_tomorrow" in table
    assert "of_tomorrow" in one


def test_a_record_is_text_wherever_it_is_shown(inside: House) -> None:
    refuse(inside, ATTACK, source="<i>pbx</i>")
    with inside.database.engine.connect() as connection:
        found = entries(connection)
        shown = plain(record(found[0], PARIS))
        table = plain(entry_table(found, Look(), PARIS, whole=True))
    for tree in (shown, table):
        kinds = {str(node.get("type")) for node in nodes(tree)}
        assert kinds & {"Script", "Iframe", "Markdown", "DangerouslySetInnerHTML"} == set()
        assert not re.search(r"innerHTML|allow_html", json.dumps(tree))
    assert ATTACK.decode() in [node.get("children") for node in nodes(shown)]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_word_of_the_page_is_translated(
    inside: House, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(inside, b"1", b"2", source="pbx-9")
    with inside.database.engine.connect() as connection:
        found, counted = entries(connection), piles(connection)
    monkeypatch.setattr(i18n, "_translations", lambda code: Marking())
    with i18n.speaking(language):
        parts = [
            pile_table(counted, Look()),
            entry_table(found, Look("pbx-9"), PARIS, whole=True),
            entry_table([], Look(), PARIS, whole=True),
            record(found[0], PARIS),
            quarantine_acts.replaying(),
            quarantine_acts.forgetting(),
        ]
        known = REASONS["bad_json"]
        data = {i18n.spoken(known.meaning), i18n.spoken(known.remedy)}
        data |= {"pbx-9", "bad_json", *(one.detail for one in found)}
    bare = {
        text
        for part in parts
        for node in nodes(plain(part))
        for key in ("children", "label", "aria-label")
        for text in (node[key] if isinstance(node.get(key), list) else [node.get(key)])
        if isinstance(text, str) and re.search(r"[^\W\d_]{3,}", re.sub(r"⟦[^⟦⟧]*⟧", "", text))
    }
    months = {text for text in bare if re.search(r"\d\d:\d\d", text)}
    assert bare - data - months == set()


# --- acts ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("output", "button", "state"),
    [
        ("quarantine-tried.children", "quarantine-try", {"vigie-url": ""}),
        ("quarantine-counted.children", "quarantine-count", {"quarantine-days": 0}),
    ],
)
def test_a_viewer_cannot_try_by_a_hand_made_callback(
    log_in: Login, output: str, button: str, state: dict[str, object]
) -> None:
    path = "/_dash-update-component"
    assert log_in("vera").post(path, json=asked(output, button, state)).status_code == 403
    assert log_in("otto").post(path, json=asked(output, button, state)).status_code == 200


def test_a_viewer_cannot_replay_or_forget_by_a_hand_made_callback(
    house: House, log_in: Login
) -> None:
    refuse(house, GOOD)
    browser = log_in("vera")
    declared = browser.get("/_dash-dependencies").json()
    for button, state, value in (
        ("quarantine-replay", "quarantine-choice", {"ids": [1]}),
        ("quarantine-forget", "quarantine-before", datetime.now(UTC).isoformat()),
    ):
        (found,) = [
            one for one in declared if {"id": button, "property": "n_clicks"} in one["inputs"]
        ]
        body = asked(found["output"], button, {state: value})
        outputs = [part.rpartition(".") for part in found["output"].strip(".").split("...")]
        body["outputs"] = [{"id": id, "property": name} for id, _dot, name in outputs]
        assert browser.post("/_dash-update-component", json=body).status_code == 403
    with house.database.engine.connect() as connection:
        (left,) = entries(connection)
    assert left.replayed_at is None
