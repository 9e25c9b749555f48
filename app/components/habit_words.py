"""What the browser says of habits: the palette, kept filters, columns, the tour."""

from __future__ import annotations

from app.i18n import _


def habit_texts() -> dict[str, str]:
    """Sentences of ``assets/{palette,kept,table_columns,tour}.js``; ``{…}`` are their places."""
    return {
        "palette_none": _("Nothing is found: try other letters, or fewer."),
        "palette_wrong": _("That did not work: reload the page and try again."),
        "kept": _("Your last filters are back."),
        "kept_reset": _("Reset"),
        "columns_of": _("Columns: {title}"),
        "column_up": _("Further to the front: {column}"),
        "column_down": _("Further to the back: {column}"),
        "columns_usual": _("As usual"),
        "columns_note": _("Kept for you, here and on every other screen of yours."),
        "close": _("Close this"),
        "done": _("Done"),
        "sorted_by": _("Sort by {column}"),
        "tour_step": _("Step {number} of {count}"),
        "tour_next": _("Next"),
        "tour_back": _("Back"),
        "tour_skip": _("Skip the tour"),
        "tour_end": _("Begin"),
    }
