"""One file a kind of target of the palette: ORDER, TITLE (a msgid), targets(asked)."""
