"""What hides the names of the site: those that it had at a moment."""

from __future__ import annotations

from ingest.shadow import Shadow

SHADOWS: tuple[Shadow, ...] = (
    Shadow("setting_versions", "select * from setting_versions where at <= {then}"),
)
