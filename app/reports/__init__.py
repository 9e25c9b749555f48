"""Reports: one moment of the database, told to whoever reads it tomorrow at seven.

``writer.tell(engine, wish, now)`` reads everything in one snapshot and gives a `Content`:
sections of figures and tables in the reader's language, pure data.  ``writer.render(content,
format)`` writes it down; the same content is always the same bytes.  A report is one file of
``kinds/`` (which stretch of time it tells and what it is compared with), a topic one file of
``topics/`` (one section of every report), a format one file of ``formats/``.  All three are
found by discovery: adding one edits no list.  The numbers are those of `kpis.series`, so that
report, screens and API agree to the last digit.
"""
