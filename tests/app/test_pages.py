"""Every page: whole in both languages, tied to the feed by paths that exist, safe from viewers."""

from __future__ import annotations

import gettext
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from dash import html
from dash.development.base_component import Component
from msgspec.structs import replace

from app import access, context, i18n, labels
from app.access import User
from app.alerts.live import alert_cells
from app.bootstrap import House
from app.cells import picture
from app.components.browser_words import browser_words
from app.components.definition import _example
from app.components.exposure_board import read_board
from app.components.exposure_history import history
from app.components.exposure_matrix import matrix
from app.components.refusals import refusal
from app.components.shell import shell
from app.components.vocabulary import Vocabulary
from app.discovery import pages
from app.errors import NotFound
from app.exposure import model
from app.exposure.errors import (
    Busy,
    InvalidChange,
    KeyReused,
    ScopeTaken,
    Stale,
    UnknownWord,
)
from app.exposure.model import Actor, Change, State
from app.exposure.service import ExposureService
from kpis.board import read
from kpis.catalogue import catalogue, families
from kpis.service_level import FORMULAS
from tests.app.conftest import Login

ASSETS = Path(i18n.__file__).parent / "assets"
PARIS = ZoneInfo("Europe/Paris")
OPERATOR = User("otto", "operator")
VIEWER = User("vera", "viewer")
NOW = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)
#: Properties that a reader sees or hears.
SPOKEN = {"children", "label", "placeholder", "title", "aria-label", "headerName", "noRowsToShow"}


@pytest.fixture(params=["fr", "en"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    with i18n.speaking(request.param):
        yield request.param


@pytest.fixture
def inside(house: House) -> Iterator[House]:
    """The context of a request of an operator."""
    entered, known = context.enter(house), access.enter(OPERATOR)
    yield house
    access.leave(known)
    context.leave(entered)


def plain(component: Component) -> object:
    return json.loads(json.dumps(component.to_plotly_json(), default=lambda c: c.to_plotly_json()))


def nodes(tree: object) -> Iterator[dict[str, object]]:
    """Every component and option of a layout."""
    if isinstance(tree, dict):
        yield tree
        tree = list(tree.values())
    if isinstance(tree, list):
        for branch in tree:
            yield from nodes(branch)


def layouts(user: User = OPERATOR) -> dict[str, object]:
    return {page.name: plain(page.layout()) for page in pages()} | {
        "shell": plain(shell(pages(), user, content=html.Div(), zone="Europe/Paris"))
    }


def prop(layout: object, name: str) -> list[str]:
    return [str(node[name]) for node in nodes(layout) if name in node]


def test_every_page_has_one_h1_and_no_id_twice(inside: House, language: str) -> None:
    for name, layout in layouts().items():
        ids = Counter(prop(layout, "id"))
        assert [id for id, times in ids.items() if times > 1] == [], name
        headings = [node for node in nodes(layout) if node.get("type") == "H1"]
        assert len(headings) == (0 if name == "shell" else 1), name


def test_every_live_place_of_a_page_is_a_cell_of_the_feed(inside: House) -> None:
    with inside.database.engine.connect() as connection:
        cells = picture(read(connection, NOW, PARIS), []) | alert_cells(connection, NOW)
    for layout in layouts().values():
        places = {*prop(layout, "data-live"), *prop(layout, "data-verdict")}
        places |= set(prop(layout, "data-list"))
        assert places - set(cells) == set()


def test_every_format_of_a_page_is_one_the_browser_knows(inside: House) -> None:
    script = (ASSETS / "format.js").read_text()
    known = set(re.findall(r"^    (\w+)[:,]", script, re.M))
    for layout in layouts().values():
        assert set(prop(layout, "data-format")) - known == set()


def test_a_viewer_is_shown_no_form(inside: House) -> None:
    token = access.enter(VIEWER)
    try:
        shown = layouts(VIEWER)
    finally:
        access.leave(token)
    for name, layout in shown.items():
        assert prop(layout, "data-may-act") == [], name
    assert "data-may-act" in json.dumps(layouts()["overview"])


def test_definitions_show_every_kpi_and_every_service_level(inside: House, language: str) -> None:
    layout = layouts()["definitions"]
    text = json.dumps(layout, ensure_ascii=False)
    assert set(catalogue()) <= set(prop(layout, "id"))
    for kpi in catalogue().values():
        assert json.dumps(i18n.spoken(kpi.definition), ensure_ascii=False) in text
    for formula in FORMULAS.values():
        assert formula.formula in text
    assert i18n.percent(0.811321, 2) in text


class Marking(gettext.NullTranslations):
    """Speaks every message between brackets, so that one which is not a message stands out."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"


def test_no_page_shows_a_text_that_is_not_translated(
    inside: House, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = _words_of_the_data(inside)
    monkeypatch.setattr(i18n, "_translations", lambda code: Marking())
    data |= {_unmarked(_example(kpi)).strip(" ·") for kpi in catalogue().values()}
    for name, layout in layouts().items():
        bare = {text for text in _texts(layout) if re.search(r"[^\W\d_]{2,}", _unmarked(text))}
        assert {text for text in bare if _unmarked(text).strip(" ·") not in data} == set(), name


def _texts(layout: object) -> Iterator[str]:
    for node in nodes(layout):
        for key in SPOKEN & set(node):
            value = node[key]
            yield from (text for text in (value if isinstance(value, list) else [value])
                        if isinstance(text, str))  # fmt: skip


def _unmarked(text: str) -> str:
    """Without its messages: nested ones, and halves of one that is cut around a live value."""
    while (shorter := re.sub(r"⟦[^⟦⟧]*⟧|⟦[^⟦⟧]*$|^[^⟦⟧]*⟧", "", text)) != text:
        text = shorter
    return text


def _words_of_the_data(house: House) -> set[str]:
    """What comes from rows, declarations and settings, not from messages."""
    vocabulary = Vocabulary.of(ExposureService(house.database).read())
    words = {"Vigie", "vigie", "otto", "FR", "EN", *map(i18n.name_of, i18n.languages())}
    for kind in ("reason", "segment", "surface"):
        words |= {choice.label for choice in vocabulary.of_kind(kind)}
    words |= {choice.label for choice in vocabulary.channels()}
    words |= {i18n.spoken(family.labels) for family in families().values()}
    for formula in FORMULAS.values():
        words |= {formula.formula, i18n.spoken(formula.used_by), i18n.spoken(formula.labels)}
    for kpi in catalogue().values():
        told = (kpi.formula, kpi.labels, kpi.definition, kpi.caveats or {})
        words |= {kpi.key, *map(i18n.spoken, told)}
    return words


def test_the_browser_finds_every_sentence_it_says_and_uses_every_one() -> None:
    script = "".join(path.read_text() for path in ASSETS.glob("*.js"))
    sentences = browser_words()["texts"]
    assert isinstance(sentences, dict)
    said = set(re.findall(r'\bsay\("(\w+)"', script))
    assert said - set(sentences) == set()
    assert {key for key in sentences if not re.search(rf"\b{key}\b", script)} == set()


def test_every_icon_that_is_named_is_drawn() -> None:
    drawn = set(re.findall(r'\[data-icon="([\w-]+)"\]', (ASSETS / "icons.css").read_text()))
    sources = [*ASSETS.glob("*.js"), *ASSETS.parent.rglob("*.py")]
    named = {
        name for path in sources for name in re.findall(r'\bicon\("([\w-]+)"', path.read_text())
    }
    assert named | set(browser_words()["icons"].values()) <= drawn  # type: ignore[attr-defined]


def test_assets_name_no_other_host() -> None:
    for path in ASSETS.glob("*.*"):
        hosts = set(re.findall(r"(?:https?:)?//([\w.-]+\.\w+)", path.read_text()))
        assert hosts <= {"www.w3.org"}, path.name


def test_the_matrix_shows_the_state_that_a_customer_of_that_segment_meets(
    inside: House, language: str
) -> None:
    service = ExposureService(inside.database)
    change = _closing("phone", segment="premium")
    service.set(change, OPERATOR.actor(), NOW, emergency=True)
    board = read_board(inside.database, NOW)
    shown, hidden = (
        [node["data-state"] for node in nodes(plain(table.children[0])) if "data-state" in node]
        for table in (matrix(board, who, "*", PARIS, acts=False) for who in ("premium", "standard"))
    )
    assert "closed" in shown
    assert "closed" not in hidden


def test_history_shows_who_when_why_and_from_what_to_what(inside: House, language: str) -> None:
    service = ExposureService(inside.database)
    olga = Actor("user", "olga", ("operator",))
    service.set(_closing("phone"), olga, NOW, emergency=True)
    vocabulary = Vocabulary.of(service.read())
    shown = plain(history(service.history(), vocabulary, PARIS, {}, NOW))
    text = json.dumps(shown, ensure_ascii=False)
    for words in ("olga", "14:00", "lines down", i18n._("no switch"), labels.state("closed")):
        assert words in text


def test_every_refusal_of_a_change_has_words_in_both_languages(
    inside: House, language: str
) -> None:
    source = Path(model.__file__).read_text()
    codes = set(re.findall(r'InvalidChange\(\s*"(\w+)"', source))
    assert len(codes) > 5
    refused = [InvalidChange(code, "raw text", "why") for code in sorted(codes)]
    kinds = [Busy("raw text"), KeyReused("raw text"), ScopeTaken("raw text"), Stale("raw text", 3)]
    for error in [*refused, *kinds, UnknownWord("channel", "fax", ["phone"]), NotFound("raw text")]:
        words = refusal(error)
        assert words
        assert not re.search(r"raw text|\{|fax", words)


def test_a_reason_that_is_too_long_is_refused_in_french(inside: House) -> None:
    with i18n.speaking("fr"), pytest.raises(InvalidChange) as refused:
        ExposureService(inside.database).set(
            replace(_closing("phone"), why="x" * 501), OPERATOR.actor(), NOW
        )
    with i18n.speaking("fr"):
        assert refusal(refused.value) == "Pourquoi\xa0: 500 caractères au plus."


def test_a_viewer_cannot_flip_a_switch_by_a_hand_made_callback(log_in: Login, house: House) -> None:
    values = ["phone", "billing", "*", "*", "tucked", "60", "because", "", "", "100", "", []]
    fields = ["channel", "reason", "segment", "surface", "state", "minutes", "why",
              "message-fr", "message-en", "share", "starts", "emergency"]  # fmt: skip
    state = [
        {"id": f"whole-{field}", "property": "value", "value": value}
        for field, value in zip(fields, values, strict=True)
    ]
    stores = ("whole-seen", "whole-key")
    state += [{"id": store, "property": "data", "value": None} for store in stores]
    outputs = [("whole-said", "children"), ("whole-why", "value"), ("whole-why", "error")]
    asked = {
        "output": "..{}..".format("...".join(f"{id}.{name}" for id, name in outputs)),
        "outputs": [{"id": id, "property": name} for id, name in outputs],
        "inputs": [{"id": "whole-apply", "property": "n_clicks", "value": 1}],
        "changedPropIds": ["whole-apply.n_clicks"],
        "state": state,
    }
    assert log_in("vera").post("/_dash-update-component", json=asked).status_code == 403
    assert ExposureService(house.database).history() == ()
    assert log_in("otto").post("/_dash-update-component", json=asked).status_code == 200
    (entry,) = ExposureService(house.database).history()
    assert (entry.actor_name, entry.why) == ("otto", "because")


def _closing(channel: str, segment: str = "*") -> Change:
    return Change(
        channel=channel, segment=segment, state=State.CLOSED, why="lines down",
        expires_at=NOW + timedelta(hours=1),
    )  # fmt: skip
