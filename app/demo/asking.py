"""The customers of the simulated centre ask the hub, over HTTP as a web site would."""

from __future__ import annotations

import http.client
import time
from collections.abc import Mapping
from datetime import datetime

import msgspec
import structlog

from sample_data.simulator import Need

TIMEOUT_S = 1.0
#: After a failure customers take everything for open, and nobody asks for so many seconds.
PAUSE_S = 3.0

_log = structlog.get_logger(__name__)


class _Offer(msgspec.Struct):
    channel: str
    state: str


class _Offers(msgspec.Struct):
    offers: list[_Offer]


class HubClient:
    """Asks one hub over one connection; not for several threads.

    Without a hub every channel is open, as on a web site whose hub does not answer.
    """

    def __init__(self, host: str, port: int) -> None:
        self._connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
        self._silent_until = 0.0
        self._failing = False

    def __call__(self, need: Need, now: datetime) -> Mapping[str, str]:
        """The state of every channel for this need, as the hub tells it at this moment."""
        if time.monotonic() < self._silent_until:
            return {}
        question = _question(need)
        try:
            states = self._asked_again(question)
        except (OSError, http.client.HTTPException, msgspec.MsgspecError) as error:
            return self._failed(error)
        self._failing = False
        return states

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    def _asked_again(self, question: bytes) -> Mapping[str, str]:
        """A kept connection may be closed by the time it is used: then over a new one."""
        kept = self._connection.sock is not None
        try:
            return self._asked(question)
        except (OSError, http.client.HTTPException):
            self._connection.close()
            if not kept:
                raise
            return self._asked(question)

    def _asked(self, question: bytes) -> Mapping[str, str]:
        headers = {"Content-Type": "application/json"}
        self._connection.request("POST", "/api/v1/hub/offers", question, headers)
        response = self._connection.getresponse()
        answer = response.read()
        if response.status != 200:
            raise http.client.HTTPException(f"the hub answered {response.status}")
        offers = msgspec.json.decode(answer, type=_Offers).offers
        return {offer.channel: offer.state for offer in offers}

    def _failed(self, error: Exception) -> Mapping[str, str]:
        self._connection.close()
        self._silent_until = time.monotonic() + PAUSE_S
        if not self._failing:
            _log.warning(
                "the hub does not answer: customers find everything open", error=str(error)
            )
        self._failing = True
        return {}


def _question(need: Need) -> bytes:
    return msgspec.json.encode(
        {
            "surface": need.surface,
            "reason": need.reason,
            "segment": need.customer.segment,
            "visitor": need.customer.crm or need.name,
        }
    )
