"""Who else is told when something changes: subscribers, and what became of their messages.

Read by everybody logged in, whole addresses by operators, who change them.  The secret that
signs is answered once, when it is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import structlog
from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field, StrictInt

from app.access import User
from app.access.guard import Viewer, WebhookKeeper
from app.answers import answers
from app.bootstrap import House
from app.context import HouseDep
from app.errors import NotFound
from app.exposure.desk import reading
from app.outbox import deliveries, subscribers
from app.outbox.addresses import Reach, origin
from app.outbox.posting import Post
from app.outbox.subscribers import Subscriber
from app.outbox.trying import ping

router = APIRouter(prefix="/outbound", tags=["outbound"])

Answer = dict[str, object]
Name = Annotated[str, Path(max_length=48)]
_log = structlog.get_logger("vigie.security")


class SubscriberAsked(BaseModel):
    """Who shall be told; without kinds of everything."""

    model_config = ConfigDict(extra="forbid")

    name: str
    url: str = Field(description="https://host/path on the internet")
    kinds: list[str] = Field([], max_length=20)


class ReplayAsked(BaseModel):
    """One delivery, sent or dead; without it all that are dead."""

    model_config = ConfigDict(extra="forbid")

    delivery: Annotated[StrictInt, Field(ge=1, le=2**63 - 1)] | None = None


@router.get("/subscribers", summary="Who is told of what, and how their messages stand")
def show(viewer: Viewer, house: HouseDep) -> Sequence[Answer]:
    with reading(house.database) as desk:
        counts = deliveries.counts(desk.rows)
        return [_seen(one, viewer) | counts[one.name] for one in subscribers.everyone(desk.rows)]


@router.post("/subscribers", status_code=201, summary="Tell another address from now on")
def add(asked: SubscriberAsked, operator: WebhookKeeper, house: HouseDep) -> Answer:
    now, reach = datetime.now(UTC), _reach(house)
    with reading(house.database) as desk:
        made = subscribers.add(
            desk.rows, asked.name, asked.url, asked.kinds, operator.name, now, reach
        )
    _log.info(
        "a subscriber is told from now on", name=made.name, url=origin(made.url), by=operator.name
    )
    return _with_secret(made, house)


@router.delete("/subscribers/{name}", status_code=204, summary="Tell it nothing more")
def remove(name: Name, operator: WebhookKeeper, house: HouseDep) -> Response:
    with reading(house.database) as desk:
        subscribers.remove(desk.rows, name)
    _log.info("a subscriber is told nothing more", name=name, by=operator.name)
    return Response(status_code=204)


@router.post("/subscribers/{name}/rotate", summary="Another secret; the former signs a day more")
def rotate(name: Name, operator: WebhookKeeper, house: HouseDep) -> Answer:
    with reading(house.database) as desk:
        made = subscribers.rotate(desk.rows, name, datetime.now(UTC))
    _log.info("a subscriber has another secret", name=name, by=operator.name)
    return _with_secret(made, house)


class Tried(msgspec.Struct, frozen=True):
    """Whether it was taken; the status that it answered, or why there was none."""

    taken: bool
    status: int | None
    error: str | None


class ReplayTold(msgspec.Struct, frozen=True):
    """How many are sent again."""

    replayed: int


@router.post(
    "/subscribers/{name}/test",
    summary="Send a message of kind webhook.test now",
    responses=answers(Tried),
)
def test(name: Name, _operator: WebhookKeeper, house: HouseDep) -> Answer:
    with reading(house.database) as desk:
        one = subscribers.one(desk.rows, name)
    outcome = ping(one, house.settings.secret_key, Post(_reach(house)), datetime.now(UTC))
    return {"taken": outcome.taken, "status": outcome.status, "error": outcome.error}


@router.post(
    "/subscribers/{name}/replay",
    summary="Send again what was given up",
    responses=answers(ReplayTold),
)
def replay(name: Name, asked: ReplayAsked, _operator: WebhookKeeper, house: HouseDep) -> Answer:
    with reading(house.database) as desk:
        subscribers.one(desk.rows, name)
        count = deliveries.replay(desk.rows, name, datetime.now(UTC), asked.delivery)
    if asked.delivery is not None and not count:
        raise NotFound(f"no delivery {asked.delivery} of «{name}» that can be sent again")
    return {"replayed": count}


@router.get(
    "/deliveries",
    summary="Messages and what became of each, newest first",
    responses=answers(list[deliveries.Told]),
)
def listed(
    _viewer: Viewer,
    house: HouseDep,
    subscriber: str | None = None,
    state: Annotated[str | None, Query(description="waiting, sent, superseded or dead")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Sequence[Answer]:
    with reading(house.database) as desk:
        found = deliveries.newest(desk.rows, subscriber, state, limit)
    return [msgspec.to_builtins(told) for told in found]


def _seen(one: Subscriber, user: User) -> Answer:
    """To viewers an address is where it leads, without a path that may hold a token."""
    return one.told() | ({} if user.may("manage_webhooks") else {"url": origin(one.url)})


def _reach(house: House) -> Reach:
    return Reach.of(house.settings.webhook_networks)


def _with_secret(made: Subscriber, house: House) -> Answer:
    return made.told() | {"secret": made.secret(house.settings.secret_key)}
