"""A log that grows and rotates in every way, read at any moment: no line lost, none told twice."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest

from ingest.reading.tail import Place, read_on

#: A few lines: pages end in the middle of everything.
LIMIT = 300
SECOND = 10**9


class Log:
    """A log and who writes it; time passes with every write, so files have ages."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "queue_log"
        self.lines = 0
        self._now = 10**18
        self.path.touch()
        self.write(self.line())

    def line(self) -> bytes:
        self.lines += 1
        return b"%06d %s\n" % (self.lines - 1, b"x" * (self.lines * 7 % 30))

    def write(self, content: bytes, file: Path | None = None) -> None:
        with (file or self.path).open("ab") as opened:
            opened.write(content)
        self._touch(file or self.path)

    def rename(self, *, late: bool = False) -> None:
        """Rotation by rename; who writes may finish a line in the old file."""
        old = self._make_room()
        self.path.rename(old)
        if late:
            self.write(self.line(), old)
        self.path.touch()
        self._touch(self.path)

    def copy_and_empty(self) -> None:
        old = self._make_room()
        shutil.copyfile(self.path, old)
        self._touch(old)
        os.truncate(self.path, 0)
        self._touch(self.path)

    def _make_room(self) -> Path:
        for number in range(99, 0, -1):
            if (older := self.path.with_name(f"queue_log.{number}")).exists():
                older.rename(self.path.with_name(f"queue_log.{number + 1}"))
        return self.path.with_name("queue_log.1")

    def _touch(self, file: Path) -> None:
        self._now += SECOND
        os.utime(file, ns=(self._now, self._now))


class Reader:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.place: Place | None = None
        self.read: list[int] = []

    def page(self) -> bool:
        stretch = read_on(self.path, self.place, LIMIT)
        self.place = stretch.place
        self.read += [int(line.split()[0]) for line in stretch.lines]
        return stretch.more

    def all(self) -> None:
        while self.page():
            pass


def live(log: Log, reader: Reader, chance: random.Random, *, copies: bool) -> None:
    """Something happens: half a line and its end, a line, a page read, a rotation."""
    what = chance.random()
    if what < 0.2:
        line = log.line()
        cut = chance.randrange(len(line))
        log.write(line[:cut])
        if chance.random() < 0.5:
            reader.page()
        log.write(line[cut:])
    elif what < 0.6:
        log.write(log.line())
    elif what < 0.85:
        reader.page()
    elif log.path.stat().st_size and copies:
        log.copy_and_empty()
    elif log.path.stat().st_size:
        log.rename(late=chance.random() < 0.5)


@pytest.mark.parametrize("copies", [False, True], ids=["renamed", "copied and emptied"])
@pytest.mark.parametrize("seed", range(10))
def test_whatever_happens_every_line_is_read_once_and_in_order(
    tmp_path: Path, seed: int, copies: bool
) -> None:
    log = Log(tmp_path)
    reader, chance = Reader(log.path), random.Random(seed)
    reader.page()
    for _ in range(300):
        live(log, reader, chance, copies=copies)
    reader.all()
    assert reader.read == list(range(log.lines))


def test_a_log_that_is_emptied_before_a_line_of_it_was_whole_is_read_in_its_copy(
    tmp_path: Path,
) -> None:
    log = Log(tmp_path)
    reader = Reader(log.path)
    reader.all()
    log.copy_and_empty()
    line = log.line()
    log.write(line[:5])
    reader.all()
    log.write(line[5:])
    log.copy_and_empty()
    log.write(log.line())
    reader.all()
    assert reader.read == [0, 1, 2]


def test_three_generations_that_were_never_read_are_read_in_their_order(tmp_path: Path) -> None:
    log = Log(tmp_path)
    reader = Reader(log.path)
    reader.all()
    for _ in range(3):
        log.write(log.line())
        log.rename()
    log.write(log.line())
    reader.all()
    assert reader.read == [0, 1, 2, 3, 4]
