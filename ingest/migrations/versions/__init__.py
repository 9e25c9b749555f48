"""One file per change of the schema, named ``NNNN_what.py``; applied ones are never edited."""
