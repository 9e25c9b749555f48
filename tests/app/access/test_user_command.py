"""`vigie user`: who may log in, from the command line."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import partial

import pytest

from app.access.accounts import Accounts
from app.access.demo import seed_demo_users
from app.access.passwords import matches
from app.access.rights import ROLES
from app.access.scopes import Scope
from app.access.sessions import Sessions
from app.bootstrap import House
from tests.house import Vigie


@pytest.fixture
def vigie(vigie: Vigie) -> Vigie:
    """Runs `vigie user …`."""
    return partial(vigie, "user")


def test_a_user_is_added_and_listed_without_the_password(vigie: Vigie, house: House) -> None:
    typed = "correct horse\n"
    assert vigie("add", "Ada", "--role", "operator", "--password-stdin", typed=typed)[0] == 0
    code, out, _err = vigie("list", "--format", "json")
    assert code == 0
    assert [(row["name"], row["role"]) for row in json.loads(out)] == [("ada", "operator")]
    known = Accounts(house.database.engine).credentials("ada")
    assert known is not None
    assert matches(known[1], "correct horse")
    assert "correct horse" not in known[1] + out


def test_a_token_is_printed_once_and_kept_as_a_hash(vigie: Vigie, house: House) -> None:
    vigie("add", "ada", "--password-stdin", typed="correct horse\n")
    code, out, _err = vigie("token", "ada", "--days", "1")
    user = Accounts(house.database.engine).of_token(out.strip(), datetime.now(UTC))
    assert code == 0
    assert user is not None
    assert (user.name, user.role) == ("ada", "viewer")


def test_who_is_disabled_loses_tokens_too(vigie: Vigie, house: House) -> None:
    vigie("add", "ada", "--password-stdin", typed="correct horse\n")
    token = vigie("token", "ada")[1].strip()
    assert vigie("disable", "Ada")[0] == 0
    accounts = Accounts(house.database.engine)
    assert accounts.of_token(token, datetime.now(UTC)) is None
    assert accounts.credentials("ada") is None
    assert vigie("token", "ada")[0] == 1


def test_a_new_password_replaces_the_old_one(vigie: Vigie, house: House) -> None:
    vigie("add", "ada", "--password-stdin", typed="correct horse\n")
    assert vigie("password", "ada", "--password-stdin", typed="battery staple\n")[0] == 0
    known = Accounts(house.database.engine).credentials("ada")
    assert known is not None
    assert matches(known[1], "battery staple")
    assert not matches(known[1], "correct horse")


@pytest.mark.parametrize(
    ("words", "typed", "code", "why"),
    [
        (("add", "ada", "--role", "chef", "--password-stdin"), "correct horse\n", 2, "viewer"),
        (("add", "a b", "--password-stdin"), "correct horse\n", 2, "letters"),
        (("add", "ada", "--password-stdin"), "short\n", 2, "8 to"),
        (("add", "ada"), "", 2, "--password-stdin"),
        (("token", "ada", "--days", "0"), "", 2, "--days"),
        (("disable", "nobody"), "", 1, "nobody"),
        (("password", "nobody", "--password-stdin"), "correct horse\n", 1, "nobody"),
    ],
)
def test_wrong_use_is_one_line(
    vigie: Vigie, words: tuple[str, ...], typed: str, code: int, why: str
) -> None:
    ended, out, err = vigie(*words, typed=typed)
    assert (ended, out) == (code, "")
    assert why in err
    assert "Traceback" not in err


def test_a_name_is_taken_once_in_any_case(vigie: Vigie) -> None:
    vigie("add", "ada", "--password-stdin", typed="correct horse\n")
    code, _out, err = vigie("add", "ADA", "--password-stdin", typed="correct horse\n")
    assert (code, err) == (1, "vigie: there is a user «ada» already\n")


def test_the_demo_makes_new_passwords_at_every_start(house: House) -> None:
    accounts = Accounts(house.database.engine)
    first, second = (seed_demo_users(house, datetime.now(UTC)) for _start in range(2))
    assert [login.role for login in second] == list(ROLES)
    for old, new in zip(first, second, strict=True):
        known = accounts.credentials(new.name)
        assert known is not None
        assert matches(known[1], new.password)
        assert not matches(known[1], old.password)


def test_a_user_is_limited_to_sites_and_channels_and_logged_out_by_another_scope(
    vigie: Vigie, house: House
) -> None:
    limits = ("--site", "paris", "--site", "lyon", "--channel", "phone, chat")
    typed = "correct horse\n"
    assert (
        vigie("add", "pam", "--role", "operator", *limits, "--password-stdin", typed=typed)[0] == 0
    )
    [row] = json.loads(vigie("list", "--format", "json").out)
    assert (row["sites"], row["channels"]) == ("lyon,paris", "chat,phone")
    accounts, now = Accounts(house.database.engine), datetime.now(UTC)
    pam, _ = accounts.credentials("pam") or (None, None)
    assert pam is not None
    assert pam.scope == Scope(("lyon", "paris"), ("chat", "phone"))
    session = Sessions(house.database.engine).open(pam, now)
    assert vigie("scope", "pam", "--channel", "phone")[0] == 0
    assert Sessions(house.database.engine).find(session, now) is None
    [row] = json.loads(vigie("list", "--format", "json").out)
    assert (row["sites"], row["channels"]) == (None, "phone")
    assert vigie("scope", "pam")[0] == 0
    assert vigie("role", "pam", "admin")[0] == 0
    [row] = json.loads(vigie("list", "--format", "json").out)
    assert (row["role"], row["sites"], row["channels"]) == ("admin", None, None)


@pytest.mark.parametrize(
    ("words", "code", "remedy"),
    [
        (("scope", "nobody", "--site", "paris"), 1, "vigie user list"),
        (("scope", "nobody", "--site", "*"), 2, "leave them out"),
        (("role", "nobody", "chef"), 2, "viewer"),
    ],
)
def test_a_scope_or_role_that_cannot_be_says_what_to_do(
    vigie: Vigie, words: tuple[str, ...], code: int, remedy: str
) -> None:
    answer = vigie(*words)
    assert answer.code == code
    assert remedy in answer.err


def test_the_matrix_is_shown(vigie: Vigie) -> None:
    rows = {row["right"]: row for row in json.loads(vigie("rights", "--format", "json").out)}
    assert rows["flip"]["operator"] is True
    assert rows["flip"]["supervisor"] is False
