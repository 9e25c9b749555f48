"""A file that is saved is as open as the process makes files; a private one is its owner's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.reports import saving
from app.reports.saving import save


@pytest.fixture
def masked() -> Iterator[None]:
    """The group may read what this process makes, others may not."""
    before = os.umask(0o027)
    yield
    assert os.umask(before) == 0o027


@pytest.mark.parametrize("nameless", [True, False], ids=["nameless first", "named at once"])
def test_a_file_is_as_open_as_the_process_makes_files_and_a_private_one_its_owners(
    masked: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nameless: bool
) -> None:
    if not nameless:
        monkeypatch.setattr(saving, "_nameless", lambda folder, mode: None)
    save(b"x", tmp_path / "report")
    save(b"y", tmp_path / "told", private=True)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {"report": 0o640, "told": 0o600}
