"""One demo a database: a second one would tell another story under the same names."""

from __future__ import annotations

from ingest.database import Database
from ingest.lock import Locks
from tests.house import Vigie


def test_a_second_demo_is_refused_before_it_changes_anything(
    vigie: Vigie, database: Database
) -> None:
    first = Locks(database)
    assert first.hold("demo")
    second = vigie("demo", "--port", "0")
    first.close()

    assert (second.code, second.out) == (1, "")
    assert second.err.splitlines()[-1] == (
        "vigie: a demo runs on this database already: stop it, or give another VIGIE_HOME"
    )
    assert vigie("user", "list", "--format", "json").rows == []
