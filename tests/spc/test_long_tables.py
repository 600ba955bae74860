"""Charts of a long table are the charts of its series, whatever the order of its rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpi.errors import UsageError
from kpi.spc import chart, charts, charts_of_long
from kpi.spc.rules import NELSON


def made(seed, series=7, points=30):
    rng = np.random.default_rng(seed)
    size = rng.integers(50, 400, (points, series)).astype(float)
    count = rng.binomial(size.astype(int), 0.1).astype(float)
    there = rng.random((points, series)) > 0.15
    there[0], there[-1] = True, True
    there[:, 0] = True
    period, key = np.nonzero(there)
    mixed = rng.permutation(len(key))
    return np.where(there, count, np.nan), np.where(there, size, np.nan), period[mixed], key[mixed]


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 9999), keys=st.sampled_from(["small", "far apart", "text"]))
def test_the_order_of_rows_does_not_matter(seed, keys):
    count, size, period, key = made(seed)
    name = {
        "small": lambda k: k,
        "far apart": lambda k: k * 10**9 - 5,
        "text": lambda k: np.array([f"line {i}" for i in k]),
    }[keys]
    long = charts_of_long(
        "p",
        name(key),
        period + 2020,
        count=count[period, key],
        size=size[period, key],
        rules=NELSON,
    )
    table = charts("p", count=count, size=size, rules=NELSON)
    assert long.periods.tolist() == list(range(2020, 2050))
    assert long.series.tolist() == sorted(set(name(key).tolist()))
    np.testing.assert_array_equal(long.charts.ucl, table.ucl)
    for rule, hits in table.hits.items():
        np.testing.assert_array_equal(long.charts.hits[rule], hits)


def test_counts_of_one_series_and_period_are_added_up():
    drawn = charts_of_long(
        "u",
        [1, 1, 1, 2, 1, 2],
        [5, 5, 6, 5, 7, 7],
        count=[1.0, 2, 4, 9, np.nan, 3],
        size=[10.0, 20, 10, 30, 10, 30],
    )
    assert drawn.series.tolist() == [1, 2]
    assert drawn.periods.tolist() == [5, 6, 7]
    np.testing.assert_allclose(
        drawn.charts.statistic, [[0.1, 0.3], [0.4, np.nan], [np.nan, 0.1]], rtol=1e-12
    )


def test_single_values():
    x = np.random.default_rng(1).normal(5, 1, 40)
    drawn = charts_of_long("imr", [3] * 40, np.arange(40)[::-1], values=x[::-1])
    np.testing.assert_array_equal(drawn.charts.one(0).ucl, chart("imr", x).ucl)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param(
            {"series": [1, 1], "period": [2, 2], "values": [1.0, 2.0]},
            "There are two values of one series at one period: give one, or counts.",
            id="two values",
        ),
        pytest.param(
            {"series": [1, 1], "period": [2], "values": [1.0, 2.0]},
            "There are 2 series keys and 1 period keys.",
            id="keys of unequal length",
        ),
        pytest.param(
            {"series": [1, 1], "period": [2, 3], "values": [1.0]},
            "There are 2 keys and 1 numbers.",
            id="too few numbers",
        ),
    ],
)
def test_wrong_tables_are_told(given, message):
    with pytest.raises(UsageError) as raised:
        charts_of_long("imr", **given)
    assert str(raised.value) == message


def test_no_rows():
    drawn = charts_of_long("p", [], [], count=[], size=[])
    assert drawn.charts.statistic.shape == (0, 0)
