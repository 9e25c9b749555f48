"""The page of the settings and what else answers like it: the API, the command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app import access, context, i18n, setting_parts
from app.access import User
from app.bootstrap import House
from app.components.setting_form import told_text
from app.components.setting_views import address
from app.pages import settings
from app.site import discovery
from app.site.discovery import parts
from app.site.look import Look
from app.site.names import KINDS
from tests.app.conftest import Login
from tests.app.test_pages import Marking, nodes, plain
from tests.app.test_settings_book import WANTED, put
from tests.house import PASSWORD, Vigie

MANAGER = User("mona", "manager")


@pytest.fixture
def inside(house: House) -> Iterator[House]:
    """The context of a request of a manager."""
    entered, known = context.enter(house), access.enter(MANAGER)
    yield house
    access.leave(known)
    context.leave(entered)


def shown(look: Look, user: User = MANAGER) -> object:
    return [plain(part) for part in settings._shown(look, user)]


def texts(tree: object) -> str:
    return json.dumps(tree, ensure_ascii=False)


# --- the page -----------------------------------------------------------------------------


def test_the_address_names_the_part_and_the_row() -> None:
    first = parts()[0]
    for search, part, row in (
        (None, first, None), ("?part=targets", None, None), ("?part=nope&row=-1", first, None),
        ("?part=costs&row=3", None, 3), ("?row=²", first, None),
    ):  # fmt: skip
        look = Look.of(search)
        assert (look.part, look.row, look.new) == (part or look.part, row, False)
        assert Look.of(address(look.part, row).partition("?")[2]) == look


def test_a_form_is_shown_where_one_is_asked_for(inside: House) -> None:
    part = parts()[0]
    assert Look.of("?row=new").new
    for look in (Look(part, 0), Look(part, new=True)):
        assert "data-may-act" in texts(shown(look))
    assert "data-may-act" not in texts(shown(Look(part)))


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_part_is_whole_in_both_languages(
    inside: House, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, wanted in WANTED.items():
        put(inside, key, wanted, at=datetime.now(UTC))
    monkeypatch.setattr(i18n, "_translations", lambda code: Marking())
    with i18n.speaking(language):
        for part in parts():
            tree = shown(Look(part, 0))
            ids = [str(node["id"]) for node in nodes(tree) if "id" in node]
            assert len(ids) == len(set(ids)), part.key
            fields = {node["id"]["setting"] for node in nodes(tree)  # type: ignore[index]
                      if isinstance(node.get("id"), dict)}  # fmt: skip
            assert fields == {field.name for field in part.fields}
            for node in (node for node in nodes(tree) if isinstance(node.get("id"), dict)):
                spoken = [str(node[name]) for name in ("label", "description") if node.get(name)]
                assert all("⟦" in words for words in spoken), (part.key, spoken)


def test_who_may_not_change_a_part_sees_it_and_no_form(inside: House) -> None:
    for user in (User("vera", "viewer"), User("otto", "operator"), MANAGER):
        for part in parts():
            tree = texts(shown(Look(part, new=True), user))
            assert ("data-may-act" in tree) == user.may(part.right), (user, part.key)
            assert '"settings-standing"' in tree


def test_a_callback_keeps_a_change_once_and_tells_who_comes_late(
    log_in: Login, house: House
) -> None:
    from app.access.accounts import Accounts

    Accounts(house.database.engine).add("mona", "manager", PASSWORD, datetime.now(UTC))
    mona, otto = log_in("mona"), log_in("otto")
    refused = otto.post("/_dash-update-component", json=asked("reasons", WANTED["reasons"], {}))
    assert refused.status_code == 403
    kept = mona.post("/_dash-update-component", json=asked("reasons", WANTED["reasons"], {}))
    assert kept.status_code == 200, kept.text
    told = kept.json()["response"]
    assert "vg-said-good" in texts(told["setting-said"])
    assert told["setting-seen"] == {"data": {"billing": 1}}
    late = mona.post("/_dash-update-component", json=asked("reasons", WANTED["reasons"], {}))
    assert "mona" in texts(late.json()["response"]["setting-said"])
    assert "vg-said-bad" in texts(late.json()["response"]["setting-said"])
    assert "setting-seen" not in late.json()["response"]


def asked(part: str, values: dict[str, str], seen: dict[str, int]) -> dict[str, object]:
    """A hand-made callback request: «Keep» was pressed."""
    known = [({"setting": name}, value) for name, value in values.items()]
    return {
        "output": "..setting-said.children...setting-seen.data..",
        "outputs": [
            {"id": "setting-said", "property": "children"},
            {"id": "setting-seen", "property": "data"},
        ],
        "inputs": [{"id": "setting-keep", "property": "n_clicks", "value": 1}],
        "changedPropIds": ["setting-keep.n_clicks"],
        "state": [
            [{"id": id, "property": "id", "value": id} for id, _value in known],
            [{"id": id, "property": "value", "value": value} for id, value in known],
            {"id": "setting-part", "property": "data", "value": part},
            {"id": "setting-why", "property": "value", "value": "agreed"},
            {"id": "setting-seen", "property": "data", "value": seen},
        ],
    }


def test_what_stands_in_a_field_is_told_as_it_was_typed() -> None:
    assert [told_text(value) for value in (20.0, 0.35, 7, "x", None, "")] == [
        "20", "0.35", "7", "x", "", "",
    ]  # fmt: skip


# --- the API and the command --------------------------------------------------------------


def test_the_api_answers_like_the_page(log_in: Login, house: House) -> None:
    from app.access.accounts import Accounts

    Accounts(house.database.engine).add("mona", "manager", PASSWORD, datetime.now(UTC))
    mona, vera = log_in("mona"), log_in("vera")
    listed = vera.get("/api/v1/settings").json()
    assert [part["part"] for part in listed] == [part.key for part in parts()]
    assert not any(part["yours_to_change"] for part in listed)
    change = {"values": WANTED["channels"], "why": "agreed", "expected_version": 0}
    assert vera.put("/api/v1/settings/channels", json=change).status_code == 403
    kept = mona.put("/api/v1/settings/channels", json=change)
    assert kept.status_code == 200, kept.text
    (phone,) = [row for row in kept.json()["rows"] if row["values"]["key"] == "phone"]
    assert (phone["version"], phone["by"], phone["why"]) == (1, "mona", "agreed")
    assert mona.put("/api/v1/settings/channels", json=change).status_code == 409
    (version,) = vera.get("/api/v1/settings/channels/versions").json()
    assert (version["who"], version["subject"]) == ("mona", "phone")
    assert "The wire" in version["after"] or "Le fil" in version["after"]
    wish = {"values": WANTED["targets"]}
    assert vera.post("/api/v1/settings/targets/preview", json=wish).status_code == 403
    foreseen = mona.post("/api/v1/settings/targets/preview", json=wish)
    assert foreseen.json()["words"], foreseen.text
    assert vera.get("/api/v1/settings/colours").status_code == 404
    wrong = {"values": {"seconds": "fast"}, "why": "x"}
    assert mona.put("/api/v1/settings/targets", json=wrong).status_code == 422


def test_the_command_lists_sets_and_tells_the_history(vigie: Vigie) -> None:
    known = vigie("settings", "list", "--format", "json").rows
    assert [row["part"] for row in known] == [part.key for part in parts()]
    told = [f"{name}={value}" for name, value in WANTED["reasons"].items()]
    kept = vigie("settings", "set", "reasons", *told, "--why", "clearer", "--actor", "mona",
                 "--format", "json")  # fmt: skip
    assert kept.code == 0, kept.err
    (billing,) = [row for row in kept.rows if row["key"] == "billing"]
    assert (billing["label_en"], billing["by"], billing["version"]) == ("Bills", "mona", 1)
    (version,) = vigie("settings", "history", "reasons", "--format", "json").rows
    assert (version["who"], version["why"]) == ("mona", "clearer")
    late = vigie("settings", "set", "reasons", *told, "--why", "x", "--expected-version", "0")
    assert (late.code, "mona changed this" in late.err) == (1, True)
    wrong = vigie("settings", "set", "targets", "seconds=fast", "--why", "x")
    assert (wrong.code, wrong.err.count("\n")) == (2, 1)


def test_prices_of_the_command_have_versions_too(vigie: Vigie) -> None:
    said = vigie("costs", "set", "--channel", "phone", "--per-contact", "0.35", "--why", "tender")
    assert said.code == 0, said.err
    (version,) = vigie("settings", "history", "costs", "--format", "json").rows
    assert version["why"] == "tender"
    assert "0.35" in str(version["after"])


# --- one more part ------------------------------------------------------------------------

MORE = '''
"""Languages: a part like any other."""

from app.site.word_part import word_part

PART = word_part("languages", "Languages", "What customers speak.", 99)
'''


def test_a_further_part_is_one_file_and_stands_everywhere(
    inside: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vigie: Vigie
) -> None:
    (tmp_path / "languages.py").write_text(MORE.strip())
    monkeypatch.setitem(KINDS, "languages", "surface")
    monkeypatch.setattr(setting_parts, "__path__", [*setting_parts.__path__, str(tmp_path)])
    monkeypatch.setattr(discovery, "parts", discovery.parts.__wrapped__)
    assert [part.key for part in discovery.parts()][-1] == "languages"
    monkeypatch.setattr(settings, "parts", discovery.parts)
    assert "Languages" in texts(shown(Look(discovery.parts()[0])))
    known = vigie("settings", "list", "--format", "json").rows
    assert known[-1]["part"] == "languages"
