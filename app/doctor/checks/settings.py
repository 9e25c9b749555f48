"""The settings: vigie.toml, the zone and the language of the site, the secret key."""

from __future__ import annotations

from collections.abc import Iterator

from app.doctor import Finding, Patient
from app.errors import WrongUse
from app.i18n import languages
from app.settings import DEFAULT_SECRET_KEY

ORDER = 20
KEY_CHARS = 32


def check(patient: Patient) -> Iterator[Finding]:
    """What is wrong in the file, where days begin, whether the key is a secret."""
    yield _file(patient)
    yield _zone(patient)
    yield _language(patient)
    yield _key(patient.settings.secret_key)


def _file(patient: Patient) -> Finding:
    path = patient.settings.config_path()
    try:
        many = len(patient.settings.sources())
    except WrongUse as error:
        return Finding("settings", "ill", str(error), f"mend {path}")
    if not path.exists():
        todo = "write one to configure sources, or open /setup in the cockpit"
        return Finding("settings", "look", f"there is no {path}", todo)
    return Finding("settings", "well", f"{path}, sources: {many}")


def _zone(patient: Patient) -> Finding:
    settings = patient.settings
    local = patient.now.astimezone(settings.tz)
    return Finding("zone", "well", f"{settings.zone}, it is {local:%Y-%m-%d %H:%M} (UTC{local:%z})")


def _language(patient: Patient) -> Finding:
    code = patient.settings.language
    if code not in languages():
        todo = f"set VIGIE_LANGUAGE to one of: {', '.join(languages())}"
        return Finding("language", "look", f"«{code}» is not spoken: English is", todo)
    return Finding("language", "well", code)


def _key(key: str) -> Finding:
    todo = "export VIGIE_SECRET_KEY=$(openssl rand -hex 32), and keep it: identities hang on it"
    if key == DEFAULT_SECRET_KEY or not key.strip():
        return Finding("secret key", "ill", "the one that everybody knows (the demo's)", todo)
    if len(key) < KEY_CHARS:
        return Finding("secret key", "look", f"it has {len(key)} characters", todo)
    return Finding("secret key", "well", f"one of your own, {len(key)} characters")
