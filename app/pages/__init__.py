"""One file a page, found by app.web: PATH, TITLE (a msgid), ORDER, layout(), callbacks."""
