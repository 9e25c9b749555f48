"""What a page asks first, answered while the browser still reads the libraries.

``assets/early.js`` tells the address that it was sent to; the answer is a line of JSON for each
thing as soon as it is known: which questions will be answered, then their answers; the page
itself first, then what its callbacks ask as soon as they are drawn.  Each question goes through
the door of :mod:`app.callback_door` like one that the browser sends, and is told as the browser
will write it: it takes an answer for its own only where it would have asked exactly that.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.problem import problem

PATH, CALLBACKS = "/_dash-early", "/_dash-update-component"
Property = tuple[str, str]
#: By id the properties that are set.
Known = Mapping[str, Mapping[str, object]]
_ADDRESS = "vigie-url"


class Address(msgspec.Struct, frozen=True):
    """That which the browser was sent to."""

    pathname: str
    search: str = ""


class Answer(msgspec.Struct, frozen=True):
    """What the door says to a question; `told` is the body."""

    question: str
    status: int
    told: str


@dataclass(frozen=True, slots=True)
class Question:
    """A callback that is asked by itself as soon as what it works on is drawn."""

    outputs: tuple[Property, ...]
    inputs: tuple[Property, ...]
    state: tuple[Property, ...] = ()
    #: Whether the server answers it, not the browser itself.
    ours: bool = True

    def drawn(self, known: Known) -> bool:
        """Is all of it there?"""
        places = (*self.outputs, *self.inputs, *self.state)
        return all(name in known for name, _property in places)

    def written(self, known: Known, changed: Sequence[str] = ()) -> str:
        """The request as Dash's renderer writes it."""
        outputs = [{"id": name, "property": prop} for name, prop in self.outputs]
        names = "...".join(f"{name}.{prop}" for name, prop in self.outputs)
        many = len(outputs) > 1
        state = {"state": _values(self.state, known)} if self.state else {}
        return msgspec.json.encode({
            "output": f"..{names}.." if many else names, "outputs": outputs if many else outputs[0],
            "inputs": _values(self.inputs, known),
            "changedPropIds": changed, "parsedChangedPropsIds": changed, **state,
        }).decode()  # fmt: skip


def _values(asked: Sequence[Property], known: Known) -> list[dict[str, object]]:
    """Each with its value, where it has one."""
    return [
        {"id": name, "property": prop, **({"value": found[prop]} if prop in found else {})}
        for name, prop in asked
        for found in (known[name],)
    ]


_PAGE = Question((("vigie-page", "children"),), ((_ADDRESS, "pathname"),))


class Early:
    """ASGI: the answers, a line each; `door` is where callbacks are asked."""

    def __init__(self, door: ASGIApp, declared: Sequence[Mapping[str, object]]) -> None:
        self._door = door
        self._questions = list(_questions(declared))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await Request(scope, receive).body()
        await self._answered(body, scope)(scope, receive, send)

    def _answered(self, body: bytes, scope: Scope) -> Response:
        try:
            address = msgspec.json.decode(body, type=Address)
        except msgspec.MsgspecError as error:
            return problem(422, f"not an address: {error}")
        return StreamingResponse(self._lines(address, scope), media_type="application/x-ndjson")

    async def _lines(self, address: Address, scope: Scope) -> AsyncIterator[bytes]:
        known: dict[str, Mapping[str, object]] = {_ADDRESS: msgspec.structs.asdict(address)}
        page = _PAGE.written(known, [f"{_ADDRESS}.pathname"])
        yield _line({"asked": [page]})
        answer = await self._ask(page, scope)
        yield _line(answer)
        drawn = msgspec.json.decode(answer.told) if answer.status == 200 else None
        known |= dict(_parts(drawn))
        following = [each.written(known) for each in self._first(known)]
        yield _line({"asked": following, "last": True})
        for asked in asyncio.as_completed([self._ask(each, scope) for each in following]):
            yield _line(await asked)

    def _first(self, known: Known) -> Iterator[Question]:
        """Those of the page that wait for no other."""
        there = [each for each in self._questions if each.drawn(known) and each != _PAGE]
        follow = {each for question in there for each in question.outputs}
        return (each for each in there if each.ours and not follow & set(each.inputs))

    async def _ask(self, question: str, scope: Scope) -> Answer:
        told, status = bytearray(), 0

        async def receive() -> Message:
            return {"type": "http.request", "body": question.encode(), "more_body": False}

        async def send(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            told.extend(message.get("body", b""))

        headers = [header for header in scope["headers"] if header[0] != b"content-length"]
        asked = {**scope, "path": CALLBACKS, "raw_path": CALLBACKS.encode(), "headers": headers}
        await self._door(asked, receive, send)
        return Answer(question, status, told.decode())


class _Declared(msgspec.Struct):
    """A callback as Dash keeps it."""

    output: str
    inputs: list[dict[str, object]]
    state: list[dict[str, object]]
    clientside_function: object
    prevent_initial_call: bool | str


def _questions(declared: Sequence[Mapping[str, object]]) -> Iterator[Question]:
    """The callbacks that ask by themselves, each of its own place and about nothing else."""
    for each in msgspec.convert(declared, list[_Declared]):
        outputs = [part.rpartition(".") for part in each.output.strip(".").split("...")]
        inputs, state = _properties(each.inputs), _properties(each.state)
        patterns = any("{" in name for name, _property in (*inputs, *state)) or "{" in each.output
        if not (each.prevent_initial_call or patterns):
            yield Question(
                tuple((name, prop) for name, _dot, prop in outputs), inputs, state,
                not each.clientside_function,
            )  # fmt: skip


def _properties(told: Sequence[Mapping[str, object]]) -> tuple[Property, ...]:
    return tuple((str(part["id"]), str(part["property"])) for part in told)


def _parts(drawn: object) -> Iterator[tuple[str, Mapping[str, object]]]:
    """The components with a name in what a callback has answered, with their properties."""
    if isinstance(drawn, list):
        for part in drawn:
            yield from _parts(part)
    elif isinstance(drawn, dict):
        found = cast("dict[str, object]", drawn)
        if isinstance(name := found.get("id"), str):
            yield name, found
        for part in found.values():
            yield from _parts(part)


def _line(told: object) -> bytes:
    return msgspec.json.encode(told) + b"\n"
