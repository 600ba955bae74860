"""Cells held against the plain definition: go through the rows, add up what the filter leaves."""

import math
from collections import defaultdict
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpi.measures.beside import FEW, groups
from kpi.measures.columns import MIXED, NOWHERE, Columns, added_up, picked
from tests.measures.made_facts import made, rows, scrapped, source

LINES = ("L1", "L2", None)
PLANTS = ("A", "B")
REASONS = ("R1", "R2", None)


def moved(random):
    """Rows of production and scrap over half a year, every value a whole number."""
    made_rows, scrap = [], []
    for _ in range(160):
        on = (date(2026, 1, 5) + timedelta(days=int(random.integers(0, 170)))).isoformat()
        place = {"plant": str(random.choice(PLANTS)), "line": random.choice(LINES)}
        made_rows.append(made(on, int(random.integers(50, 900)), **place))
        if random.random() < 0.7:
            scrap.append(
                scrapped(on, int(random.integers(0, 30)), reason=random.choice(REASONS), **place)
            )
    return made_rows, scrap


PERIOD = {
    "month": lambda d: f"{d:%Y-%m}",
    "week": lambda d: "{}-W{:02d}".format(*d.isocalendar()[:2]),
    "quarter": lambda d: f"{d.year}-Q{(d.month + 2) // 3}",
}


def simply(table, column, period, by, where):
    """The sums per slice and period."""
    total = defaultdict(int)
    for row in table:
        if all(str(row.get(d) or "") in wanted for d, wanted in where.items()):
            total[(*(row.get(d) for d in by), PERIOD[period](row["date"]))] += row[column]
    return total


@pytest.fixture(scope="module")
def facts():
    made_rows, scrap = moved(np.random.default_rng(1))
    return made_rows, scrap, source(production=made_rows, scrap=scrap)


@pytest.mark.parametrize("period", PERIOD)
@pytest.mark.parametrize("by", [(), ("plant", "line"), ("reason",)])
def test_a_rate_is_a_sum_over_a_sum(facts, period, by):
    made_rows, scrap, src = facts
    for where in ({}, {"line": {"L2"}}, {"line": {"L1", ""}}, {"plant": {"B"}, "line": {"L1"}}):
        asked = tuple((d, v) for d, values in where.items() for v in sorted(values))
        below_by = tuple(d for d in by if d != "reason")  # below the line there is no reason
        above = simply(scrap, "qty_scrap", period, by, where)
        below = simply(made_rows, "qty_produced", period, below_by, where)
        told = 0
        for cell in rows(src, "scrap_rate", period=period, by=by, where=asked):
            key = tuple(cell[d] if isinstance(cell[d], str) else None for d in by)
            count = above.get((*key, cell["period"]), 0)
            of = tuple(k for d, k in zip(by, key, strict=True) if d != "reason")
            size = below.get((*of, cell["period"]), 0)
            if cell["state"] in ("value", "zero"):
                told += 1
                assert (cell["numerator"], cell["denominator"]) == (count, size)
                assert cell["value"] == count / size * 100.0
                assert (cell["state"] == "zero") == (count == 0)
            else:
                assert math.isnan(cell["value"])
                assert cell["state_reason"]
                assert not (count and size)
        assert told


@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 9)), max_size=60), st.booleans())
@settings(max_examples=60, deadline=None)
def test_groups_are_numbered_as_they_appear(pairs, many):
    pairs = pairs * (FEW // max(len(pairs), 1) + 1) if many else pairs  # both ways of finding them
    columns = [np.array([p[n] for p in pairs], dtype=np.int64) for n in (0, 1)]
    at, first = groups(columns)
    known = list(dict.fromkeys(pairs))
    assert at.tolist() == [known.index(p) for p in pairs]
    assert first.tolist() == [pairs.index(k) for k in known]


ROW = st.tuples(
    st.sampled_from(["a", "b", None]),
    st.sampled_from([None, 0.0, 0.1, 0.2, 0.3, 7.0]),
    st.sampled_from(["", "kg", "pcs"]),
)


@given(st.lists(ROW, max_size=12))
@settings(max_examples=60, deadline=None)
def test_amounts_are_added_up_by_key(found):
    sums = added_up(
        Columns(
            {"key": np.array([r[0] for r in found], dtype=object)},
            np.array([np.nan if r[1] is None else r[1] for r in found]),
            {"rows": np.ones(len(found))},
            np.array([r[2] for r in found], dtype=object),
        ),
        ["key"],
    )
    keys = list(dict.fromkeys(r[0] for r in found))
    assert sums.keys["key"].tolist() == keys
    stated = {r[2] for r in found} - {""}
    for place, key in enumerate(keys):
        mine = [r for r in found if r[0] == key]
        amounts = [r[1] for r in mine if r[1] is not None]
        assert math.isnan(sums.amount[place]) == (not amounts)
        if amounts:
            assert sums.amount[place] == pytest.approx(math.fsum(amounts), abs=1e-12)
        assert sums.counts["places"][place] == sums.counts["rows"][place] == len(mine)
        units = stated if len(stated) == 1 else {r[2] for r in mine} - {""}
        assert sums.unit[place] == MIXED.join(sorted(units))


def test_what_has_no_place_is_filled_in():
    values = np.array([1.0, 2.0])
    assert picked(values, np.array([1, NOWHERE, 0]), -9.0).tolist() == [2.0, -9.0, 1.0]
    assert picked(values[:0], np.array([NOWHERE]), 5.0).tolist() == [5.0]
