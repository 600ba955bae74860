"""Ground: subtraction and containment against plain sets of (plant, line, day)."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from kpi.store.regions import Ground, Lines, common, contains, meet, month_ends, without

LINES = ["L1", "L2", "other", None]
START = date(2026, 1, 28)
DAYS = [START + timedelta(days=n) for n in range(10)]

grounds = st.builds(
    lambda plant, names, all_but, a, b: Ground(
        plant, Lines(frozenset(names), all_but), DAYS[min(a, b)], DAYS[max(a, b)]
    ),
    st.sampled_from(["A", "B"]),
    st.sets(st.sampled_from(["L1", "L2"]), min_size=1),
    st.booleans(),
    st.integers(0, 9),
    st.integers(0, 9),
)


def cells(ground):
    lines = [x for x in LINES if ((x in ground.lines.names) != ground.lines.all_but)]
    return {
        (ground.plant, line, day)
        for line in lines
        for day in DAYS
        if ground.first <= day <= ground.last
    }


def all_cells(pieces):
    return set().union(*(cells(g) for g in pieces))


@given(st.lists(grounds, max_size=3), st.lists(grounds, max_size=4))
def test_what_is_left_is_what_was_not_taken(mine, taken):
    assert all_cells(without(mine, taken)) == all_cells(mine) - all_cells(taken)


@given(st.lists(grounds, max_size=3), st.lists(grounds, max_size=3))
def test_containing_and_meeting(a, b):
    assert contains(a, b) == (all_cells(b) <= all_cells(a))
    assert meet(a, b) == bool(all_cells(a) & all_cells(b))
    assert all_cells(common(a, b)) == all_cells(a) & all_cells(b)


def test_nothing_is_left_of_the_same_ground():
    ground = Ground("A", Lines(frozenset(), True), START, START)
    assert without([ground], [ground]) == []


def test_the_ends_of_february():
    assert month_ends("2028-02") == (date(2028, 2, 1), date(2028, 2, 29))
    assert month_ends("2026-12") == (date(2026, 12, 1), date(2026, 12, 31))
