"""Lines of the audit as rows, for the page, the API, the command and the files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.audit.reading import sources
from app.audit.source import Line, Reader, Source, Told


@dataclass(frozen=True, slots=True)
class Row:
    """A line, its source, and both in the reader's words."""

    line: Line
    source: Source
    told: Told

    @property
    def act(self) -> str:
        return self.source.act(self.line)

    @property
    def link(self) -> str | None:
        return self.source.link(self.line)

    def flat(self) -> dict[str, object]:
        """One flat row, as the API and the files have it."""
        line = self.line
        return {
            "at": line.at, "who": line.who, "source": line.source, "act": line.act,
            "what": self.act, "subject": line.subject, "thing": self.told.thing,
            "before": self.told.before or None, "after": self.told.after or None,
            "why": line.why or None, "link": self.link,
        }  # fmt: skip


def rows_of(lines: Iterable[Line], reader: Reader) -> list[Row]:
    """Each in the reader's words."""
    known = {source.key: source for source in sources()}
    return [Row(line, known[line.source], known[line.source].told(line, reader)) for line in lines]
