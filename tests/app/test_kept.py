"""What a person keeps: theirs alone, small, there again with the next frame."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from app.bootstrap import House
from app.errors import Conflict, WrongUse
from app.kept import CHOICE_CHARS, MOST, Choices
from tests.app.conftest import Login

NOW = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)
CHOICES = "/api/v1/me/choices"


@pytest.fixture
def ada(house: House) -> Choices:
    return Choices(house.database.engine, "ada")


def test_what_is_kept_comes_back_to_its_person_and_to_nobody_else(
    house: House, ada: Choices
) -> None:
    ada.put("filters:/channels", "period=28d&channel=phone", NOW)
    ada.put("columns:queues", {"order": [0, 2, 1], "hidden": [3]}, NOW)
    assert ada.all() == {
        "columns:queues": {"order": [0, 2, 1], "hidden": [3]},
        "filters:/channels": "period=28d&channel=phone",
    }
    assert Choices(house.database.engine, "bob").all() == {}


def test_what_is_kept_later_stands_and_what_is_forgotten_is_gone(ada: Choices) -> None:
    ada.put("tour", True, NOW)
    ada.put("tour", False, NOW)
    ada.put("other", 1, NOW)
    assert ada.all() == {"other": 1, "tour": False}
    ada.forget("tour")
    assert ada.all() == {"other": 1}
    ada.forget()
    assert ada.all() == {}


def test_nobody_keeps_more_than_a_little(ada: Choices) -> None:
    with pytest.raises(WrongUse, match="4000"):
        ada.put("much", "x" * CHOICE_CHARS, NOW)
    with pytest.raises(WrongUse, match="place"):
        ada.put("", 1, NOW)
    with pytest.raises(WrongUse, match="0000"):
        ada.put("nul", "\0", NOW)
    for number in range(MOST):
        ada.put(f"place {number}", number, NOW)
    with pytest.raises(Conflict, match="forget"):
        ada.put("one more", 1, NOW)
    assert len(ada.all()) == MOST


def test_over_the_api_each_reaches_their_own_alone(log_in: Login) -> None:
    vera, otto = log_in("vera"), log_in("otto")
    kept = {"choice": {"sort": [2, -1]}}
    assert vera.put(f"{CHOICES}/columns:list", json=kept).status_code == 204
    assert vera.get(CHOICES).json() == {"columns:list": {"sort": [2, -1]}}
    assert otto.get(CHOICES).json() == {}
    assert otto.delete(CHOICES).status_code == 204
    assert otto.delete(f"{CHOICES}/columns:list").status_code == 204
    assert vera.get(CHOICES).json() != {}
    assert vera.delete(f"{CHOICES}/columns:list").status_code == 204
    assert vera.get(CHOICES).json() == {}


def test_a_place_may_be_the_path_of_a_page(log_in: Login) -> None:
    vera = log_in("vera")
    assert vera.put(f"{CHOICES}/filters%3A%2Fchannels", json={"choice": "a=1"}).status_code == 204
    assert vera.get(CHOICES).json() == {"filters:/channels": "a=1"}


def test_the_frame_brings_what_is_kept(log_in: Login) -> None:
    vera = log_in("vera")
    vera.put(f"{CHOICES}/tour", json={"choice": True})
    frame = vera.get("/_dash-layout").text
    assert json.dumps({"tour": True}).replace('"', '\\"') in frame
    assert (
        "tour"
        not in json.dumps(log_in("otto").get("/_dash-layout").json()).split("data-kept")[1][:9]
    )
