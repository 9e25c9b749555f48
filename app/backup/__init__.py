"""Backups: the whole database in a folder, by PostgreSQL's own programs, and back again.

:mod:`app.backup.taking` writes one, :mod:`app.backup.restoring` brings one back, with
everybody erased since; both are whole or not there.  VIGIE_SECRET_KEY and vigie.toml are in
none: without that key the identities in a backup are numbers that lead nowhere.
"""
