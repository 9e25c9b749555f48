"""The formats: one file each, with ``MEDIA_TYPE`` and ``render(content) -> bytes``.

The file's name is the format's, less ``_file`` at its end: ``csv_file.py`` writes ``csv``.
"""
