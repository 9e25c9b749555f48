"""What the house finds by looking, found: before a test adds a file to what is looked through.

A page declares its callbacks and a resource describes its answers when it is imported, once a
process: were that in the test with one file more, it would be so for every test after it.
"""

from __future__ import annotations

from app.discovery import pages, resources


def find_all() -> None:
    """Import every page and every resource."""
    pages()
    list(resources())
