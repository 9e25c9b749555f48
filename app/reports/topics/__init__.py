"""The topics: one file each, with ``ORDER`` and ``section(desk)``, a section of every report."""
