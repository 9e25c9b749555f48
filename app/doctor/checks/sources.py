"""The sources: what their tables lack, whether somebody pulls them, how fresh they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from app.doctor import Finding, Patient, State
from app.errors import WrongUse
from app.sources import SourceState, SourceWatch, Wanted, wanted
from kpis.silence import source_lines

ORDER = 60
NEEDS_DATABASE = True
_STATES: Mapping[str, State] = {"failing": "ill", "unattended": "ill", "silent": "look"}
_TODO = {
    "unattended": "start a worker: vigie work",
    "silent": "look at the system it comes from: it usually tells something at this time",
    "waiting": "it was never heard: send it something, or look at its settings",
}


def check(patient: Patient) -> Iterator[Finding]:
    """A line a source, and one for those who pull them."""
    try:
        configured = wanted(patient.settings.sources().values())
    except WrongUse:
        return  # told with the settings
    states = _standing(patient)
    if not states:
        todo = f"write [sources.NAME] in {patient.settings.config_path()}, or open /setup"
        yield Finding("sources", "look", "none is configured, none was ever heard", todo)
    yield from _workers(patient, configured)
    for state in states:
        yield _finding(state)


def _standing(patient: Patient) -> list[SourceState]:
    assert patient.database is not None
    with patient.database.engine.connect() as connection:
        lines = source_lines(connection, patient.now)
    return SourceWatch(patient.settings).states(lines, patient.now)


def _finding(state: SourceState) -> Finding:
    name = f"source {state.source}"
    last = f", last event {state.last_event_at:%Y-%m-%d %H:%M} UTC" if state.last_event_at else ""
    if trouble := state.lacks or state.error:
        todo = f"set {state.variable}" if state.variable else "see: vigie sources check"
        return Finding(name, "ill", trouble, todo)
    found = _STATES.get(state.state, "look" if state.state == "waiting" else "well")
    todo = "" if found == "well" else _TODO[state.state]
    return Finding(name, found, f"{state.connector}, {state.state}{last}", todo)


def _workers(patient: Patient, configured: Mapping[str, Wanted]) -> Iterator[Finding]:
    assert patient.database is not None
    with patient.database.connect() as connection:
        row = connection.execute(
            "select count(*) from workers where alive_until > now()"
        ).fetchone()
    alive = row[0] if row else 0
    pulled = [name for name, one in configured.items() if "pull" in one.ways]
    if alive:
        yield Finding("workers", "well", f"{alive} alive")
    elif pulled:
        seen = f"none is alive, for {len(pulled)} sources to pull"
        yield Finding("workers", "ill", seen, "start one: vigie work")
    else:
        seen = "none is alive: no rule, alert or report is looked at"
        yield Finding("workers", "look", seen, "start one: vigie work")
