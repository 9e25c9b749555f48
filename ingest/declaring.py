"""Columns as the tables of every floor declare them."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, Text


def moment(name: str, *, nullable: bool = False) -> Column[object]:
    """A moment, with its time zone."""
    return Column(name, DateTime(timezone=True), nullable=nullable)


def texts(*names: str) -> list[Column[object]]:
    """Texts that are always told."""
    return [Column(name, Text, nullable=False) for name in names]


def words(*names: str) -> list[Column[object]]:
    """Texts that may be unknown."""
    return [Column(name, Text) for name in names]
