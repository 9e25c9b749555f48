"""No message reaches our own network, however its address is written."""

from __future__ import annotations

import asyncio
from ipaddress import ip_address

import pytest

from app.errors import WrongUse
from app.outbox.addresses import Reach, Target, is_public, split
from app.outbox.errors import NotReachable
from app.outbox.naming import resolve as by_this_machine

INSIDE = [
    "127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.5.4", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.7",
    "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "192.88.99.1",
    "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "::8.8.8.8",
    "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "2002:7f00:1::", "2002:808:808::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2", "fc00::1", "fd12:3456::1", "fe80::1", "fec0::1",
    "ff02::1", "2001:db8::1", "100::1", "::ffff:0:808:808",
    "3fff::1", "5f00::1",
]  # fmt: skip
OUTSIDE = ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "2a00:1450:4007::200e"]


@pytest.mark.parametrize("address", INSIDE)
def test_what_is_not_the_internets_is_not_told(address: str) -> None:
    assert not is_public(ip_address(address))
    with pytest.raises(NotReachable, match="VIGIE_WEBHOOK_NETWORKS"):
        Reach().require(ip_address(address), "https")


@pytest.mark.parametrize("address", OUTSIDE)
def test_the_internet_is_told_but_not_in_clear(address: str) -> None:
    Reach().require(ip_address(address), "https")
    with pytest.raises(NotReachable, match="use https"):
        Reach().require(ip_address(address), "http")


def test_a_setting_opens_a_network_and_no_more() -> None:
    reach = Reach.of(" 10.1.0.0/16, 127.0.0.1/32,")
    reach.require(ip_address("10.1.2.3"), "http")
    reach.require(ip_address("127.0.0.1"), "http")
    for address in ("10.2.0.1", "127.0.0.2", "169.254.169.254"):
        with pytest.raises(NotReachable):
            reach.require(ip_address(address), "https")
    with pytest.raises(WrongUse, match=r"write networks as 10\.1\.0\.0/16"):
        Reach.of("10.1.0.1/16")


@pytest.mark.parametrize(
    "url",
    [
        "", "hook", "ftp://example.org/", "file:///etc/passwd", "https://", "https:///hook",
        "https://ann:pw@example.org/", "https://example.org/#part", "https://example.org:0/",
        "https://example.org:99999/", "https://exämple.org/", "https://example.org/a b",
        "https://example.org/\r\nx: y", "https://[::1", "https://" + "a" * 500, "gopher://x:70/",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_when_it_is_told(url: str) -> None:
    with pytest.raises(WrongUse):
        split(url)


def targets(found: list[str], url: str = "https://chat.example.org/hook") -> list[Target]:
    async def resolve(_host: str, _port: int) -> list[str]:
        return found

    return asyncio.run(Reach().targets(url, resolve))


def test_the_connection_goes_to_an_address_that_was_judged() -> None:
    assert targets(["8.8.8.8", "8.8.8.8", "2606:4700::1111"]) == [
        Target("chat.example.org", "8.8.8.8", 443),
        Target("chat.example.org", "2606:4700::1111", 443),
    ]


def test_one_address_inside_among_those_of_a_name_is_enough_to_refuse() -> None:
    for found in (["8.8.8.8", "127.0.0.1"], ["10.0.0.1", "8.8.8.8"], ["fe80::1%eth0"]):
        with pytest.raises(NotReachable):
            targets(found)


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "127.1", "localhost", "0"])
def test_loopback_is_known_by_any_of_its_names(host: str) -> None:
    with pytest.raises(NotReachable):
        asyncio.run(Reach().targets(f"https://{host}/hook", by_this_machine))
