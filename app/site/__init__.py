"""What a site sets for itself: one contract for every setting, one book of its own names.

A *part* is one kind of setting (targets, hours, channels…): a file of ``app/setting_parts/`` with
`PART`, found by :mod:`app.site.discovery`.  It says what it is made of, what stands, since when and
by whom, how it is changed, what would follow and what it has been.  The page *Settings*, the
command ``vigie settings``, ``/api/v1/settings`` and the audit loop over the parts; a further one
is one more file.  Who writes remains the book of each: this package only owns the names of
channels, reasons, segments and surfaces (:mod:`app.site.names`).
"""
