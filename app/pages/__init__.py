"""One file a page, found by app.web: PATH, TITLE (a translatable key), ORDER, layout(), callbacks at import."""
