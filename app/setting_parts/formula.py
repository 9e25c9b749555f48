"""The service-level formula of the site: one of the eight of the field."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from app.decision import Decision
from app.house_words import formula as formula_words
from app.i18n import N_, _, spoken
from app.site.levels import levels_foreseen
from app.site.part import (
    KEPT,
    UNCHANGED,
    Act,
    Asked,
    Column,
    Field,
    Foreseen,
    Part,
    Standing,
    Told,
    Values,
    Version,
)
from app.site.values import one_of
from app.site.versions import OF_FORMULAS
from app.target_book import TargetBook
from kpis.service_level import FORMULAS
from kpis.versions import formula_in_force, read_versions

_FORMULA = N_("Formula")


def _standing(asked: Asked) -> Sequence[Standing]:
    """The one in force."""
    stands = formula_in_force(asked.connection)
    since, by, why = None, "", ""
    for version in read_versions(asked.connection):
        if version.formula != stands:
            break
        if version.change.startswith("formula:"):
            since, by, why = version.decided_at, version.decided_by, version.why
    formula = FORMULAS[stands]
    cells = (formula_words(stands), formula.formula, spoken(formula.used_by))
    return [Standing(cells, {"formula": stands}, since, by, why)]


def _wanted(values: Values) -> str:
    return one_of(values, "formula", _(_FORMULA), FORMULAS, "")


def _save(act: Act) -> str:
    book = TargetBook(act.house.database, act.house.store)
    return KEPT if book.set_formula(_wanted(act.values), act.decision).new else UNCHANGED


def _foresee(asked: Asked, values: Values, _decision: Decision) -> Foreseen:
    return levels_foreseen(asked, formula=_wanted(values))


def _told(version: Version, _zone: ZoneInfo) -> Told:
    before, after = (formula_words(id) if id else "" for id in (version.before, version.after))
    return Told(_("Service-level formula"), before, after)


def _formulas(_asked: Asked) -> Sequence[tuple[str, str]]:
    return [(id, formula_words(id)) for id in FORMULAS]


PART = Part(
    key="formula",
    title=N_("Service-level formula"),
    purpose=N_("Who counts in the service level. A ratio is made on reading: all of history "
               "follows, and nothing is counted again."),
    order=45,
    right="set_targets",
    columns=(Column(_FORMULA), Column(N_("How it counts")), Column(N_("Used by"))),
    fields=(Field("formula", _FORMULA, "choice", options=_formulas),),
    standing=_standing,
    save=_save,
    versions=OF_FORMULAS,
    told=_told,
    subject=lambda values: "formula",
    foresee=_foresee,
    add=N_("Choose another formula"),
)  # fmt: skip
