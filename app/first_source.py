"""What a first source needs: the settings of each connector, and what to write down for one.

The settings are those that the connector's own documentation names: its module's paragraph
«Options: …».  So a new connector is in the set-up page at once.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from app.errors import WrongUse
from app.named_source import NAME_CHARS
from app.settings import Settings, zone_named
from app.sources import Way
from ingest.connector import (
    Connector,
    FileConnector,
    LiveConnector,
    PullConnector,
    Source,
    WebhookConnector,
    connector_named,
    connectors,
)
from ingest.errors import UnknownConnector
from ingest.reading.options import secret_variable

#: Connectors that no house of its own has: the simulated centre.
_NOT_OFFERED = {"simulator"}
_OPTIONS = re.compile(r"^Options: (.*?)(?=\n\n|\Z)", re.S | re.M)
_NAMED = re.compile(r"``([a-z_]+)(?: = [^`]*)?``(?: \(([^()]*)\))?")
#: Named beside the options, as what they may be or where else it stands.
_VALUES = {"on", "off", "starttls", "default", "customer_id", "reason", "segment"}
_SECRETS = ("secret", "token", "password")
_NUMBER = re.compile(r"-?\d{1,9}")
VALUE_CHARS = 500
Value: TypeAlias = str | int | bool | list[str]


@dataclass(frozen=True, slots=True)
class Guide:
    """One connector: `ways` that its events can come in, `told` in one line, `options` by name
    with what the documentation says of each, if anything; `secret`: whether it has one.
    """

    name: str
    told: str
    ways: tuple[Way, ...]
    options: Mapping[str, str]
    secret: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """A source as the set-up page is being told: nothing of it is kept."""

    connector: str
    name: str
    options: Mapping[str, str]

    def source(self, settings: Settings) -> Source:
        """As vigie.toml would say it, with the secrets of this process's environment.

        Raises WrongUse: a name or a value that no file can hold.
        """
        options = {key: _value(text) for key, text in self.options.items() if text.strip()}
        zone = zone_named(str(options.pop("zone", settings.zone)))
        name = named(self.name)
        secret, token = (
            os.environ.get(secret_variable(name, what)) for what in ("secret", "token")
        )
        return Source(name, self.connector, zone, secret, token, options)

    def toml(self) -> str:
        """The piece to copy into vigie.toml.  Raises WrongUse."""
        told: list[tuple[str, Value]] = [("connector", self.connector)]
        told += [(key, _value(text)) for key, text in self.options.items() if text.strip()]
        lines = [f"{key} = {_toml(value)}" for key, value in told]
        return "\n".join([f"[sources.{_key(named(self.name))}]", *lines])


def guides() -> dict[str, Guide]:
    """Every connector that a house may have, by name."""
    return {name: guide(name) for name in sorted(connectors()) if name not in _NOT_OFFERED}


def guide(name: str) -> Guide:
    """What that connector needs.  Raises WrongUse."""
    try:
        connector = connector_named(name)
    except UnknownConnector as error:
        raise WrongUse(str(error)) from error
    words = sys.modules[type(connector).__module__].__doc__ or ""
    ways = _ways(connector)
    secret = "push" in ways or any(word in words for word in _SECRETS)
    return Guide(name, words.partition("\n")[0], ways, _options(words), secret)


def named(name: str) -> str:
    """The name of a source.  Raises WrongUse."""
    told = name.strip()
    if not 0 < len(told) <= NAME_CHARS or not told.isprintable():
        raise WrongUse(f"a source needs a printable name of at most {NAME_CHARS} characters")
    return told


def _ways(connector: Connector) -> tuple[Way, ...]:
    """All that it can do, whatever a source of it is told to."""
    found: list[tuple[Way, bool]] = [
        ("pull", isinstance(connector, PullConnector | LiveConnector)),
        ("push", isinstance(connector, WebhookConnector)),
        ("file", isinstance(connector, FileConnector)),
    ]
    return tuple(way for way, is_one in found if is_one)


def _options(words: str) -> dict[str, str]:
    found = _OPTIONS.search(words)
    if found is None:
        return {}
    text = " ".join(found.group(1).split())
    return {
        name: hint.replace("``", "")
        for name, hint in _NAMED.findall(text)
        if name not in _VALUES or f"``{name}`` (of" in text
    }


def _value(text: str) -> Value:
    """A number, yes or no, several with commas between brackets, else the text itself."""
    told = text.strip()
    if len(told) > VALUE_CHARS or not told.isprintable():
        raise WrongUse(f"a setting has at most {VALUE_CHARS} printable characters")
    if told in ("true", "false"):
        return told == "true"
    if _NUMBER.fullmatch(told):
        return int(told)
    if told.startswith("[") and told.endswith("]"):
        return [part.strip().strip('"') for part in told[1:-1].split(",") if part.strip()]
    return told


def _toml(value: Value) -> str:
    """A TOML value: what is printable is quoted as JSON quotes it."""
    return json.dumps(value, ensure_ascii=False)


def _key(name: str) -> str:
    """Bare where TOML takes it so."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _toml(name)
