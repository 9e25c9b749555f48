"""Every KPI of a group at once is what each KPI says of it by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from kpis.catalogue import catalogue
from kpis.measures import MEASURES
from kpis.reading import ALL, BOT, Part, Readings, Tally
from kpis.service_level import FORMULAS
from kpis.values import values

NOW = datetime(2024, 3, 4, 9, tzinfo=UTC)
KEYS = [*(measure.key for measure in MEASURES), "waiting", "past_target", "backlog", "not_due",
        "identified", "repeated", "firsts", "firsts_ripe", "firsts_repeated", "cost_units",
        "priced", "engaged_ms", "available_ms"]  # fmt: skip
parts = st.builds(
    Part,
    st.dictionaries(st.sampled_from(KEYS), st.integers(0, 10**6)).map(lambda d: Part().counts | d),
    st.dictionaries(st.integers(0, 200), st.integers(1, 50)).map(lambda d: Part().waits | d),
    st.none() | st.integers(0, 10**5).map(lambda s: NOW - timedelta(seconds=s)),
)
tallies = st.builds(Tally, st.dictionaries(st.sampled_from((*ALL, *BOT, "new")), parts))


@given(tallies, tallies, st.sampled_from(list(FORMULAS)))
def test_all_at_once_is_each_by_itself(today: Tally, opened: Tally, formula: str) -> None:
    of_today, of_now = Readings(today, NOW, formula), Readings(opened, NOW, formula)
    one_by_one = {
        key: kpi.of(of_now if kpi.live else of_today) for key, kpi in catalogue().items()
    }
    assert values(of_today, of_now) == one_by_one
    assert list(values(of_today)) == list(catalogue())
