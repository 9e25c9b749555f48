"""The outside world of the connectors: real servers, on loopback, for as long as the tests run."""

from __future__ import annotations

import dataclasses
import itertools
import os
from collections.abc import Iterator

import dovecot as imap_server
import pytest

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def mail_server() -> Iterator[imap_server.Dovecot]:
    """A running mail server.

    Skips where Dovecot is not installed; where CI is set to true that is a failure.
    """
    if imap_server.program() is None:
        reason = "no dovecot on this machine: apt-get install dovecot-imapd"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with imap_server.running() as server:
        yield server


@pytest.fixture
def dovecot(mail_server: imap_server.Dovecot) -> imap_server.Dovecot:
    """A real mail server with an empty account of the test's own."""
    return dataclasses.replace(mail_server, user=f"care{next(_numbers)}@example.com")
