"""The PDF: whole pages whatever names hold, tagged for readers aloud, the same bytes twice."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from app.bootstrap import House
from app.i18n import speaking
from app.reports.formats.pdf_file import document, pages
from app.reports.model import Content
from app.reports.writer import render
from tests.app.reports.telling import HOSTILE, TUESDAY, hours, report, tell


@pytest.fixture
def content(house: House) -> Content:
    """A day with hostile names in every text."""
    for number, name in enumerate(HOSTILE):
        day = TUESDAY + timedelta(days=number % 2)
        tell(house, hours(day, 8 + number // 2, 9 + number // 2, queue=name, reason=name))
    return report(house, name="weekly", language="fr")


def test_a_pdf_is_tagged_says_its_language_and_is_the_same_twice(house: House) -> None:
    tell(house, hours(TUESDAY, 8, 18))
    content = report(house, language="fr")
    written = render(content, "pdf")
    assert written.startswith(b"%PDF-1.")
    assert written == render(content, "pdf")
    assert b"pdfuaid:part" in written
    assert re.search(rb"/Lang\s*\(fr", written)


def test_a_name_that_no_font_can_draw_does_not_stop_the_report(content: Content) -> None:
    written = render(content, "pdf")
    assert written.startswith(b"%PDF-1.")
    assert b"/StructTreeRoot" in written


def test_names_are_shown_as_they_are(content: Content) -> None:
    with speaking("fr"):
        told = document(content)
    cells = [
        cell
        for section in told["sections"]  # type: ignore[attr-defined]
        for table in section["tables"]
        for row in table["rows"]
        for cell in row
    ]
    assert set(HOSTILE) <= set(cells)


def test_its_pages_hold_ink(content: Content) -> None:
    drawn = pages(content)
    assert 3 <= len(drawn) <= 16
    assert all(page.startswith(b"\x89PNG") and len(page) > 10_000 for page in drawn)


def test_a_day_without_anything_is_a_page_too(house: House) -> None:
    assert render(report(house), "pdf").startswith(b"%PDF")
