"""Tables of any tool → events: the rooms behind :mod:`ingest.connectors.table`.

``layout``    finds the header and gives the rows: of delimited text (``delimited``, whose
              bytes ``encoding`` turns into UTF-8) or of a workbook (``workbook``)
``mapping``   what a person says of the file: which column is which field, in which format
``clocks``    cells → instants: formats, their detection, the two bad nights of a year
``amounts``   cells → milliseconds
``fields``    the cells of one row, by field
``contacts``  a row that is a whole contact → its events
``facts``     a row that is one event → that event
``words``     what headers and values of tools are called, in French and English
``guess``     a header and first rows → which column is what
``proposal``  the guesses as a mapping file with comments

Nothing here writes; a row that cannot be used is one Rejected.
"""
