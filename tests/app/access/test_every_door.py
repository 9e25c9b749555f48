"""Every route and callback × role × scope: who may not is refused, who is limited sees theirs.

The doors are found, not listed: one that asks for no right fails here.  Two sites have names of
their own in whatever carries a name; nothing of the one may be in any answer to the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
import schemathesis
from httpx import Response
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import text
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from app.access.accounts import Accounts
from app.access.rights import ROLES, Role, cuttable, has
from app.access.scopes import EVERYTHING, Scope
from app.alerts.book import AlertBook
from app.alerts.model import Alert
from app.bootstrap import House
from app.cockpit import cockpit
from app.discovery import pages
from app.exposure.model import Actor
from app.web import create_app
from ingest.connector import Source
from ingest.events import Event, Identity, Rejected
from tests.app.access.doors import FRAME, Door, callbacks, routes
from tests.extent import extent
from tests.house import PASSWORD
from tests.kpis.linked import Linked
from tests.kpis.telling import contact

NORTH, SOUTH = "zznorth", "zzsouth"
SCOPES = {"all": EVERYTHING, "own": Scope(sites=(NORTH,)), "none": Scope(sites=("nowhere",)),
          "channel": Scope(channels=("phone",))}  # fmt: skip
#: Tables that asking alone writes to.
ASKING = (
    "api_tokens", "sessions", "customer_accesses", "login_attempts", "workers", "report_issues",
)  # fmt: skip
#: They never end; what they tell is looked at through the socket.
ENDLESS = "/api/v1/stream"
#: What stands where a path or a query wants something.
PATH = {"format": "json", "source": "pbx", "report": "daily", "file": "1"}
WEEK = {"from": "2026-01-01", "to": "2036-01-01"}


@dataclass
class Site:
    """A house with two sites, and tokens for each role and scope."""

    client: TestClient
    house: House
    day: str
    tokens: dict[tuple[Role, str], str] = field(default_factory=dict)
    ids: dict[str, dict[str, str]] = field(default_factory=dict)

    def ask(self, door: Door, who: tuple[Role, str] | None, site: str = SOUTH) -> Response:
        """Go through the door, at what is of that site."""
        headers = {"accept": "application/json"}
        if who is not None:
            headers["authorization"] = f"Bearer {self.tokens[who]}"
        path = re.sub(r"{(\w+)}", lambda at: self.named(door, at[1], site), door.path)
        if door.path == "/_dash-update-component":
            return self.client.post(path, json=self.filled(door, site), headers=headers)
        asked = {**WEEK, "day": self.day} if door.reads else None
        body = None if door.reads else dict[str, object]()
        return self.client.request(door.method, path, params=asked, json=body, headers=headers)

    def named(self, door: Door, name: str, site: str) -> str:
        """What the path is about."""
        kind = "customer" if "/customers/" in door.path else "entry"
        known = {"id": self.ids[site][kind], "name": f"{site}-alert", "day": self.day, **PATH}
        return known.get(name, "x")

    def filled(self, door: Door, site: str) -> dict[str, object]:
        """The request of a callback that looks at what is of that site."""
        ids = self.ids[site]
        search = f"?customer={ids['customer']}&entry={ids['entry']}&from=2026-01-01&to=2036-01-01"
        values: dict[str, object] = {"search": search, "pathname": "/"}
        asked = {"setting-part": "targets"}

        def one(part: object) -> object:
            if not isinstance(part, Mapping):
                return part
            value = asked.get(str(part["id"]), values.get(str(part["property"])))
            return {**part, "value": value}

        body = dict(door.body)
        return {**body, **{key: [one(each) for each in body[key]] for key in ("inputs", "state")}}  # type: ignore[attr-defined]

    def state(self) -> dict[str, object]:
        """What is kept, but for what asking alone writes."""
        with self.house.database.engine.connect() as connection:
            names = connection.scalars(text(
                "select relname from pg_class where relkind in ('r', 'p') and not relispartition"
                " and relnamespace = 'public'::regnamespace"))  # fmt: skip
            return {
                name: connection.scalar(text(
                    f"select count(*) || ':' || coalesce(sum(hashtext(t::text)), 0) from {name} t"))
                for name in sorted(set(names) - set(ASKING))
            }  # fmt: skip


@pytest.fixture
def site(house: House) -> Iterator[Site]:
    """Two sites with contacts, customers, agents, alerts and refused records."""
    now = datetime.now(UTC)
    linked = Linked(house.database)
    for name in (NORTH, SOUTH):
        linked.load(Source(f"{name}-pbx", "test"), list(told(name, now)), now=now)
        book = AlertBook(house.database, house.settings.tz)
        alert = Alert(name=f"{name}-alert", kpi="abandonment_rate", site=name, enter=0.2, exit=0.1)
        book.save(alert, Actor("user", "ann", ("admin",)), now)
    with TestClient(
        create_app(house), raise_server_exceptions=False, follow_redirects=False
    ) as client:
        made = Site(client, house, f"{now:%Y-%m-%d}")
        add_users(made, now)
        find_ids(made)
        yield made


def told(site: str, now: datetime) -> Iterator[Event | Rejected]:
    """Contacts that carry the site's name wherever a name may stand."""
    for number, (channel, left) in enumerate(
        product(("phone", "chat", "email"), ("answered", None))
    ):
        at = now - timedelta(minutes=7 * number + 1)
        events = contact(f"{site}-{number}", at, left, channel=channel, queue=f"{site}-{channel}",
                         reason=f"{site}-reason")  # fmt: skip
        for event in events:
            yield Event(**{
                **{name: getattr(event, name) for name in event.__struct_fields__},
                "site": site, "segment": f"{site}-gold", "agent": f"{site}-agent",
                "identities": (Identity("crm", f"{site}-{number % 2}"),),
            })  # fmt: skip
    yield Rejected(reason="bad_record", detail=f"{site}-detail", raw=f"{site}-raw".encode())


def add_users(site: Site, now: datetime) -> None:
    accounts = Accounts(site.house.database.engine)
    for role, (name, scope) in product(ROLES, SCOPES.items()):
        accounts.add(f"{role}.{name}", role, PASSWORD, now, scope)
        token = accounts.new_token(f"{role}.{name}", now, timedelta(days=1))
        site.tokens[role, name] = token


def find_ids(site: Site) -> None:
    with site.house.database.engine.connect() as connection:
        for name in (NORTH, SOUTH):
            like = {"site": name, "source": f"{name}-pbx"}
            customer = connection.scalar(text(
                "select customer_key from thread_customers join contacts using (thread_key)"
                " where site = :site limit 1"), like)  # fmt: skip
            entry = connection.scalar(
                text("select id from quarantine where source = :source"), like)  # fmt: skip
            site.ids[name] = {"customer": str(customer), "entry": str(entry)}


def doors() -> Sequence[Door]:
    return [*(door for door in routes() if door.path != ENDLESS), *callbacks(cockpit())]


def is_refused_without_words(answer: Response) -> bool:
    """Refused although the right is there, and not because it cannot be cut, or is for people."""
    words = ("cannot be cut", "this is for people")
    return answer.status_code in (401, 403) and not any(word in answer.text for word in words)


def said(answer: Response, door: Door) -> str:
    return f"{door.name} answered {answer.status_code}: {answer.text[:160]}"


def test_nobody_goes_through_a_door_without_the_right_for_it(site: Site) -> None:
    """401 without a login, 403 without the right: one line in the log, nothing changed."""
    wrong, before, tried = [], site.state(), 0
    closed = [door for door in doors() if door.right is not None]
    for door in closed:
        for who in (None, *product(ROLES, ("all", "own"))):
            role, scope = who or ("viewer", "all")
            if who and has(role, door.right) and cuttable(door.right, SCOPES[scope]):
                continue
            with capture_logs() as lines:
                answer = site.ask(door, who)
            tried += 1
            if answer.status_code != (401 if who is None else 403):
                wrong.append(f"{who}: {said(answer, door)}")
            elif len(refusals := [line for line in lines if line["log_level"] == "warning"]) != 1:
                wrong.append(f"{who} at {door.name} left {len(refusals)} lines")
    assert wrong == [], "\n".join(wrong)
    assert tried > 4 * len(closed) > 400
    assert site.state() == before


@pytest.mark.parametrize("role", ROLES if extent(0, 1) else ("admin",))
def test_nothing_of_another_site_comes_through_any_door(site: Site, role: Role) -> None:
    wrong = []
    reading = [door for door in doors() if door.right is not None]
    for door in reading:
        if not (has(role, door.right) and cuttable(door.right, SCOPES["own"])):
            continue
        answer = site.ask(door, (role, "own"))
        told = answer.text.replace(f"{SOUTH}-alert", "", 2)  # what was asked for by name
        if SOUTH in told:
            at = told.index(SOUTH)
            wrong.append(f"{door.name} tells …{told[max(0, at - 120) : at + 60]}…")
        if answer.status_code >= 500 or (door.reads and is_refused_without_words(answer)):
            wrong.append(said(answer, door))
    assert wrong == [], "\n".join(wrong)


@pytest.mark.long
def test_who_sees_no_site_is_told_of_none(site: Site) -> None:
    wrong = []
    for door in doors():
        if door.right is not None and has("admin", door.right):
            answer = site.ask(door, ("admin", "none"), NORTH)
            told = answer.text.replace(f"{NORTH}-alert", "", 2)
            if NORTH in told or SOUTH in told or answer.status_code >= 500:
                wrong.append(said(answer, door))
    assert wrong == [], "\n".join(wrong)


AS_DESCRIBED = [
    not_a_server_error, status_code_conformance, content_type_conformance,
    response_schema_conformance,
]  # fmt: skip
#: What they have anything of.
THEIRS = (
    "reports/{report}/{day}.{format}",
    "board",
    "contacts",
    "alerts",
    "customers/{id}",
    "quarantine",
    "sources",
    "picture",
)


def test_their_own_is_seen_and_every_answer_is_as_described(site: Site) -> None:
    """Where the other's names would stand, theirs do."""
    described = schemathesis.openapi.from_dict(site.client.app.openapi())  # type: ignore[attr-defined]
    found = {each.ok().label: each.ok() for each in described.get_all_operations()}
    asked = 0
    for door in routes():
        if door.reads and door.right is not None and door.path != ENDLESS and door.name in found:
            answer = site.ask(door, ("admin", "all"), SOUTH)
            names = dict.fromkeys(re.findall(r"{(\w+)}", door.path), "x")
            case = found[door.name].Case(path_parameters=names)
            case.validate_response(answer, checks=AS_DESCRIBED)
            asked += answer.status_code == 200
        if door.reads and door.path in {f"/api/v1/{path}" for path in THEIRS}:
            assert NORTH in site.ask(door, ("manager", "own"), NORTH).text, door.path
            assert SOUTH in site.ask(door, ("manager", "all"), SOUTH).text, door.path
    assert asked > 45, f"only {asked} were answered"


def test_pages_show_a_site_to_its_people_alone(site: Site) -> None:
    frame = next(door for door in callbacks(cockpit()) if door.name == FRAME)
    headers = {"authorization": f"Bearer {site.tokens['admin', 'own']}"}
    for page in pages():
        body = {**frame.body, "inputs": [
            {"id": "vigie-url", "property": "pathname", "value": page.path}]}  # fmt: skip
        answer = site.client.post("/_dash-update-component", json=body, headers=headers)
        bare = site.client.get(page.path, headers=headers)
        assert answer.status_code == bare.status_code == 200, page.path
        assert SOUTH not in answer.text + bare.text, page.path


def heard(site: Site, scope: str) -> str:
    """What the live socket tells, until it has told of queues."""
    headers = {"authorization": f"Bearer {site.tokens['viewer', scope]}"}
    told = ""
    connect = site.client.websocket_connect("/live?page=overview", headers=headers)
    # An error is how the test's client hangs up on whoever is still talking.
    with suppress(CancelledError), connect as socket:
        while '"queues"' not in told:
            told += socket.receive_text()
    return told


def test_the_live_socket_tells_each_their_own(site: Site) -> None:
    everything, own, none = (heard(site, scope) for scope in ("all", "own", "none"))
    assert NORTH in everything
    assert SOUTH in everything
    assert NORTH in own
    assert SOUTH not in own
    assert NORTH not in none
    assert SOUTH not in none
    assert site.client.app.state.broadcasts._open == {}  # type: ignore[attr-defined]
