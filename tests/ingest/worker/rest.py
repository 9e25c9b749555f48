"""A small connector of a REST API, and the API: numbered questions, ten a page."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from ingest.connector import Page, Source
from ingest.errors import Retriable
from ingest.events import Event
from ingest.reading.api_client import ApiClient
from tests.ingest.vendor import Asked, Vendor
from tests.ingest.worker.shelf import question

PAGE = 10


class Answer(msgspec.Struct):
    """One page as the API tells it."""

    numbers: list[int]
    next: int
    more: bool


class Rest:
    """Asks ``/SOURCE?after=N`` of the server at the option `url`."""

    name: ClassVar[str] = "rest"
    every_s: ClassVar[float] = 0.1

    def pull(self, source: Source, cursor: str | None) -> Page:
        with ApiClient(str(source.options["url"]), timeout_s=0.5) as api:
            told = api.get(f"/{source.name}", {"after": cursor or 0})
        try:
            page = msgspec.convert(told, Answer)
        except msgspec.ValidationError as error:
            raise Retriable(f"not a page: {error}") from error
        return Page([_event(source, number) for number in page.numbers], str(page.next), page.more)


class Stock:
    """What the API has to tell of some sources; it grows while it is read."""

    def __init__(self, vendor: Vendor, *names: str) -> None:
        self.numbers = dict.fromkeys(names, 0)
        for name in names:
            vendor.says(f"/{name}", self.page)

    def grow(self, by: int) -> None:
        for name in self.numbers:
            self.numbers[name] += by

    @property
    def total(self) -> int:
        return sum(self.numbers.values())

    def page(self, asked: Asked) -> dict[str, object]:
        first, there = int(asked.query["after"]), self.numbers[asked.path[1:]]
        last = min(first + PAGE, there)
        return {"numbers": list(range(first + 1, last + 1)), "next": last, "more": last < there}


def sources_at(url: str, *names: str) -> list[Source]:
    return [Source(name, "rest", options={"url": url}) for name in names]


def _event(source: Source, number: int) -> Event:
    return msgspec.structs.replace(question(number), contact_id=f"{source.name}/{number}")
