"""The definitions in the documentation are those of the catalogue, and the figures are true."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app.definitions_text import BANK, BEGIN, END, page, short_table
from ingest.connector import Source
from ingest.connectors.bank_calls_1999 import BankCalls1999
from ingest.database import Database
from ingest.store import Store
from kpis.catalogue import catalogue
from kpis.query import KpiQuery
from kpis.rollup import followers
from kpis.series import compute
from kpis.service_level import FORMULAS
from tests.house import Vigie

ROOT = Path(__file__).parent.parent.parent
HAIFA = ZoneInfo("Asia/Jerusalem")


def test_the_page_of_the_kpis_is_up_to_date() -> None:
    assert (ROOT / "docs" / "kpis.md").read_text() == page(), (
        "run: vigie definitions --markdown > docs/kpis.md"
    )


def test_the_table_of_the_readme_is_up_to_date() -> None:
    told = (ROOT / "README.md").read_text().partition(BEGIN)[2].partition(END)[0]
    assert told == f"\n{short_table()}", "run: vigie definitions --into README.md"


def test_the_eight_service_levels_of_the_bank_are_those_of_its_log(
    database: Database, shared_data: Callable[[str], Path]
) -> None:
    log = shared_data("calls_bank_1999")
    store = Store(database, followers(), key=b"tests")
    bank = Source("bank", BankCalls1999.name, HAIFA)
    for path in sorted(log.glob("january*")):
        store.load(bank, BankCalls1999().read(path, bank), now=datetime(2030, 1, 1, tzinfo=UTC))
    month = {
        "from_": datetime(1999, 1, 1, tzinfo=HAIFA), "to": datetime(1999, 2, 1, tzinfo=HAIFA),
        "now": datetime(2030, 1, 1, tzinfo=UTC), "zone": HAIFA,
    }  # fmt: skip
    with database.engine.connect() as connection:
        levels = {
            id: compute(connection, KpiQuery(**month, service_level_formula=id))[0]  # type: ignore[arg-type]
            for id in FORMULAS
        }
    told = {id: float(row.kpis["service_level"] or 0) for id, row in levels.items()}
    assert {id: round(100 * level, 2) for id, level in told.items()} == BANK


def test_the_command_prints_every_kpi_in_both_languages(vigie: Vigie) -> None:
    english = vigie("definitions", "--format", "json").rows
    french = vigie("definitions", "--language", "fr", "--format", "json").rows
    assert [row["kpi"] for row in english] == [row["kpi"] for row in french] == list(catalogue())
    assert (english[0]["label"], french[0]["label"]) == ("Offered", "Présentés")
    assert all(row["definition"] and row["formula"] for row in [*english, *french])
    assert vigie("definitions", "--markdown").out == page()


def test_the_table_is_put_between_its_marks_and_nowhere_else(vigie: Vigie, tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"# Before\n\n{BEGIN}\nold\n{END}\n\nAfter\n")
    assert "changed" in vigie("definitions", "--into", readme).err
    assert readme.read_text() == f"# Before\n\n{BEGIN}\n{short_table()}{END}\n\nAfter\n"
    assert "is up to date" in vigie("definitions", "--into", readme).err


@pytest.mark.parametrize(
    ("words", "said"), [(("--language", "de"), "no language «de»"), (("--into",), "has no lines")]
)
def test_wrong_use_is_one_line(
    vigie: Vigie, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    (tmp_path / "notes.md").write_text("# Notes\n")
    more = (tmp_path / "notes.md",) if words == ("--into",) else ()
    answer = vigie("definitions", *words, *more)
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err
