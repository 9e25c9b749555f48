"""Typed settings: ``VIGIE_*`` of the environment over ``[site]`` of vigie.toml over defaults.

The secrets of sources come from the environment only:
``VIGIE_SOURCE_<NAME>_SECRET`` (upper case, every other character as ``_``).
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from platformdirs import user_data_dir
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.access.options import Access
from app.errors import WrongUse
from app.privacy.terms import Privacy
from ingest.connector import Source
from ingest.identity import REGION, is_region
from ingest.reading.options import secret_variable
from kpis import intervals
from kpis.errors import WrongQuery

#: Stands in the demo only; ``vigie serve`` refuses to start with it.
DEFAULT_SECRET_KEY = "change-me: vigie demo only"


class Site(BaseModel):
    """``[site]``: settings of the house as a whole; those left out stand as they are."""

    model_config = ConfigDict(extra="forbid")

    zone: str | None = None
    language: str | None = None
    region: str | None = None


class Tables(BaseModel):
    """The tables of vigie.toml."""

    model_config = ConfigDict(extra="forbid")

    site: Site = Field(default_factory=Site)
    access: Access = Field(default_factory=Access)
    privacy: Privacy = Field(default_factory=Privacy)
    sources: dict[str, dict[str, Any]] = Field(default_factory=dict)


class Settings(BaseSettings):
    """What a process needs to know before it opens anything."""

    model_config = SettingsConfigDict(env_prefix="VIGIE_", extra="ignore", frozen=True)

    home: Path = Field(default_factory=lambda: Path(user_data_dir("vigie")))
    database_url: str | None = None
    secret_key: str = DEFAULT_SECRET_KEY
    config: Path | None = None
    #: The site's IANA zone: days and quarters are cut in it.
    zone: str = "Europe/Paris"
    language: str = "fr"
    #: The country (ISO 3166) of telephone numbers told without one.
    region: str = REGION
    #: Networks beside the internet that outbound webhooks may be sent to: ``10.1.0.0/16,…``.
    webhook_networks: str = ""
    #: Where e-mails are handed in, ``smtp://user:password@host:587`` or ``smtps://…``; empty: none.
    smtp_url: str = ""
    #: The address that alerts are mailed from.
    mail_from: str = ""
    #: The domains that may be mailed: ``example.com,…``; empty: nobody.
    mail_domains: str = ""
    #: Whoever logs in for the first time is shown around; the demo does so by itself.
    tour: bool = False
    #: What a dialplan shows to be answered whatever others ask; empty: every caller is a stranger.
    ivr_key: str = ""
    #: What this house shows to the provider of ``[access.oidc]``; empty: a public client.
    oidc_secret: str = ""

    @field_validator("home", mode="before")
    @classmethod
    def _named_home(cls, home: object) -> object:
        """An empty one would be the current folder, wherever that is."""
        if home == "":
            raise ValueError("VIGIE_HOME is empty: name a folder, or unset it")
        return home

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        try:
            return zone_named(zone).key
        except WrongUse as error:
            raise ValueError(str(error)) from error

    @field_validator("region")
    @classmethod
    def _known_region(cls, region: str) -> str:
        try:
            return _region_named(region)
        except WrongUse as error:
            raise ValueError(str(error)) from error

    @property
    def mailable(self) -> frozenset[str]:
        """The domains that may be mailed."""
        named = (part.strip().lower() for part in self.mail_domains.split(","))
        return frozenset(filter(None, named))

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def tables(self) -> Tables:
        """vigie.toml as read: ``VIGIE_CONFIG``, else the one in the home, else nothing."""
        path = self.config_path()
        if self.config is None and not path.exists():
            return Tables()
        try:
            return Tables.model_validate(tomllib.loads(path.read_text("utf-8")))
        except OSError as error:
            raise WrongUse(f"cannot read {path}: {error.strerror}; check VIGIE_CONFIG") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise WrongUse(f"{path} is not valid TOML: {error}") from error
        except ValidationError as error:
            raise WrongUse(f"{path}: {_first(error)}") from error

    def access(self) -> Access:
        """How people get in."""
        return self.tables().access

    def sources(self) -> dict[str, Source]:
        """Every configured source by name."""
        folder = self.config_path().parent
        return {
            name: _source(name, table, self.zone, folder)
            for name, table in self.tables().sources.items()
        }

    def config_path(self) -> Path:
        """Where vigie.toml is, or would be."""
        return self.config or self.home / "vigie.toml"


def load_settings() -> Settings:
    """The settings of this process.  Raises WrongUse naming the setting that is wrong."""
    try:
        settings = Settings()
        said = settings.tables().site.model_dump(exclude_none=True)
        return Settings(**{k: v for k, v in said.items() if k not in settings.model_fields_set})
    except ValidationError as error:
        raise WrongUse(f"settings: {_first(error)}") from error


def zone_named(name: str) -> ZoneInfo:
    """The IANA zone that a setting or an option says.  Raises WrongUse."""
    try:
        return intervals.zone_named(name)
    except WrongQuery as error:
        raise WrongUse(str(error)) from error


def _source(name: str, table: dict[str, Any], zone: str, folder: Path) -> Source:
    """`folder`: where vigie.toml lies, and the mapping that a source names."""
    options = dict(table)
    if isinstance(mapping := options.get("mapping"), str) and mapping:
        options["mapping"] = str(folder / mapping)
    if not isinstance(connector := options.pop("connector", None), str):
        raise WrongUse(f'[sources.{name}] needs a line connector = "…"')
    try:
        tz = zone_named(str(options.pop("zone", zone)))
    except WrongUse as error:
        raise WrongUse(f"[sources.{name}] {error}") from error
    if "region" in options:
        try:
            options["region"] = _region_named(str(options["region"]))
        except WrongUse as error:
            raise WrongUse(f"[sources.{name}] {error}") from error
    hidden: dict[str, str | None] = {}
    for what in ("secret", "token"):
        variable = secret_variable(name, what)
        if what in options:
            raise WrongUse(f"[sources.{name}] the {what} belongs in {variable}")
        hidden[what] = os.environ.get(variable)
    return Source(name, connector, tz, hidden["secret"], hidden["token"], options)


def _region_named(name: str) -> str:
    """The country as the numbering plans name it.  Raises WrongUse."""
    if not is_region(name.upper()):
        raise WrongUse(f"no country «{name}»: give its two letters, as FR or BE")
    return name.upper()


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
